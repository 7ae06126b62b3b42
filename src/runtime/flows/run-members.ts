import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import { describeThrown, TaskwrightError } from '../../model/errors.ts'
import type { ChildHandle } from '../../model/handler-parts.ts'
import { TaskEndedError } from '../../model/outcome.ts'

/** What becomes of a flow when a member does not complete. */
export type FailurePolicy = 'fail-fast' | 'settle-all'

/** How a member ended, where all are waited for; `skipped`: one that it needs did not complete. */
export type MemberOutcome<Output = unknown> =
  | { readonly status: 'completed'; readonly output: Output }
  | { readonly status: 'failed' | 'cancelled' | 'rejected' | 'skipped'; readonly message: string }

export interface Member {
  readonly name: string
  readonly definition: TaskDefinition
  /** Names of the members that must complete first. */
  readonly after: readonly string[]
  inputOf(outputs: ReadonlyMap<string, unknown>): unknown
}

/** A flow ended because a member did. `cause` is the member's error. */
export class FlowFailedError extends TaskwrightError<'FLOW_FAILED'> {
  readonly member: string

  constructor(member: string, cause: unknown) {
    super('FLOW_FAILED', `member ${member} did not complete: ${describeThrown(cause)}`, { cause })
    this.member = member
  }
}

/** What the step of a member gives, and leaves in the journal. */
interface CompletedMember {
  readonly childId: string
  readonly output: unknown
}

function outcomeOf(thrown: unknown): MemberOutcome {
  const status = thrown instanceof TaskEndedError ? thrown.outcome.status : 'failed'
  return { status, message: describeThrown(thrown) }
}

/**
 * Runs members as children of a flow's task, each as soon as what it needs has completed and `concurrency` allows.
 * Each is a step of the flow: completed members are not run again when the flow is retried, and are undone in reverse
 * when it rolls back.
 * @throws FlowFailedError under `fail-fast`, once the members still running have been cancelled and have ended.
 */
export function runMembers(
  task: TaskContext,
  members: readonly Member[],
  policy: { readonly onFailure: FailurePolicy; readonly concurrency: number },
): Promise<Map<string, MemberOutcome>> {
  return new MemberRun(task, members, policy).outcomes
}

class MemberRun {
  readonly outcomes: Promise<Map<string, MemberOutcome>>
  readonly #task: TaskContext
  readonly #policy: { readonly onFailure: FailurePolicy; readonly concurrency: number }
  readonly #unmet = new Map<Member, number>()
  readonly #dependents = new Map<string, Member[]>()
  readonly #ready: Member[] = []
  readonly #outputs = new Map<string, unknown>()
  readonly #settled = new Map<string, MemberOutcome>()
  readonly #children = new Set<ChildHandle<unknown>>()
  readonly #end: PromiseWithResolvers<Map<string, MemberOutcome>> = Promise.withResolvers()
  readonly #total: number
  #active = 0
  #failure: FlowFailedError | null = null

  constructor(
    task: TaskContext,
    members: readonly Member[],
    policy: { readonly onFailure: FailurePolicy; readonly concurrency: number },
  ) {
    this.#task = task
    this.#policy = policy
    this.#total = members.length
    this.outcomes = this.#end.promise
    for (const member of members) {
      if (member.after.length === 0) this.#ready.push(member)
      else this.#unmet.set(member, member.after.length)
      for (const name of member.after) {
        const dependents = this.#dependents.get(name)
        if (dependents) dependents.push(member)
        else this.#dependents.set(name, [member])
      }
    }
    // Taken from the end, so that members start in the order given.
    this.#ready.reverse()
    this.#goOn()
  }

  #goOn(): void {
    while (this.#failure === null && this.#active < this.#policy.concurrency) {
      const member = this.#ready.pop()
      if (!member) break
      this.#active += 1
      this.#run(member).then(
        (output) => this.#completed(member, output),
        (thrown: unknown) => this.#failed(member, thrown),
      )
    }
    if (this.#active > 0) return
    if (this.#failure) this.#end.reject(this.#failure)
    else if (this.#settled.size === this.#total) this.#end.resolve(this.#settled)
  }

  async #run({ name, definition, inputOf }: Member): Promise<unknown> {
    const run = async (): Promise<CompletedMember> => {
      const options = { labels: { member: name }, key: name }
      const child = await this.#task.submit(definition, inputOf(this.#outputs), options)
      this.#children.add(child)
      try {
        return { childId: child.id, output: await child.result() }
      } finally {
        this.#children.delete(child)
      }
    }
    // By id: the member may have completed in a process that has ended since.
    const undo = ({ childId }: CompletedMember) => this.#task.child(childId)?.rollBack()
    const undoInDoubt = () => this.#task.child(name)?.rollBack()
    const { output } = await this.#task.step(name, run, { undo, undoInDoubt })
    return output
  }

  #completed({ name }: Member, output: unknown): void {
    this.#active -= 1
    this.#outputs.set(name, output)
    this.#settled.set(name, { status: 'completed', output })
    for (const dependent of this.#dependents.get(name) ?? []) {
      const unmet = (this.#unmet.get(dependent) ?? 1) - 1
      this.#unmet.set(dependent, unmet)
      if (unmet === 0) this.#ready.push(dependent)
    }
    this.#task.progress(this.#settled.size / this.#total, name)
    this.#goOn()
  }

  #failed(member: Member, thrown: unknown): void {
    this.#active -= 1
    if (this.#policy.onFailure === 'fail-fast' || this.#task.signal.aborted) {
      this.#failure ??= new FlowFailedError(member.name, thrown)
      for (const child of this.#children) void child.cancel(`member ${member.name} of the same flow did not complete`)
    } else {
      this.#settled.set(member.name, outcomeOf(thrown))
      this.#skipAfter(member.name)
    }
    this.#goOn()
  }

  /** What needs a member that did not complete, directly or not, is not run. */
  #skipAfter(name: string): void {
    const lost = [name]
    for (let needed = lost.pop(); needed !== undefined; needed = lost.pop()) {
      for (const dependent of this.#dependents.get(needed) ?? []) {
        if (this.#settled.has(dependent.name)) continue
        this.#settled.set(dependent.name, { status: 'skipped', message: `${needed}, which it needs, did not complete` })
        lost.push(dependent.name)
      }
    }
  }
}
