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
  #ofDay: { day: number; byPrincipal: Map<string, Map<string, number>> } | null = null
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
    this.#noteDay(task)
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
    if (this.#spent.size > 0) {
      const ofDay = this.#ofDay && {
        day: this.#ofDay.day,
        byPrincipal: Object.fromEntries(
          [...this.#ofDay.byPrincipal].map(([principal, amounts]) => [principal, Object.fromEntries(amounts)]),
        ),
      }
      const spent = Object.fromEntries(this.#spent)
      journal.ofRuntime({ type: 'ledger.spent', spent, ...(ofDay && { ofDay }) })
    }
    journal.forget(this.#ids)
    this.#ids = []
    this.#spent = new Map()
    this.#ofDay = null
  }

  /** A quota of the day must outlive the tasks that have used it. */
  #noteDay({ spentToday, facts }: TaskActorLogic): void {
    if (spentToday === null || (this.#ofDay && this.#ofDay.day > spentToday.day)) return
    if (this.#ofDay?.day !== spentToday.day) this.#ofDay = { day: spentToday.day, byPrincipal: new Map() }
    const { byPrincipal } = this.#ofDay
    const amounts = byPrincipal.get(facts.principal.id) ?? new Map<string, number>()
    for (const [resource, amount] of spentToday.amounts) amounts.set(resource, (amounts.get(resource) ?? 0) + amount)
    byPrincipal.set(facts.principal.id, amounts)
  }
}
