import type { EventPattern, EventsOf } from '../actors/event-hub.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { Authority } from '../model/access.ts'
import { theRuntime } from '../model/access.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { ResourceLine, TaskExplanation } from '../model/task-explanation.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import type { OrderedTask, WaitReason } from '../scheduling/wait-reason.ts'
import type { Explained } from './explain/expected-runs.ts'
import { explainTask } from './explain/explain-task.ts'
import { readableExplanation, readableLine } from './explain/readable-explanation.ts'
import { resourceLines } from './explain/resource-lines.ts'
import { readableReason } from './readable-reason.ts'
import { readableStats, statsOfAll } from './readable-stats.ts'
import type { RuntimeCore } from './runtime-core.ts'
import type { TaskQuery } from './task-query.ts'
import { selects } from './task-query.ts'

/** What a principal may see of a runtime. */
export class RuntimeReads {
  readonly #core: RuntimeCore
  readonly #authority: Authority

  constructor(core: RuntimeCore, authority: Authority) {
    this.#core = core
    this.#authority = authority
  }

  /** The tasks that are known, oldest first: unfinished ones, and the last that ended. */
  list(query: TaskQuery = {}): TaskView[] {
    const views: TaskView[] = []
    for (const task of this.#core.supervisor.tasks.all()) {
      if (!selects(query, task) || !this.mayRead(task)) continue
      views.push(task.view())
      if (query.limit !== undefined && views.length >= query.limit) break
    }
    return views
  }

  /** Whether there is a policy: without one everybody may do and see everything. */
  get isGoverned(): boolean {
    return this.#core.permissions !== null && !this.#core.permissions.isOpen
  }

  /** When its token ends, ms since the epoch; `null`: it was not made by one. */
  get expiresAt(): number | null {
    return this.#authority.expiresAt ?? null
  }

  /**
   * Whether what is told of a task may be seen through this face; `null`: what is told of the runtime itself, and of tasks
   * that it has forgotten.
   */
  sees(taskId: string | null): boolean {
    const { permissions, supervisor } = this.#core
    if (permissions === null) return true
    const task = taskId === null ? undefined : supervisor.tasks.get(taskId)
    // Of one that was forgotten nobody knows any more whose it was.
    return task ? this.mayRead(task) : permissions.mayRead(this.#authority, theRuntime)
  }

  /** The types that the host has registered, to who may read the runtime. */
  types(): ReadonlySet<string> {
    return new Set(this.sees(null) ? this.#core.registry.list().map(({ type }) => type) : [])
  }

  /** Environment time, ms since the epoch. */
  now(): number {
    return this.#core.now()
  }

  /** Every open question of every task. */
  questions(): OpenQuestion[] {
    return [...this.#core.supervisor.tasks.live()].flatMap((task) => {
      const questions = task.effects.execution?.questions.list() ?? []
      return questions.length > 0 && this.mayRead(task) ? questions : []
    })
  }

  /** Calls back on every event that the pattern names. @returns a function that ends it. */
  on<Pattern extends EventPattern>(pattern: Pattern, listener: (event: EventsOf<Pattern>) => unknown): () => void {
    const { permissions, hub } = this.#core
    if (permissions === null) return hub.on(pattern, listener)
    return hub.on(pattern, (event) => (this.#seesEvent(event) ? listener(event) : undefined))
  }

  /** The last events of this process, oldest first: at least 50,000, if there were as many. */
  journal(): Iterable<RuntimeEvent> {
    const { permissions, journal } = this.#core
    if (permissions === null) return journal.recent
    return [...journal.recent].filter((event) => this.#seesEvent(event))
  }

  /** Of all that the runtime has done; of the tasks that may be read, if the runtime itself may not. */
  stats(): RuntimeStats {
    const { permissions } = this.#core
    if (permissions === null || permissions.mayRead(this.#authority, theRuntime)) return statsOfAll(this.#core)
    return readableStats(this.#core, permissions, this.#authority)
  }

  resources(): readonly ResourceUsage[] {
    const usage = this.#core.supervisor.scheduler.ledger.usage(this.#core.now())
    const { permissions } = this.#core
    if (permissions === null) return usage
    return usage.filter(({ pool, resource }) => permissions.mayRead(this.#authority, { kind: 'pool', pool, resource }))
  }

  /** Why a task waits for resources; `null` if it does not. */
  explain(id: string): WaitReason | null {
    const { permissions, supervisor } = this.#core
    if (permissions !== null && !this.find(id)) return null
    const reason = supervisor.scheduler.explain(id, this.#core.now())
    if (permissions === null) return reason
    return reason && readableReason(reason, (other) => this.find(other) !== undefined)
  }

  /** The waiting tasks in the order of the next grants, with the reason of each place; those that may be read. */
  queue(limit = 1_000): readonly OrderedTask[] {
    const { permissions, supervisor } = this.#core
    if (permissions === null) return supervisor.scheduler.order(limit, this.#core.now())
    const lines = supervisor.scheduler.order(Number.POSITIVE_INFINITY, this.#core.now())
    return lines.filter(({ taskId }) => this.find(taskId) !== undefined).slice(0, Math.max(0, limit))
  }

  /** Why a task is where it is, what it waits for, and what happens to it next; `null`: it is not known. */
  explainTask(id: string): TaskExplanation | null {
    const task = this.find(id)
    if (!task) return null
    const explanation = explainTask(task, this.#core.state, this.#explained)
    return this.#core.permissions === null
      ? explanation
      : readableExplanation(explanation, (other) => this.#isKnown(other))
  }

  /** Each resource, with who holds it and who waits for more of it than there is; those that may be read. */
  resourceLines(): readonly ResourceLine[] {
    const lines = resourceLines(this.#explained)
    const { permissions } = this.#core
    if (permissions === null) return lines
    return lines
      .filter(({ pool, resource }) => permissions.mayRead(this.#authority, { kind: 'pool', pool, resource }))
      .map((line) => readableLine(line, (other) => this.#isKnown(other)))
  }

  /** The types that are paused. */
  pausedTypes(): readonly string[] {
    return this.#core.supervisor.scheduler.pausedTypes
  }

  get #explained(): Explained {
    const { supervisor, monitor } = this.#core
    return { supervisor, monitor, now: this.now() }
  }

  #isKnown(id: string): boolean {
    return this.find(id) !== undefined
  }

  #seesEvent(event: RuntimeEvent): boolean {
    return this.sees('taskId' in event ? event.taskId : null)
  }

  protected mayRead(task: TaskActorLogic): boolean {
    return this.#core.permissions?.mayReadTask(this.#authority, task) ?? true
  }

  /** A task that may not be read is as good as unknown. */
  protected find(id: string): TaskActorLogic | undefined {
    const task = this.#core.supervisor.tasks.get(id)
    return task && this.mayRead(task) ? task : undefined
  }
}
