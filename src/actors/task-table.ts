import type { TaskActorLogic } from './task-actor.ts'

/** Every task that is known: the unfinished ones, and the last `retain` that ended. */
export class TaskTable {
  readonly #retain: number
  readonly #tasks = new Map<string, TaskActorLogic>()
  readonly #byDedupeKey = new Map<string, TaskActorLogic>()
  /** A ring of the ended ones: a Set would look for its first entry among the holes of all that were deleted. */
  readonly #ended: TaskActorLogic[] = []
  #oldest = 0
  #unfinished = 0

  constructor(retain: number) {
    this.#retain = retain
  }

  get unfinished(): number {
    return this.#unfinished
  }

  get(id: string): TaskActorLogic | undefined {
    return this.#tasks.get(id)
  }

  duplicateOf(dedupeKey: string | null): TaskActorLogic | undefined {
    return dedupeKey === null ? undefined : this.#byDedupeKey.get(dedupeKey)
  }

  add(task: TaskActorLogic): void {
    this.#tasks.set(task.id, task)
    this.#unfinished += 1
    if (task.facts.dedupeKey !== null) this.#byDedupeKey.set(task.facts.dedupeKey, task)
  }

  /** The task has ended; the oldest ended ones are forgotten. */
  end(task: TaskActorLogic): void {
    this.#unfinished -= 1
    if (task.facts.dedupeKey !== null) this.#byDedupeKey.delete(task.facts.dedupeKey)
    if (this.#ended.length < this.#retain) {
      this.#ended.push(task)
      return
    }
    const forgotten = this.#ended[this.#oldest] ?? task
    if (this.#retain > 0) {
      this.#ended[this.#oldest] = task
      this.#oldest = (this.#oldest + 1) % this.#retain
    }
    this.#tasks.delete(forgotten.id)
  }

  all(): IterableIterator<TaskActorLogic> {
    return this.#tasks.values()
  }

  *live(): IterableIterator<TaskActorLogic> {
    for (const task of this.#tasks.values()) if (!task.outcome) yield task
  }
}
