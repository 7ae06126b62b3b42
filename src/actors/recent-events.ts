import type { RuntimeEvent } from '../model/events.ts'

/** The last events, at least `limit` of them once there were as many. */
export class RecentEvents {
  readonly #limit: number
  #older: RuntimeEvent[] = []
  #newer: RuntimeEvent[] = []

  constructor(limit = 50_000) {
    this.#limit = limit
  }

  add(event: RuntimeEvent): void {
    // Two halves, so that forgetting costs nothing: the older one goes as a whole.
    if (this.#newer.length >= this.#limit) {
      this.#older = this.#newer
      this.#newer = []
    }
    this.#newer.push(event)
  }

  *[Symbol.iterator](): IterableIterator<RuntimeEvent> {
    yield* this.#older
    yield* this.#newer
  }
}
