import type { TaskActorLogic } from './task-actor.ts'

/** The tasks that have ended and are remembered, in the order of their ends. */
export class EndedTasks {
  #tasks: TaskActorLogic[] = []
  #first = 0

  get size(): number {
    return this.#tasks.length - this.#first
  }

  get oldest(): TaskActorLogic | undefined {
    return this.#tasks[this.#first]
  }

  add(task: TaskActorLogic): void {
    this.#tasks.push(task)
  }

  takeOldest(): TaskActorLogic | undefined {
    const { oldest } = this
    if (!oldest) return undefined
    this.#first += 1
    if (this.#first > 1_024 && this.#first * 2 > this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#first)
      this.#first = 0
    }
    return oldest
  }
}
