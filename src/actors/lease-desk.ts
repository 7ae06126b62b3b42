import type { Failure } from '../model/errors.ts'
import type { Demand } from '../model/resources.ts'
import type { Overrun, ReleasedLease } from '../scheduling/lease-bookings.ts'
import { dayOf } from '../scheduling/quota-book.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import { spentAlso } from './spent-today.ts'
import type { SupervisorMessage } from './supervisor-messages.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

/** Opens, renews and takes back leases. A message about a lease of an older epoch changes nothing. */
export class LeaseDesk {
  readonly #scheduler: Scheduler
  readonly #tasks: TaskTable
  readonly #services: TaskServices
  readonly #expiries = new Map<string, Timer>()

  constructor(scheduler: Scheduler, tasks: TaskTable, services: TaskServices) {
    this.#scheduler = scheduler
    this.#tasks = tasks
    this.#services = services
  }

  /** Terms of the next lease of a task: an epoch higher than any before, and an expiry if it has a heartbeat. */
  open(taskId: string, now: number): { id: string; epoch: number; expiresAt: number | null } {
    const task = this.#tasks.get(taskId)
    if (!task) throw new Error(`a grant went to task ${taskId}, which is unknown`)
    task.epoch += 1
    const { heartbeatMs } = task.facts.definition
    const id = `${taskId}#${task.epoch}`
    const expiresAt = heartbeatMs === null ? null : now + 2 * heartbeatMs
    this.#watch(id, task.epoch, expiresAt)
    return { id, epoch: task.epoch, expiresAt }
  }

  renew(leaseId: string, epoch: number, expiresAt: number | null): void {
    if (this.#scheduler.ledger.renew(leaseId, epoch, expiresAt)) this.#watch(leaseId, epoch, expiresAt)
  }

  release(leaseId: string, epoch: number): void {
    const released = this.#scheduler.release(leaseId, epoch, this.#now())
    if (released) this.#noteSpending(released)
    if (released && this.#expiries.size > 0) this.#watch(leaseId, epoch, null)
  }

  /** No sign of life for two heartbeats: the resources come back, and the holder is told that it holds nothing. */
  reclaim(leaseId: string, epoch: number): void {
    const lease = this.#scheduler.ledger.lease(leaseId)
    if (lease?.epoch !== epoch) return
    this.release(leaseId, epoch)
    const failure: Failure = {
      code: 'LEASE_LOST',
      message: 'no heartbeat came for two heartbeat intervals',
      retryable: true,
    }
    const task = this.#tasks.get(lease.taskId)
    task?.report({ type: 'task.reclaimed', leaseId, epoch })
    task?.send({ type: 'lease.lost', epoch, failure })
  }

  /** Books what a task reports to have used; a budget that cannot give it stops the task. */
  use({ taskId, leaseId, epoch, usage }: Extract<SupervisorMessage, { type: 'lease.use' }>): void {
    const result = this.#scheduler.ledger.use(leaseId, epoch, usage, this.#now())
    for (const overrun of result.overruns) this.#alertOverrun(taskId, overrun)
    this.#bookQuotas(taskId, epoch, result.drawn)
    if (result.ok) return
    const { resource, asked, available } = result
    const failure: Failure = {
      code: 'BUDGET_EXCEEDED',
      message: `used ${asked} of ${resource} beyond its demand, and the budget has ${available} left`,
      retryable: false,
    }
    this.#tasks.get(taskId)?.send({ type: 'budget.exceeded', epoch, failure })
  }

  resize({ resource, capacity, reply }: Extract<SupervisorMessage, { type: 'pool.resize' }>): void {
    try {
      const { pool, from, to } = this.#scheduler.ledger.resize(resource, capacity, this.#now())
      this.#services.journal.ofRuntime({ type: 'pool.resized', pool, resource, from, to })
      reply.done()
    } catch (refusal) {
      reply.refused(refusal)
    }
  }

  /** What is spent beyond a demand counts against the day's quota of the principal, and must not go past it. */
  #bookQuotas(taskId: string, epoch: number, drawn: Demand): void {
    const { quotas } = this.#scheduler
    const task = this.#tasks.get(taskId)
    if (quotas === null || !task) return
    const { principal } = task.facts
    for (const [resource, amount] of Object.entries(drawn)) {
      const over = quotas.spendingOver(principal, resource, amount, this.#now())
      quotas.spend(principal.id, resource, amount, this.#now())
      if (!over) continue
      const message = `quota perDay of ${resource}: ${principal.id} has spent ${over.taken + amount} today, and ${over.limit} is allowed`
      const failure: Failure = { code: 'BUDGET_EXCEEDED', message, retryable: false }
      task.send({ type: 'budget.exceeded', epoch, failure })
    }
  }

  #noteSpending({ lease, used }: ReleasedLease): void {
    const { quotas, ledger } = this.#scheduler
    const { budgets } = ledger
    if (budgets.size === 0) return
    const task = this.#tasks.get(lease.taskId)
    if (!task) return
    for (const resource of budgets) {
      const amount = used[resource] ?? 0
      if (amount === 0) continue
      task.spent ??= new Map()
      task.spent.set(resource, (task.spent.get(resource) ?? 0) + amount)
      if (quotas !== null) task.spentToday = spentAlso(task.spentToday, dayOf(this.#now()), resource, amount)
    }
  }

  #alertOverrun(taskId: string, { resource, reserved, used }: Overrun): void {
    const message = `${taskId} used ${used} of ${resource}, and its demand said ${reserved}; correct the demand`
    this.#services.journal.ofRuntime({ type: 'alert', code: 'USAGE_OVERRUN', message, taskId })
  }

  #watch(leaseId: string, epoch: number, expiresAt: number | null): void {
    const { timers, supervisor } = this.#services
    const before = this.#expiries.get(leaseId)
    if (before) {
      timers.disarm(before)
      this.#expiries.delete(leaseId)
    }
    if (expiresAt === null) return
    const expire = () => supervisor.send({ type: 'lease.expired', leaseId, epoch })
    this.#expiries.set(leaseId, timers.arm(expiresAt, expire))
  }

  #now(): number {
    return this.#services.environment.clock.now()
  }
}
