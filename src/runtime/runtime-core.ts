import type { InspectionEvent } from 'xstate'
import { createActor } from 'xstate'
import { EventHub, guarded } from '../actors/event-hub.ts'
import { createHostLog } from '../actors/host-log.ts'
import { Journal } from '../actors/journal.ts'
import { Monitor } from '../actors/monitor.ts'
import { JournalReader } from '../actors/recovery/journal-reader.ts'
import { rateQuota, unknownDependencies } from '../actors/refusals.ts'
import { Supervisor } from '../actors/supervisor.ts'
import { SupervisorActorLogic } from '../actors/supervisor-actor.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { taskResource } from '../actors/task-resource.ts'
import type { TaskServices } from '../actors/task-services.ts'
import { Timers } from '../actors/timers.ts'
import type { Action, Authority, Resource, TaskResource } from '../model/access.ts'
import { delegated, nobody, principalResource, theRuntime } from '../model/access.ts'
import type { TaskDefinition } from '../model/definition.ts'
import { RefusedError, refuse } from '../model/errors.ts'
import type { SupervisorStage } from '../model/events.ts'
import type { Principal } from '../model/principal.ts'
import { describePrincipal } from '../model/principal.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { DemandVector } from '../scheduling/demand-vector.ts'
import { Scheduler } from '../scheduling/scheduler.ts'
import { SubmissionRates } from '../scheduling/submission-rates.ts'
import { Access } from '../security/access.ts'
import type { Policy } from '../security/policy.ts'
import { Redactor } from '../security/redactor.ts'
import type { Store } from '../store/store.ts'
import type { Submitter } from './door.ts'
import { Door, readSubmitOptions } from './door.ts'
import { Registry } from './registry.ts'
import type { ResolvedRuntimeOptions } from './runtime-options.ts'

export const stopped = ['RUNTIME_STOPPED', 'the runtime has been stopped; create a new one'] as const

/** What all faces of a runtime share: the supervisor with its tasks, pools and journal, and who may do what. */
export class RuntimeCore {
  readonly registry = new Registry()
  readonly supervisor: Supervisor
  readonly logic: SupervisorActorLogic
  readonly services: TaskServices
  readonly hub: EventHub
  readonly monitor = new Monitor()
  readonly journal: Journal
  /** `null`: nobody has to ask. */
  readonly access: Access | null
  readonly options: ResolvedRuntimeOptions
  readonly #door: Door
  readonly #rates = new SubmissionRates()
  #stopping: Promise<void> | null = null

  constructor(options: ResolvedRuntimeOptions) {
    const { environment, logger, order, share, backfill, principalConcurrency, pools, store, policy, tokens } = options
    this.options = options
    const scheduler = new Scheduler({
      pools,
      now: environment.clock.now(),
      order,
      principalConcurrency,
      quotasOf: options.quotasOf,
      ...(share && { share }),
      ...(backfill && { backfill }),
    })
    const redactor = new Redactor(options.secrets)
    const log = createHostLog(logger, redactor)
    const mayHaveSecrets = store.isVolatile || options.secrets.unencrypted === 'allow'
    this.#door = new Door(environment, scheduler.ledger, redactor, mayHaveSecrets)
    this.#door.assertProtected(options.tasks)
    this.hub = new EventHub(log)
    this.access = policy || tokens ? new Access(policy ?? null, environment.clock, () => undefined) : null
    this.logic = new SupervisorActorLogic({
      entered: (stage: SupervisorStage) => this.supervisor.entered(stage),
      perform: (effect: string, message: Parameters<Supervisor['perform']>[1]) =>
        this.supervisor.perform(effect, message),
    })
    const timers = new Timers(environment.clock)
    this.journal = new Journal({
      clock: environment.clock,
      timers,
      store,
      hub: this.hub,
      redactor,
      watcher: {
        failed: (error) => this.logic.send({ type: 'store.failed', error }),
        healed: () => this.logic.send({ type: 'store.healed' }),
      },
    })
    this.services = {
      environment,
      timers,
      journal: this.journal,
      monitor: this.monitor,
      log,
      redactor,
      ledger: scheduler.ledger,
      supervisor: this.logic,
      submitChild: (parent, definition, input, childOptions, childKey) =>
        this.submit(definition, input, childOptions, {
          authority: parent.facts.authority,
          isHost: false,
          parentId: parent.id,
          childKey,
        }),
      childOf: (parent, id) => {
        const task = this.supervisor.tasks.get(id)
        return task?.facts.parentId === parent.id ? task : undefined
      },
    }
    this.supervisor = new Supervisor(this.logic, scheduler, this.services, {
      ...options,
      ownDedupeKeys: policy !== undefined,
    })
    for (const definition of options.tasks) this.registry.add(definition)
    for (const template of options.templates) this.registry.addTemplate(template)
    this.#startActor()
  }

