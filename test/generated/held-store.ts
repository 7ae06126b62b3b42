import type { Store } from 'taskwright'
import { MemoryStore } from 'taskwright'

/** A store that is durable at once, or, while held, only when told. */
export class HeldStore extends MemoryStore implements Store {
  #held: PromiseWithResolvers<void> | null = null

  hold(): void {
    this.#held ??= Promise.withResolvers()
  }

  release(): void {
    this.#held?.resolve()
    this.#held = null
  }

  override flush(): void | Promise<void> {
    return this.#held?.promise
  }
}
