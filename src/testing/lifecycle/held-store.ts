import { MemoryStore } from '../../store/memory-store.ts'
import type { Store } from '../../store/store.ts'

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
