import { InvariantError, RefusedError } from '../model/errors.ts'
import type { QuotasOf } from '../model/quotas.ts'
import type { Lease, Pools } from '../model/resources.ts'
import type { Waiting } from './lanes.ts'
import { headOf } from './lanes.ts'
import type { ReleasedLease } from './lease-bookings.ts'
import { Ledger } from './ledger.ts'
import type { BackfillPolicy } from './policies/backfill.ts'
import { easyBackfill } from './policies/backfill.ts'
import type { OrderPolicy } from './policies/order.ts'
import { agedPriority } from './policies/order.ts'
import type { SharePolicy } from './policies/share.ts'
import { dominantResourceFairness } from './policies/share.ts'
import type { PrincipalAccount } from './principal-account.ts'
import { PrincipalAccounts } from './principal-accounts.ts'
import { dayOf, QuotaBook } from './quota-book.ts'
import { ReadyQueue } from './ready-queue.ts'
import type { ReadyTask } from './ready-task.ts'
import type { Running } from './running-tasks.ts'
import { RunningTasks } from './running-tasks.ts'
import { Selector } from './selector.ts'
import type { Books, OrderedTask, WaitReason } from './wait-reason.ts'
import { explainWait, orderedTask } from './wait-reason.ts'

export interface SchedulerOptions {
  readonly pools: Pools
  /** The time at the start, ms. */
  readonly now: number
  /** Default: {@link agedPriority}. */
  readonly order?: OrderPolicy
  /** Default: {@link dominantResourceFairness}. */
  readonly share?: SharePolicy
  /** Default: {@link easyBackfill}. */
  readonly backfill?: BackfillPolicy
  /** How many tasks of one principal may hold resources at a time. Default: no limit. */
  readonly principalConcurrency?: number | null
  /** How much each principal may have. Default: no limit. */
  readonly quotasOf?: QuotasOf | null
  /** How many lanes of tasks that wait for resources are examined for one grant. Default: 64. */
  readonly backfillDepth?: number
}

/** The lease for a task that may start. `expiresAt` is absolute, in ms; `null`: held until released. */
export interface LeaseTerms {
  readonly id: string
  readonly epoch: number
  readonly expiresAt: number | null
}

export interface Granted {
  readonly task: ReadyTask
  readonly lease: Lease
}

/**
 * Says which waiting task gets its resources next, by share, order and backfill. Owns the queue and the ledger: leases
 * come and go through it; `ledger.use`, `renew` and `resize` may be called directly. Plain data, one owner, no clock;
 * `now` is in ms and must not run backwards.
 *
 * With n tasks waiting, queueing and granting cost O(log n) comparisons, and a look at `backfillDepth` lanes at most;
 * a lane is all tasks of a principal and type that ask the same. Withdrawing and moving a task cost O(log n).
 */
export class Scheduler {
  readonly ledger: Ledger
  /** `null`: nobody has a quota. */
  readonly quotas: QuotaBook | null
  readonly #queue: ReadyQueue
  readonly #running = new RunningTasks()
  readonly #accounts: PrincipalAccounts
  readonly #selector: Selector
  readonly #principalLimit: number | null
  #seenResizes = 0