  #startActor(): void {
    const { environment, inspect } = this.options
    const { log } = this.services
    const actor = createActor(this.logic, {
      id: 'supervisor',
      input: undefined,
      clock: environment.clock,
      ...(inspect && {
        inspect: (event: InspectionEvent) =>
          guarded(() => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)), log, 'inspect'),
      }),
      logger: (...line) => log.info({ line }, 'xstate'),
    })
    // A crash of the supervisor itself must not surface as an uncaught error of the host.
    actor.subscribe({ error: (error) => log.fatal({ err: error }, 'the supervisor crashed') })
    actor.start()
  }

  /** Takes up what an earlier process has left in the store, then starts the supervisor. */
  async start(store: Store): Promise<void> {
    if (this.journal.keepsState) {
      const { ledger } = this.supervisor.scheduler
      const { clock } = this.services.environment
      const reader = new JournalReader(ledger.budgets, clock.now() - ledger.refillMs)
      for await (const records of store.load()) for (const record of records) reader.read(record)
      reader.finish()
      this.journal.continueAfter(reader.lastSeq)
      this.#door.continueAfter(reader.lastOrder)
      await this.supervisor.recover(reader, this.registry)
    }
    this.logic.send({ type: 'supervisor.start' })
  }

  get state(): SupervisorStage {
    return this.logic.stage
  }

  now(): number {
    return this.services.environment.clock.now()
  }

  /** @throws ForbiddenError */
  authorise(by: Authority, action: Action, resource: Resource): void {
    this.access?.authorise(by, action, resource)
  }

  /** Does what is asked for, if it is allowed. @throws ForbiddenError */
  act(by: Authority, action: Action, resource: Resource, perform: () => void): void {
    this.access?.authorise(by, action, resource)
    perform()
  }

  /** Whether what is told of it may be told. */
  mayRead(by: Authority, resource: Resource): boolean {
    return this.access?.may(by, 'read', resource) ?? true
  }

  mayReadTask(by: Authority, task: TaskActorLogic): boolean {
    return this.access === null || this.access.isOpen || this.access.may(by, 'read', this.resourceOf(task))
  }

  resourceOf(task: TaskActorLogic): TaskResource {
    return taskResource(task.facts, task.progress.priority)
  }

  /** In whose name a task is submitted, if the options name somebody else. */
  #authorityFor(named: Principal | undefined, { authority, isHost }: Submitter): Authority {
    if (named === undefined) return authority
    if (isHost) return { principal: named, within: nobody }
    return this.delegate(named, authority)
  }

  /** @throws ForbiddenError if the policy does not let one act for the other */
  delegate(to: Principal, by: Authority): Authority {
    if (to.id !== by.principal.id) this.authorise(by, 'delegate', principalResource(to))
    return delegated(to, by)
  }

  /** Puts another policy in the place of the present one. @throws ForbiddenError */
  govern(by: Authority, policy: Policy): void {
    const { access } = this
    if (access === null)
      throw new RefusedError('OPTIONS_INVALID', 'this runtime was created without a policy: give createRuntime one')
    this.act(by, 'configure', theRuntime, () => access.replace(policy))
  }

  async submit(
    definition: TaskDefinition,
    input: unknown,
    options: SubmitOptions | undefined,
    by: Submitter,
  ): Promise<TaskActorLogic> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const read = readSubmitOptions(options)
    const authority = this.#authorityFor(read.principal, by)
    this.#countSubmission(authority)
    const { facts, priority, whenFull } = await this.#door.read(definition, input, read, { ...by, authority })
    this.#assertQuotas(authority, facts.vector)
    this.#authoriseSubmission(authority, taskResource(facts, priority), facts.after)
    if (this.registry.learn(definition) && this.supervisor.hasParked) await this.supervisor.learned()
    // An asynchronous schema takes its time, and a stopped supervisor answers nobody.
    if (this.logic.stage === 'stopped') throw new RefusedError(...stopped)
    return new Promise((resolve, reject) => {
      const reply = { accepted: (task: TaskActorLogic) => resolve(task), refused: reject }
      this.logic.send({ type: 'task.submit', submission: { facts, priority, parentId: by.parentId, whenFull, reply } })
    })
  }

  /** First of all, so that a flood costs no more than this. @throws RefusedError `QUOTA_EXCEEDED` */
  #countSubmission({ principal }: Authority): void {
    const { quotas } = this.supervisor.scheduler
    const rate = quotas?.check(principal).submissions
    if (!rate) return
    const waitMs = this.#rates.take(principal.id, rate, this.now())
    if (waitMs > 0) throw rateQuota(principal, waitMs)
  }

  /** @throws RefusedError `QUOTA_EXCEEDED` for what could never be granted */
  #assertQuotas({ principal }: Authority, vector: DemandVector): void {
    const unfit = this.supervisor.scheduler.quotas?.unfit(principal, vector) ?? []
    if (unfit.length > 0)
      throw refuse('QUOTA_EXCEEDED', `${describePrincipal(principal)} asks for more than it may`, unfit)
  }

  #authoriseSubmission(authority: Authority, resource: TaskResource, after: readonly string[]): void {
    const { access } = this
    if (access === null) return
    access.authorise(authority, 'submit', resource)
    if (access.isOpen) return
    // What may not be read is as good as unknown: waiting for it would tell of it.
    const hidden = after.filter((id) => {
      const task = this.supervisor.tasks.get(id)
      return task !== undefined && !this.mayReadTask(authority, task)
    })
    if (hidden.length > 0) throw unknownDependencies(hidden)
  }

  stop(graceMs: number, unfinished: 'cancel' | 'keep'): Promise<void> {
    this.#stopping ??= this.#stop(graceMs, unfinished)
    return this.#stopping
  }

  async #stop(graceMs: number, unfinished: 'cancel' | 'keep'): Promise<void> {
    const done = new Promise<void>((resolve) => this.supervisor.whenStopped(resolve))
    this.logic.send({ type: 'stop', graceMs, unfinished })
    await done
    this.services.timers.stop()
    await this.journal.close()
  }
}
