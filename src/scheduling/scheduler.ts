import { InvariantError, RefusedError } from '../model/errors.ts'
import type { Lease, Pools } from '../model/resources.ts'
import { amountOf } from './demand-vector.ts'
import { LaneWalk } from './lane-walk.ts'
import type { ReleasedLease } from './ledger.ts'
import { Ledger } from './ledger.ts'
import type { BackfillPolicy } from './policies/backfill.ts'
import { easyBackfill } from './policies/backfill.ts'
import type { OrderPolicy } from './policies/order.ts'
import { agedPriority } from './policies/order.ts'
import type { SharePolicy } from './policies/share.ts'
import { dominantResourceFairness } from './policies/share.ts'
import type { PrincipalAccount } from './principal-account.ts'
import { PrincipalAccounts } from './principal-accounts.ts'
import type { Group, Lane, Waiting } from './ready-queue.ts'
import { compareWaiting, headOf, ReadyQueue } from './ready-queue.ts'
import type { ReadyTask } from './ready-task.ts'
import { Reservation } from './reservation.ts'
import { RunningTasks } from './running-tasks.ts'
import type { OrderedTask, WaitReason } from './wait-reason.ts'
import { explainWait, reasonInShort } from './wait-reason.ts'

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
  /** How many lanes of tasks that wait for resources are examined for one grant. */
  readonly backfillDepth?: number
}

/** What `open` says of the lease for a task that may start. */
export interface LeaseTerms {
  readonly id: string
  readonly epoch: number
  readonly expiresAt: number | null
}

export interface Granted {
  readonly task: ReadyTask
  readonly lease: Lease
}

type Verdict = 'grant' | 'wait' | 'park' | 'reserve'

/** With more new lanes than this since the last full pass, another full pass is cheaper. */
const maxFresh = 16

/**
 * Decides which waiting task gets its resources next. Owns the queue and the ledger; plain data, one owner, no clock.
 *
 * A pass looks at the first tasks of lanes (tasks that fit or do not fit together) in order: the first that fits is
 * granted; the first that does not, but whose start can be foreseen, gets the one reservation, and the backfill policy
 * says who may start ahead of it. A task that waits for a spent budget, or for more than there is at present, is parked
 * and holds nobody up; so is a group at its concurrency limit. After a pass that granted nothing, only lanes that
 * changed are looked at, until something is released, resized or refilled.
 */
export class Scheduler {
  readonly ledger: Ledger
  readonly #queue: ReadyQueue
  readonly #running = new RunningTasks()
  readonly #accounts: PrincipalAccounts
  readonly #backfill: BackfillPolicy
  readonly #principalLimit: number | null
  readonly #depth: number
  #reservation: Reservation | null = null
  /** The last pass granted nothing, and nothing came free since: only `#fresh` lanes can have news. */
  #isSettled = false
  readonly #fresh = new Set<Lane>()
  /** When a refill may make a task fit that was looked at. */
  #refillAt: number | null = null
  #seenResizes = 0
  #examined = 0

  /** @throws RefusedError `OPTIONS_INVALID` */
  constructor(options: SchedulerOptions) {
    const { principalConcurrency = null, backfillDepth = 64 } = options
    if (principalConcurrency !== null) refuseUnlessCount('principalConcurrency', principalConcurrency)
    refuseUnlessCount('backfillDepth', backfillDepth)
    this.ledger = new Ledger(options.pools, options.now)
    this.#accounts = new PrincipalAccounts(this.ledger, options.now)
    this.#principalLimit = principalConcurrency
    this.#depth = backfillDepth
    this.#backfill = options.backfill ?? easyBackfill()
    const share = options.share ?? dominantResourceFairness()
    this.#queue = new ReadyQueue(options.order ?? agedPriority(), share, (group) => this.#isLimited(group))
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#queue.size
  }

  /** How many lanes were examined in all: what a grant costs, for tests and measurements. */
  get examined(): number {
    return this.#examined
  }