  /** @throws RefusedError `OPTIONS_INVALID` */
  constructor(options: SchedulerOptions) {
    const { pools, now, principalConcurrency = null, backfillDepth = 64, quotasOf = null } = options
    const { order = agedPriority(), share = dominantResourceFairness(), backfill = easyBackfill() } = options
    if (principalConcurrency !== null) refuseUnlessCount('principalConcurrency', principalConcurrency)
    refuseUnlessCount('backfillDepth', backfillDepth)
    this.ledger = new Ledger(pools, now)
    const quotas = quotasOf && new QuotaBook(quotasOf, this.ledger)
    this.quotas = quotas
    this.#accounts = new PrincipalAccounts(this.ledger, (principal) => {
      const running = quotas?.of(principal).running ?? null
      if (running === null || principalConcurrency === null) return running ?? principalConcurrency
      return Math.min(running, principalConcurrency)
    })
    this.#principalLimit = principalConcurrency
    this.#queue = new ReadyQueue(order, share, {
      isTypeFull: (type) => this.#running.roomOf(type) <= 0,
      isPrincipalFull: ({ running, runningLimit }) => runningLimit !== null && running >= runningLimit,
    })
    const selection = { backfill, principalLimit: principalConcurrency, quotas, depth: backfillDepth }
    this.#selector = new Selector(this.#queue, this.ledger, this.#running, selection)
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#queue.size
  }

  /** How many lanes were examined in all: what grants cost, for tests and measurements. */
  get examined(): number {
    return this.#selector.examined
  }

  /** @throws InvariantError for a task that waits already, a weight that is not positive, or a key that is no number */
  enqueue(task: ReadyTask): void {
    const { principal } = task
    if (!(Number.isFinite(principal.weight) && principal.weight > 0)) {
      throw new InvariantError(
        `principal ${principal.id}: a weight must be finite and positive, not ${principal.weight}`,
      )
    }
    const key = this.#queue.keyFor(task)
    const account = this.#accounts.open(principal)
    if (account.principal.weight !== principal.weight) {
      this.#accounts.reweigh(account, principal)
      this.#queue.placeAccount(account)
      this.#selector.unsettle()
    }
    if (account.waiting === 0) this.#accounts.catchUp(account)
    if (this.#running.limitType(task.type, task.concurrency)) {
      this.#queue.placeType(task.type)
      this.#selector.unsettle()
    }
    const waiting = this.#queue.add(task, key, account)
    if (headOf(waiting.lane) === waiting) this.#selector.freshen(waiting.lane)
  }

  /** Takes a task out of the queue. Answers false if it does not wait. */
  withdraw(taskId: string): boolean {
    const waiting = this.#queue.get(taskId)
    if (!waiting) return false
    this.#dequeue(waiting)
    return true
  }

  /** Gives a waiting task another priority, and its place by it. Answers false if it does not wait. */
  reprioritise(taskId: string, priority: number): boolean {
    const waiting = this.#queue.get(taskId)
    if (!waiting) return false
    if (!Number.isFinite(priority)) throw new InvariantError(`task ${taskId}: the priority ${priority} is not a number`)
    this.#queue.reprioritise(waiting, priority)
    this.#selector.unsettle()
    return true
  }

  /** Grants nothing to tasks of the type until it is resumed, to those that come too. Answers whether that is news. */
  pauseType(type: string): boolean {
    return this.#changeType(type, this.#running.pauseType(type))
  }

  resumeType(type: string): boolean {
    return this.#changeType(type, this.#running.resumeType(type))
  }

  get pausedTypes(): readonly string[] {
    return this.#running.pausedTypes
  }

  #changeType(type: string, isNews: boolean): boolean {
    if (!isNews) return false
    this.#queue.placeType(type)
    this.#selector.unsettle()
    return true
  }

  /**
   * Grants the next task its resources: `open` names the lease. Call until `null`. What `open` throws passes through,
   * and nothing is granted.
   */
  grantNext(now: number, open: (task: ReadyTask) => LeaseTerms): Granted | null {
    if (this.ledger.resizes !== this.#seenResizes) this.#onResize(now)
    if (this.quotas?.turn(now)) this.#letGo(null)
    const waiting = this.#selector.choose(now)
    if (!waiting) return null
    const { task } = waiting
    const { id, epoch, expiresAt } = open(task)
    const lease = this.ledger.grant({ id, epoch, expiresAt, taskId: task.id, vector: task.vector }, now)
    const { account } = waiting.lane.group
    this.#dequeue(waiting)
    const chargedMs = this.#accounts.grant(account, task.vector)
    for (const [resource, amount] of Object.entries(task.vector.demand))
      this.quotas?.spend(account.principal.id, resource, amount, now)
    this.#selector.onGrant(this.#running.add(task, lease, account, chargedMs))
    this.#queue.placeAccount(account)
    if (this.#running.roomOf(task.type) <= 0) this.#queue.placeType(task.type)
    return { task, lease }
  }

  /** Ends a lease and frees what it held. Answers `null`, and does nothing, if it is unknown or of another epoch. */
  release(leaseId: string, epoch: number, now: number): ReleasedLease | null {
    const released = this.ledger.release(leaseId, epoch, now)
    const running = this.#running.get(leaseId)
    if (!released || !running) return released
    const { account, vector, type } = running
    this.#running.remove(running)
    this.#selector.onRelease(running)
    this.#accounts.release(running, now)
    this.#settleQuotas(running, released, now)
    this.#queue.placeAccount(account)
    if (this.#running.roomOf(type) === 1) this.#queue.placeType(type)
    for (const index of vector.indices) this.#wake(index, now)
    if (this.#running.size === 0 && this.size === 0) this.#accounts.onIdle()
    return released
  }

  /** When to call `grantNext` again although nothing was released or queued: a refill may make a task fit then. */
  wakeAt(now: number): number | null {
    if (this.size === 0) return null
    const { refillAt } = this.#selector
    if (this.quotas === null || !this.#queue.hasHeldBack) return refillAt
    const nextDayAt = this.quotas.nextDayAt(now)
    return Math.min(nextDayAt, refillAt ?? nextDayAt)
  }

  /** Why a task waits. `null` if it does not. Costs O(n). */
  explain(taskId: string, now: number): WaitReason | null {
    const waiting = this.#queue.get(taskId)
    return waiting ? explainWait(waiting, this.#books(now)) : null
  }

  /** The first tasks in the order of this moment; a grant may change it, since it changes shares. Costs O(n). */
  order(limit: number, now: number): readonly OrderedTask[] {
    const books = this.#books(now)
    const tasks: OrderedTask[] = []
    if (limit <= 0) return tasks
    for (const waiting of this.#queue.inOrder()) {
      tasks.push(orderedTask(waiting, books))
      if (tasks.length >= limit) break
    }
    return tasks
  }

  /** Checks the ledger, and the counts against the leases, in O(leases + principals). @throws InvariantError */
  assertInvariants(now: number): void {
    this.ledger.assertInvariants(now)
    let leases = 0
    for (const lease of this.ledger.leases()) {
      leases++
      if (!this.#running.get(lease.id)) throw new InvariantError(`lease ${lease.id} was not granted by the scheduler`)
    }
    if (leases !== this.#running.size) {
      throw new InvariantError(`${this.#running.size} tasks count as running, but ${leases} leases are open`)
    }
    this.#accounts.assertInvariants(this.#running.values())
  }

  /** What was reserved of the day's budget and not used comes back; what was used beyond it is booked already. */
  #settleQuotas({ account, vector, grantedAt }: Running, { used }: ReleasedLease, now: number): void {
    if (this.quotas === null) return
    for (const [resource, amount] of Object.entries(used)) {
      const unused = (vector.demand[resource] ?? 0) - amount
      // What was reserved yesterday was spent yesterday.
      if (unused > 0 && dayOf(grantedAt) === dayOf(now)) this.quotas.spend(account.principal.id, resource, -unused, now)
    }
    this.#letGo(account)
  }

  #letGo(account: PrincipalAccount | null): void {
    if (!this.#queue.hasHeldBack) return
    this.#queue.letGo(account)
    this.#selector.unsettle()
  }

  #dequeue(waiting: Waiting): void {
    const { lane } = waiting
    const wasHead = headOf(lane) === waiting
    this.#selector.forget(waiting)
    this.#queue.remove(waiting)
    if (wasHead) this.#selector.freshen(lane)
  }

  #wake(index: number, now: number): void {
    this.#queue.wake(index, (amount) => this.ledger.meter(index).isForeseeable(amount, now))
  }

  #onResize(now: number): void {
    this.#seenResizes = this.ledger.resizes
    for (const account of this.#accounts.values()) account.recompute()
    this.#queue.placeAll()
    for (let index = 0; index < this.ledger.width; index++) this.#wake(index, now)
    this.#selector.unsettle()
  }

  #books(now: number): Books {
    return {
      now,
      ledger: this.ledger,
      queue: this.#queue,
      running: this.#running,
      reservation: this.#selector.reservationAt(now),
      principalLimit: this.#principalLimit,
      quotas: this.quotas,
    }
  }
}

function refuseUnlessCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new RefusedError('OPTIONS_INVALID', `${name}: ${value} is not a whole number of at least 1`)
}
