import type { AnyActorRef, InspectionEvent, Subscription } from 'xstate'

type Watcher = (event: InspectionEvent) => void

/** Everything that the actors of a runtime do, for as long as somebody wants to know; nobody watching costs nothing. */
export class InspectionHub {
  readonly #root: AnyActorRef
  readonly #watchers = new Set<Watcher>()
  #subscription: Subscription | null = null

  /** @param root the actor at the root of the system */
  constructor(root: AnyActorRef) {
    this.#root = root
  }

  get isWatched(): boolean {
    return this.#subscription !== null
  }

  /** @returns a function that ends it */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    this.#subscription ??= this.#root.system.inspect((event) => this.#tell(event))
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size > 0) return
      this.#subscription?.unsubscribe()
      this.#subscription = null
    }
  }

  /** Called in the midst of an actor's step: what a watcher throws must not reach it. */
  #tell(event: InspectionEvent): void {
    for (const watcher of this.#watchers) {
      try {
        watcher(event)
      } catch {
        this.#watchers.delete(watcher)
      }
    }
  }
}
