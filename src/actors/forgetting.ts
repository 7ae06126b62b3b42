import type { Journal } from './journal.ts'
import type { TaskActorLogic } from './task-actor.ts'

const batch = 256

/** Drops the records of tasks that are not remembered any more, many at a time; what they spent stays in the books. */
export class Forgetting {
  readonly #journal: Journal
  #ids: string[] = []
  #spent = new Map<string, number>()

  constructor(journal: Journal) {
    this.#journal = journal
  }

  forget(task: TaskActorLogic): void {
    if (!this.#journal.keepsState) return
    this.#ids.push(task.id)
    for (const [resource, amount] of task.spent ?? [])
      this.#spent.set(resource, (this.#spent.get(resource) ?? 0) + amount)
    if (this.#ids.length >= batch) this.flush()
  }

  /** In one commit: the records go, and what they said of budgets comes. */
  flush(): void {
    if (this.#ids.length === 0) return
    if (this.#spent.size > 0) this.#journal.ofRuntime({ type: 'ledger.spent', spent: Object.fromEntries(this.#spent) })
    this.#journal.forget(this.#ids)
    this.#ids = []
    this.#spent = new Map()
  }
}
