import type { Store } from './store.ts'

/** Keeps nothing: the tasks of a runtime end with its process. */
export const volatileStore: Store = {
  isVolatile: true,
  append: () => undefined,
  flush: () => undefined,
  async *load() {
    // There is nothing.
  },
  forget: () => undefined,
  close: () => Promise.resolve(),
}
