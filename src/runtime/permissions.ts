import type { Auditor } from '../actors/auditor.ts'
import type { Journal } from '../actors/journal.ts'
import { rateQuota, unknownDependencies } from '../actors/refusals.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { taskResource } from '../actors/task-resource.ts'
import type { TaskTable } from '../actors/task-table.ts'
import type { Action, Authority, Resource, TaskResource } from '../model/access.ts'
import { delegated, nobody, principalResource, theRuntime } from '../model/access.ts'
import type { Clock } from '../model/environment.ts'
import { RefusedError, refuse } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import { describePrincipal } from '../model/principal.ts'
import type { QuotaBook } from '../scheduling/quota-book.ts'
import { SubmissionRates } from '../scheduling/submission-rates.ts'
import { Access } from '../security/access.ts'
import type { Policy } from '../security/policy.ts'
import type { Accepted } from './door.ts'

interface PermissionParts {
  readonly policy: Policy | null
  readonly clock: Clock
  readonly journal: Journal
  readonly tasks: TaskTable
  readonly quotas: QuotaBook | null
  readonly auditor: Auditor | null
}

type Details = Readonly<Record<string, unknown>>

export interface ActOptions {
  /** For the audit log. */
  readonly details?: Details
  /** Told if it will never be done: the runtime stopped before it was on record. */
  readonly refused?: (refusal: RefusedError) => void
}

/** Who may do what in a runtime, and the record of it. Everything that comes from outside passes here. */
export class Permissions {
  readonly #parts: PermissionParts
  readonly #access: Access
  readonly #rates = new SubmissionRates()
  /** Told when the runtime stops before what they wait for is on record. */
  readonly #waiting = new Set<(refusal: RefusedError) => void>()
  #isClosed = false

