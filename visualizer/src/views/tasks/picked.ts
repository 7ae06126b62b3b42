import { signal } from '@preact/signals'

/** The tasks that are selected for an action, by id. */
export class Picked {
  readonly #ids = signal<ReadonlySet<string>>(new Set())

  get size(): number {
    return this.#ids.value.size
  }

  get ids(): readonly string[] {
    return [...this.#ids.value]
  }

  has(id: string): boolean {
    return this.#ids.value.has(id)
  }

  toggle(id: string): void {
    const ids = new Set(this.#ids.value)
    if (!ids.delete(id)) ids.add(id)
    this.#ids.value = ids
  }

  set(ids: readonly string[]): void {
    this.#ids.value = new Set(ids)
  }

  clear(): void {
    if (this.size > 0) this.#ids.value = new Set()
  }
}
