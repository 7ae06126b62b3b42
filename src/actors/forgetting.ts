import type { TaskActorLogic } from './task-actor.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

const batch = 256

/** Drops the records of tasks that are not remembered any more, many at a time; what they spent stays in the books. */
export class Forgetting {
  readonly #services: Pick<TaskServices, 'journal' | 'timers' | 'environment'>
  #ids: string[] = []
  #spent = new Map<string, number>()
  #timer: Timer | null = null

  constructor(services: Pick<TaskServices, 'journal' | 'timers' | 'environment'>) {
    this.#services = services
  }

  forget(task: TaskActorLogic): void {
    task.isForgotten = true
    if (!this.#services.journal.keepsState) return
    this.#ids.push(task.id)
    for (const [resource, amount] of task.spent ?? [])
      this.#spent.set(resource, (this.#spent.get(resource) ?? 0) + amount)
    if (this.#ids.length >= batch) this.flush()
  }

  /** Forgets what has ended long enough ago, when it has. */
  watch(tasks: TaskTable): void {
    const at = tasks.expiresAt()
    if (at === null || this.#timer) return
    const { timers, environment } = this.#services
    this.#timer = timers.arm(at, () => {
      this.#timer = null
      tasks.expire(environment.clock.now())
      this.flush()
      this.watch(tasks)
    })
  }

  /** In one commit: the records go, and what they said of budgets comes. */
  flush(): void {
    if (this.#ids.length === 0) return
    const { journal } = this.#services
    if (this.#spent.size > 0) journal.ofRuntime({ type: 'ledger.spent', spent: Object.fromEntries(this.#spent) })
    journal.forget(this.#ids)
    this.#ids = []
    this.#spent = new Map()
  }
}