  constructor(parts: PermissionParts) {
    const { policy, clock, auditor } = parts
    this.#parts = parts
    this.#access = new Access(policy, clock, ({ by, action, resource, decision }) =>
      auditor?.decided(by, action, resource, decision),
    )
  }

  /** Without a policy everybody may do and see everything. */
  get isOpen(): boolean {
    return this.#access.isOpen
  }

  /**
   * Authorises an action by a principal on an instance. What is not seeing is written to the audit log.
   * @returns the rule that allows it
   * @throws ForbiddenError that names the rule; RefusedError `TOKEN_REFUSED`
   */
  authorise(by: Authority, action: Action, resource: Resource, details?: Details): string {
    const decision = this.#authorise(by, action, resource)
    const { auditor, journal } = this.#parts
    if (auditor && action !== 'read') {
      auditor.decided(by, action, resource, decision, details)
      journal.scheduleCommit()
    }
    return decision.rule
  }

  /**
   * Does what is asked for if it is allowed: with an audit log once that is on record.
   * @throws ForbiddenError
   */
  act(
    by: Authority,
    action: Action,
    resource: Resource,
    perform: () => void,
    { details, refused = () => undefined }: ActOptions = {},
  ): void {
    this.authorise(by, action, resource, details)
    // A runtime that has stopped does nothing that could be recorded.
    if (this.#parts.auditor === null || this.#isClosed) return perform()
    this.#waiting.add(refused)
    this.#parts.journal.whenDurable(() => {
      this.#waiting.delete(refused)
      perform()
    })
  }

  /** Resolves once everything that was allowed so far is done. @throws (rejects) RefusedError if it never will be */
  acted(): Promise<void> {
    if (this.#parts.auditor === null || this.#isClosed) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      this.#parts.journal.whenDurable(() => {
        this.#waiting.delete(reject)
        resolve()
      })
    })
  }

  /** For the audit log: what came of an intervention, and why it was made. */
  intervened(by: Authority, resource: Resource, details: Details): void {
    if (this.#isClosed) return
    this.#parts.auditor?.intervened(by, resource, details)
    this.#parts.journal.scheduleCommit()
  }

  /** Nothing is recorded any more. */
  close(refusal: RefusedError): void {
    this.#isClosed = true
    for (const refused of this.#waiting) refused(refusal)
    this.#waiting.clear()
  }

  mayRead(by: Authority, resource: Resource): boolean {
    return this.#access.may(by, 'read', resource)
  }

  mayReadTask(by: Authority, task: TaskActorLogic): boolean {
    return this.isOpen ? !this.#access.hasExpired(by) : this.#access.may(by, 'read', this.resourceOf(task))
  }

  resourceOf({ facts, progress }: TaskActorLogic): TaskResource {
    return taskResource(facts, progress.priority)
  }

  /** Lets one act for another, within the rights of both. @throws ForbiddenError */
  delegate(to: Principal, by: Authority): Authority {
    if (to.id !== by.principal.id && !this.isOpen) this.authorise(by, 'delegate', principalResource(to))
    return delegated(to, by)
  }

  /** In whose name a task is submitted: the host may name anybody, everybody else asks. @throws ForbiddenError */
  authorityFor(named: Principal | undefined, by: { authority: Authority; isHost: boolean }): Authority {
    if (named === undefined) return by.authority
    return by.isHost ? { principal: named, within: nobody } : this.delegate(named, by.authority)
  }

  /** Before a submission is read, so that a flood costs no more than this. @throws RefusedError `QUOTA_EXCEEDED` */
  countSubmission(by: Authority): void {
    const rate = this.#parts.quotas?.check(by.principal).submissions
    if (!rate) return
    const waitMs = this.#rates.take(by.principal.id, rate, this.#parts.clock.now())
    if (waitMs > 0) throw this.overQuota(by, theRuntime, rateQuota(by.principal, waitMs))
  }

  /** @returns the rule that allows it, if anybody was asked @throws ForbiddenError; RefusedError `QUOTA_EXCEEDED`, `DEPENDENCY_UNKNOWN` */
  authoriseSubmission(authority: Authority, { facts, priority }: Accepted): string | null {
    const { principal, vector, after } = facts
    const resource = taskResource(facts, priority)
    const unfit = this.#parts.quotas?.unfit(principal, vector) ?? []
    if (unfit.length > 0) {
      const refusal = refuse('QUOTA_EXCEEDED', `${describePrincipal(principal)} asks for more than it may`, unfit)
      throw this.overQuota(authority, resource, refusal)
    }
    // That it was allowed is written down with the task.
    const { rule } = this.#authorise(authority, 'submit', resource)
    // What may not be read is as good as unknown: waiting for it would tell of it.
    const hidden = after.filter((id) => {
      const task = this.#parts.tasks.get(id)
      return task !== undefined && !this.mayReadTask(authority, task)
    })
    if (hidden.length > 0) throw unknownDependencies(hidden)
    return this.isOpen ? null : rule
  }

  /** A quota was in the way: for the audit log. */
  overQuota(by: Authority, resource: Resource, refusal: RefusedError): RefusedError {
    const [rule = refusal.message] = refusal.problems
    this.#parts.auditor?.decided(by, 'submit', resource, { allowed: false, rule })
    this.#parts.journal.scheduleCommit()
    return refusal
  }

  /** A token was no proof of anybody. */
  tokenRefused(refusal: RefusedError): void {
    const by: Authority = { principal: { id: 'unknown', kind: 'system', weight: 1 }, within: nobody }
    this.#parts.auditor?.decided(by, 'authenticate', theRuntime, { allowed: false, rule: refusal.message })
    this.#parts.journal.scheduleCommit()
  }

  /** Puts another policy in the place of the present one. @throws ForbiddenError; RefusedError `OPTIONS_INVALID` */
  govern(by: Authority, policy: Policy): void {
    if (this.isOpen)
      throw new RefusedError('OPTIONS_INVALID', 'this runtime was created without a policy: give createRuntime one')
    const details = { policy: policy.name, before: this.#access.policy?.name ?? null }
    this.act(by, 'configure', theRuntime, () => this.#access.replace(policy), { details })
  }

  #authorise(by: Authority, action: Action, resource: Resource) {
    try {
      return this.#access.authorise(by, action, resource)
    } catch (refusal) {
      this.#parts.journal.scheduleCommit()
      throw refusal
    }
  }
}
