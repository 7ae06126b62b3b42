/** How the children of one task are called: by their keys, or the types that they are of, and by their order. */
export class ChildPaths {
  readonly #parent: string
  readonly #counts = new Map<string, number>()

  /** @param parent the path of the task; empty for the one that is walked */
  constructor(parent: string) {
    this.#parent = parent
  }

  /** The path of the child that is submitted next. */
  next(keyOrType: string): string {
    const count = (this.#counts.get(keyOrType) ?? 0) + 1
    this.#counts.set(keyOrType, count)
    const name = count === 1 ? `child "${keyOrType}"` : `child "${keyOrType}" ${count}`
    return this.#parent === '' ? name : `${this.#parent}, ${name}`
  }
}