  /** @throws InvariantError for a task that waits already, a weight that is not positive, or a key that is no number */
  enqueue(task: ReadyTask, now: number): void {
    const { weight } = task.principal
    if (!(Number.isFinite(weight) && weight > 0)) {
      throw new InvariantError(`principal ${task.principal.id}: a weight must be finite and positive, not ${weight}`)
    }
    if (this.#queue.get(task.id)) throw new InvariantError(`task ${task.id} waits in the queue already`)
    const account = this.#accounts.open(task.principal)
    if (account.principal.weight !== weight) this.#restate(account, () => this.#accounts.reweigh(account, task.principal, now))
    if (account.waiting === 0) this.#accounts.catchUp(account, now)
    if (this.#running.limitType(task.type, task.concurrency)) this.#placeType(task.type)
    const waiting = this.#queue.add(task, account)
    if (headOf(waiting.lane) === waiting) this.#fresh.add(waiting.lane)
  }

  /** Takes a task out of the queue. Answers false if it does not wait. */
  withdraw(taskId: string): boolean {
    const waiting = this.#queue.get(taskId)
    if (!waiting) return false
    if (this.#reservation?.waiting === waiting) this.#dropReservation()
    this.#dequeue(waiting)
    return true
  }

  /** Gives a waiting task another priority, and its place by it. Answers false if it does not wait. */
  reprioritise(taskId: string, priority: number): boolean {
    const waiting = this.#queue.get(taskId)
    if (!waiting) return false
    if (!Number.isFinite(priority)) throw new InvariantError(`task ${taskId}: the priority ${priority} is not a number`)
    this.#queue.reprioritise(waiting, priority)
    this.#isSettled = false
    return true
  }

  /**
   * Grants the next task its resources: `open` names the lease. Call until `null`. What `open` throws passes through,
   * and nothing is granted.
   */
  grantNext(now: number, open: (task: ReadyTask) => LeaseTerms): Granted | null {
    if (this.ledger.resizes !== this.#seenResizes) this.#onResize(now)
    const waiting = this.#choose(now)
    if (!waiting) return null
    const { task } = waiting
    let terms: LeaseTerms
    try {
      terms = open(task)
    } catch (thrown) {
      this.#isSettled = false
      throw thrown
    }
    const lease = this.ledger.grant({ ...terms, taskId: task.id, vector: task.vector }, now)
    const { account } = waiting.lane.group
    if (this.#reservation?.waiting === waiting) this.#dropReservation()
    this.#dequeue(waiting)
    const running = this.#running.add(task, lease, account)
    this.#reservation?.onGrant(running)
    this.#restate(account, () => this.#accounts.grant(account, task.vector, now))
    if (this.#running.roomOf(task.type) <= 0) this.#placeType(task.type)
    return { task, lease }
  }

  /** Ends a lease and frees what it held. Answers `null`, and does nothing, if it is unknown or of another epoch. */
  release(leaseId: string, epoch: number, now: number): ReleasedLease | null {
    const released = this.ledger.release(leaseId, epoch, now)
    const running = this.#running.get(leaseId)
    if (!released || !running) return null
    const { account, vector, type } = running
    this.#running.remove(running)
    this.#reservation?.onRelease(running)
    this.#restate(account, () => this.#accounts.release(account, vector, now))
    if (this.#running.roomOf(type) === 1) this.#placeType(type)
    for (const index of vector.indices) this.#wake(index, now)
    this.#isSettled = false
    if (this.#running.size === 0 && this.size === 0) this.#accounts.onIdle(now)
    return released
  }

  /** When to call `grantNext` again although nothing was released or queued: a refill may make a task fit then. */
  wakeAt(_now: number): number | null {
    return this.size === 0 ? null : this.#refillAt
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
      const { task, key } = waiting
      tasks.push({ taskId: task.id, key, principal: task.principal.id, reason: reasonInShort(waiting, books) })
      if (tasks.length >= limit) break
    }
    return tasks
  }

  /** Checks the ledger, and the counts against the leases, in O(leases). @throws InvariantError */
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

  // --- choosing

  #choose(now: number): Waiting | null {
    if (this.size === 0) return null
    if (this.#refillAt !== null && now >= this.#refillAt) this.#isSettled = false
    if (this.#isSettled && this.#fresh.size <= maxFresh) {
      const chosen = this.#fresh.size === 0 ? null : this.#chooseFresh(now)
      if (this.#isSettled) return chosen
    }
    return this.#pass(now)
  }

  /** Only the lanes that changed since the last pass; a change of the reservation asks for a full pass. */
  #chooseFresh(now: number): Waiting | null {
    const reserved = this.#reservation?.at(now)
    if (reserved && !this.#isReservable(reserved.waiting, now)) {
      this.#isSettled = false
      return null
    }
    const lanes = [...this.#fresh].filter((lane) => lane.tasks.size > 0 && this.#isExaminable(lane))
    lanes.sort((one, other) => this.#queue.compare(headOf(one), headOf(other)))
    for (const lane of lanes) {
      const waiting = headOf(lane)
      switch (this.#judge(waiting, now)) {
        case 'grant':
          return waiting
        case 'reserve':
          this.#isSettled = false
          return null
        case 'park':
          this.#park(lane, now)
          break
        case 'wait':
          break
      }
      this.#fresh.delete(lane)
    }
    this.#fresh.clear()
    return null
  }

  /** A full pass over the first lanes in order. */
  #pass(now: number): Waiting | null {
    this.#refillAt = null
    const kept = this.#reservation
    if (kept && !(kept.isContested && this.#isReservable(kept.waiting, now))) this.#reservation = null
    this.#reservation?.at(now)
    const isDue = this.#reservation !== null && this.ledger.fits(this.#reservation.task.vector, now)
    const parked: Lane[] = []
    const chosen = this.#firstInPass(now, isDue, parked)
    for (const lane of parked) this.#park(lane, now)
    if (chosen === null) {
      this.#isSettled = true
      this.#fresh.clear()
    }
    return chosen
  }

  #firstInPass(now: number, isDue: boolean, parked: Lane[]): Waiting | null {
    const reserved = this.#reservation
    const first = this.#queue.first()
    if (!first) return null
    const quota = Math.max(4, Math.floor(this.#depth / this.#queue.openGroups))
    const waits = new Map<Group, number>()
    let depth = this.#depth
    const walk = new LaneWalk(this.#queue)
    for (let lane = walk.next(); lane && depth > 0; lane = walk.next()) {
      const waiting = headOf(lane)
      if (isDue && reserved && !this.#isAhead(waiting, reserved)) return reserved.waiting
      const verdict = this.#judge(waiting, now)
      if (verdict === 'grant') return waiting
      if (verdict === 'park') {
        parked.push(lane)
        continue
      }
      depth--
      const count = (waits.get(lane.group) ?? 0) + 1
      waits.set(lane.group, count)
      if (count >= quota) walk.skipGroup()
    }
    return isDue && reserved ? reserved.waiting : null
  }

  #judge(waiting: Waiting, now: number): Verdict {
    this.#examined++
    const { vector } = waiting.task
    const reserved = this.#reservation
    if (this.ledger.fits(vector, now)) {
      if (reserved === null || reserved.waiting === waiting || this.#isAhead(waiting, reserved)) return 'grant'
      reserved.isContested = true
      return this.#backfill(waiting.task, reserved, now) ? 'grant' : 'wait'
    }
    if (this.ledger.unforeseeable(vector, now) >= 0) return 'park'
    this.#noteRefill(waiting, now)
    if (reserved !== null && !this.#isAhead(waiting, reserved)) return 'wait'
    this.#reservation = new Reservation(waiting, this.ledger, this.#running, this.#principalLimit, now)
    return 'reserve'
  }

  /** Ahead of the reserved task in the order of tasks, and not behind it by share. */
  #isAhead(waiting: Waiting, { waiting: reserved }: Reservation): boolean {
    if (compareWaiting(waiting, reserved) >= 0) return false
    return this.#queue.compareAccounts(waiting.lane.group.account, reserved.lane.group.account) <= 0
  }

  #isReservable({ task, lane }: Waiting, now: number): boolean {
    return this.#isExaminable(lane) && this.ledger.unforeseeable(task.vector, now) < 0
  }

  #isExaminable(lane: Lane): boolean {
    return this.#queue.isOpen(lane.group) && lane.group.open.has(lane)
  }

  #noteRefill({ task }: Waiting, now: number): void {
    const at = this.ledger.availableAt(task.vector, now)
    if (at !== null && at > now) this.#refillAt = Math.min(at, this.#refillAt ?? at)
  }

  // --- keeping the order

  #isLimited({ account, type }: Group): boolean {
    if (this.#principalLimit !== null && account.running >= this.#principalLimit) return true
    return this.#running.roomOf(type) <= 0
  }

  #dequeue(waiting: Waiting): void {
    const { lane } = waiting
    const wasHead = headOf(lane) === waiting
    this.#queue.remove(waiting)
    if (lane.tasks.size === 0) this.#fresh.delete(lane)
    else if (wasHead) this.#fresh.add(lane)
  }

  /** Changes a principal's standing, with its groups out of the order meanwhile. */
  #restate(account: PrincipalAccount, change: () => void): void {
    this.#queue.lift(account)
    change()
    for (const group of this.#queue.groupsOf(account)) this.#queue.place(group)
  }

  #placeType(type: string): void {
    for (const account of this.#accounts.values()) {
      const group = this.#queue.group(account, type)
      if (group) this.#queue.place(group)
    }
    this.#isSettled = false
  }

  #park(lane: Lane, now: number): void {
    const { vector } = headOf(lane).task
    const index = this.ledger.unforeseeable(vector, now)
    this.#queue.park(lane, index, amountOf(vector, index))
  }

  #wake(index: number, now: number): void {
    this.#queue.wake(index, (amount) => this.ledger.meter(index).isForeseeable(amount, now))
  }

  #dropReservation(): void {
    this.#reservation = null
    this.#isSettled = false
  }

  #onResize(now: number): void {
    this.#seenResizes = this.ledger.resizes
    for (const account of this.#accounts.values()) this.#queue.lift(account)
    for (const account of this.#accounts.values()) account.recompute(now)
    for (const account of this.#accounts.values()) {
      for (const group of this.#queue.groupsOf(account)) this.#queue.place(group)
    }
    for (let index = 0; index < this.ledger.width; index++) this.#wake(index, now)
    this.#isSettled = false
  }

  #books(now: number) {
    const { ledger } = this
    const reservation = this.#reservation?.at(now) ?? null
    return { now, ledger, queue: this.#queue, running: this.#running, reservation, principalLimit: this.#principalLimit }
  }
}

function refuseUnlessCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new RefusedError('OPTIONS_INVALID', `${name}: ${value} is not a whole number of at least 1`)
}
