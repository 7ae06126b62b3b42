import type { EventPattern, EventsOf } from '../actors/event-hub.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { Authority } from '../model/access.ts'
import { theRuntime } from '../model/access.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import type { OrderedTask, WaitReason } from '../scheduling/wait-reason.ts'
import { readableReason } from './readable-reason.ts'
import { readableStats, statsOfAll } from './readable-stats.ts'
import type { RuntimeCore } from './runtime-core.ts'
import type { TaskQuery } from './task-query.ts'
import { selects } from './task-query.ts'

/** What somebody may see of a runtime: where nobody has to ask, everything. */
export class Reading {
  readonly #core: RuntimeCore
  readonly #authority: Authority

  constructor(core: RuntimeCore, authority: Authority) {
    this.#core = core
    this.#authority = authority
  }

  /** A task that may not be read is as good as unknown. */
  find(id: string): TaskActorLogic | undefined {
    const task = this.#core.supervisor.tasks.get(id)
    return task && this.#mayRead(task) ? task : undefined
  }

  /** Whether what is told of a task may be seen; `null`: what is told of the runtime itself. */
  sees(taskId: string | null): boolean {
    const { permissions, supervisor } = this.#core
    if (permissions === null) return true
    const task = taskId === null ? undefined : supervisor.tasks.get(taskId)
    // Of one that was forgotten nobody knows any more whose it was.
    return task ? permissions.mayReadTask(this.#authority, task) : permissions.mayRead(this.#authority, theRuntime)
  }

  list(query: TaskQuery): TaskView[] {
    const views: TaskView[] = []
    for (const task of this.#core.supervisor.tasks.all()) {
      if (!selects(query, task) || !this.#mayRead(task)) continue
      views.push(task.view())
      if (query.limit !== undefined && views.length >= query.limit) break
    }
    return views
  }

  questions(): OpenQuestion[] {
    return [...this.#core.supervisor.tasks.live()].flatMap((task) => {
      const questions = task.effects.execution?.questions.list() ?? []
      return questions.length > 0 && this.#mayRead(task) ? questions : []
    })
  }

  on<Pattern extends EventPattern>(pattern: Pattern, listener: (event: EventsOf<Pattern>) => unknown): () => void {
    const { permissions, hub } = this.#core
    if (permissions === null) return hub.on(pattern, listener)
    return hub.on(pattern, (event) => (this.#seesEvent(event) ? listener(event) : undefined))
  }

  journal(): Iterable<RuntimeEvent> {
    const { permissions, journal } = this.#core
    if (permissions === null) return journal.recent
    return [...journal.recent].filter((event) => this.#seesEvent(event))
  }

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

  explain(id: string): WaitReason | null {
    const { permissions, supervisor } = this.#core
    if (permissions !== null && !this.find(id)) return null
    const reason = supervisor.scheduler.explain(id, this.#core.now())
    if (permissions === null) return reason
    return reason && readableReason(reason, (other) => this.find(other) !== undefined)
  }

  queue(limit: number): readonly OrderedTask[] {
    const { permissions, supervisor } = this.#core
    if (permissions === null) return supervisor.scheduler.order(limit, this.#core.now())
    const lines = supervisor.scheduler.order(Number.POSITIVE_INFINITY, this.#core.now())
    return lines.filter(({ taskId }) => this.find(taskId) !== undefined).slice(0, Math.max(0, limit))
  }

  #mayRead(task: TaskActorLogic): boolean {
    return this.#core.permissions?.mayReadTask(this.#authority, task) ?? true
  }

  #seesEvent(event: RuntimeEvent): boolean {
    return this.sees('taskId' in event ? event.taskId : null)
  }
}
