import { EndedTasks } from './ended-tasks.ts'
import type { TaskActorLogic } from './task-actor.ts'
import type { TaskFacts } from './task-record.ts'

export interface Retention {
  /** How many ended tasks are remembered. */
  readonly retain: number
  /** For how long, ms; `null`: as long as there is room. */
  readonly retainForMs: number | null
  /** Each principal has dedupe keys of its own: another's key must neither hide a task nor give it away. */
  readonly ownDedupeKeys: boolean
}

/** Every task that is known: the unfinished ones, and those that ended last. */
export class TaskTable {
  readonly #retention: Retention
  readonly #forgotten: (task: TaskActorLogic) => void
  readonly #tasks = new Map<string, TaskActorLogic>()
  readonly #byDedupeKey = new Map<string, TaskActorLogic>()
  readonly #ended = new EndedTasks()
  /** Ended tasks by the id of the unfinished one above them: until that has ended, it may have to undo them. */
  readonly #pinned = new Map<string, TaskActorLogic[]>()
  #unfinished = 0

  /** @param forgotten is told of each task that is not remembered any more */
  constructor(retention: Retention, forgotten: (task: TaskActorLogic) => void) {
    this.#retention = retention
    this.#forgotten = forgotten
  }

  get unfinished(): number {
    return this.#unfinished
  }

  get(id: string): TaskActorLogic | undefined {
    return this.#tasks.get(id)
  }

  duplicateOf(facts: TaskFacts): TaskActorLogic | undefined {
    const key = this.#keyOf(facts)
    return key === null ? undefined : this.#byDedupeKey.get(key)
  }

  /** A task may stand in for another of its id: it goes on with another definition. */
  add(task: TaskActorLogic): void {
    if (!this.#tasks.has(task.id)) this.#unfinished += 1
    this.#tasks.set(task.id, task)
    const key = this.#keyOf(task.facts)
    if (key !== null) this.#byDedupeKey.set(key, task)
  }

  /** A task that ended in an earlier process. */
  addEnded(task: TaskActorLogic): void {
    this.#tasks.set(task.id, task)
  }

  /** The task has ended, and somebody may wait to hear of it. */
  end(task: TaskActorLogic): void {
    this.#unfinished -= 1
    const key = this.#keyOf(task.facts)
    if (key !== null) this.#byDedupeKey.delete(key)
  }

  /** Everybody who waited for the task's end has heard of it; the oldest ended ones are forgotten. */
  retire(id: string): void {
    const task = this.#tasks.get(id)
    if (task) this.#retire(task)
  }

  /** When the oldest ended task has been remembered long enough; `null`: never. */
  expiresAt(): number | null {
    const { retainForMs } = this.#retention
    const oldest = this.#ended.oldest?.progress.endedAt
    return retainForMs === null || oldest == null ? null : oldest + retainForMs
  }

  /** Forgets what has been remembered long enough. */
  expire(now: number): void {
    for (let at = this.expiresAt(); at !== null && at <= now; at = this.expiresAt()) this.#forgetOldest()
  }

  all(): IterableIterator<TaskActorLogic> {
    return this.#tasks.values()
  }

  *live(): IterableIterator<TaskActorLogic> {
    for (const task of this.#tasks.values()) if (!task.outcome) yield task
  }

  #keyOf({ dedupeKey, principal }: TaskFacts): string | null {
    return dedupeKey !== null && this.#retention.ownDedupeKeys ? JSON.stringify([principal.id, dedupeKey]) : dedupeKey
  }

  /** With what waited for it to end. */
  #retire(task: TaskActorLogic): void {
    const retired = [task, ...(this.#pinned.get(task.id) ?? [])]
    this.#pinned.delete(task.id)
    const ancestor = this.#unfinishedAncestorOf(task)
    if (!ancestor) {
      for (const one of retired) this.#remember(one)
      return
    }
    const pinned = this.#pinned.get(ancestor.id) ?? []
    for (const one of retired) pinned.push(one)
    this.#pinned.set(ancestor.id, pinned)
  }

  #unfinishedAncestorOf(task: TaskActorLogic): TaskActorLogic | undefined {
    for (let { parentId } = task.facts; parentId !== null; ) {
      const parent = this.#tasks.get(parentId)
      if (!parent || parent.progress.endedAt === null) return parent
      parentId = parent.facts.parentId
    }
    return undefined
  }

  #remember(task: TaskActorLogic): void {
    this.#ended.add(task)
    if (this.#ended.size > this.#retention.retain) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const oldest = this.#ended.takeOldest()
    if (!oldest) return
    this.#tasks.delete(oldest.id)
    this.#forgotten(oldest)
  }
}
