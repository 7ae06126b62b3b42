import type { RuntimeEvent } from '../model/events.ts'
import type { Store } from './store.ts'

/** Keeps the last events in memory, at least `limit` of them; nothing outlives the process. */
export class MemoryStore implements Store {
  readonly #limit: number
  #older: RuntimeEvent[] = []
  #newer: RuntimeEvent[] = []

  constructor(limit = 50_000) {
    this.#limit = limit
  }

  append(event: RuntimeEvent): void {
    // Two halves, so that forgetting costs nothing: the older one goes as a whole.
    if (this.#newer.length >= this.#limit) {
      this.#older = this.#newer
      this.#newer = []
    }
    this.#newer.push(event)
  }

  flush(): void {
    // In memory is as durable as it gets.
  }

  *events(): Iterable<RuntimeEvent> {
    yield* this.#older
    yield* this.#newer
  }

  close(): void {
    // Nothing is open.
  }
}
