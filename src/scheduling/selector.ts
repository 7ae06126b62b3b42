import { amountOf } from './demand-vector.ts'
import { LaneWalk } from './lane-walk.ts'
import type { Group, Lane, Waiting } from './lanes.ts'
import { compareWaiting, headOf } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import type { BackfillPolicy } from './policies/backfill.ts'
import type { QuotaBook } from './quota-book.ts'
import type { ReadyQueue } from './ready-queue.ts'
import { Reservation } from './reservation.ts'
import type { Running, RunningTasks } from './running-tasks.ts'

type Verdict = 'grant' | 'wait' | 'park' | 'holdBack' | 'reserve'

/** A lane that a pass takes out of the order. */
interface Aside {
  readonly lane: Lane
  readonly verdict: 'park' | 'holdBack'
}

/** With more new lanes than this since the last full pass, another full pass is cheaper. */
const maxFresh = 16

export interface SelectorOptions {
  readonly backfill: BackfillPolicy
  readonly principalLimit: number | null
  readonly quotas: QuotaBook | null
  /** How many lanes that wait for resources are examined in one pass. */
  readonly depth: number
}

/**
 * Chooses the task that starts next.
 *
 * A pass looks at the first tasks of lanes in order: the first that fits is chosen; the first that does not, but whose
 * start can be foreseen, gets the one reservation, and the backfill policy says who may start ahead of it. A lane that
 * waits for a spent budget, or for more than there is at present, is parked and holds nobody up. After a pass that
 * chose nothing, only lanes that changed are looked at, until something is released, resized or refilled.
 */
export class Selector {
  readonly #queue: ReadyQueue
  readonly #ledger: Ledger
  readonly #running: RunningTasks
  readonly #options: SelectorOptions
  #reservation: Reservation | null = null
  /** The last pass chose nothing, and nothing came free since: only `#fresh` lanes can have news. */
  #isSettled = false
  readonly #fresh = new Set<Lane>()
  /** When a refill may make a task fit that was looked at. */
  #refillAt: number | null = null
  #examined = 0

  constructor(queue: ReadyQueue, ledger: Ledger, running: RunningTasks, options: SelectorOptions) {
    this.#queue = queue
    this.#ledger = ledger
    this.#running = running
    this.#options = options
  }

  get examined(): number {
    return this.#examined
  }

  get refillAt(): number | null {
    return this.#refillAt
  }

  /** The reservation, told the time. */
  reservationAt(now: number): Reservation | null {
    return this.#reservation?.at(now) ?? null
  }

  /** Something came free, or the order changed: everybody may have news. */
  unsettle(): void {
    this.#isSettled = false
  }

  /** The lane has another first task. */
  freshen(lane: Lane): void {
    if (lane.tasks.size > 0) this.#fresh.add(lane)
    else this.#fresh.delete(lane)
  }

  /** The task starts or is withdrawn. */
  forget(waiting: Waiting): void {
    if (this.#reservation?.waiting !== waiting) return
    this.#reservation = null
    this.#isSettled = false
  }

  onGrant(running: Running): void {
    this.#reservation?.onGrant(running)
  }

  onRelease(running: Running): void {
    this.#reservation?.onRelease(running)
    this.#isSettled = false
  }

  choose(now: number): Waiting | null {
    if (this.#queue.size === 0) return null
    if (this.#refillAt !== null && now >= this.#refillAt) this.#isSettled = false
    if (this.#isSettled && this.#fresh.size <= maxFresh) {
      const chosen = this.#fresh.size === 0 ? null : this.#chooseFresh(now)
      if (this.#isSettled) return chosen
    }
    return this.#pass(now)
  }

  /** Only the lanes that changed since the last pass; a change of the reservation asks for a full pass. */
  #chooseFresh(now: number): Waiting | null {
    const reserved = this.reservationAt(now)
    if (reserved && !this.#isReservable(reserved.waiting, now)) {
      this.#isSettled = false
      return null
    }
    const lanes = [...this.#fresh].filter((lane) => this.#queue.isExaminable(lane))
    if (lanes.length > 1) lanes.sort((one, other) => this.#queue.compare(headOf(one), headOf(other)))
    for (const lane of lanes) {
      const waiting = headOf(lane)
      const verdict = this.#judge(waiting, now)
      if (verdict === 'grant') return waiting
      if (verdict === 'reserve') {
        this.#isSettled = false
        return null
      }
      if (verdict === 'park' || verdict === 'holdBack') this.#putAside({ lane, verdict }, now)
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
    const asides: Aside[] = []
    const chosen = this.#firstInPass(now, this.reservationAt(now), asides)
    for (const aside of asides) this.#putAside(aside, now)
    if (chosen === null) {
      // A pass that looked at others only must not forget what the reserved task waits for.
      if (this.#reservation) this.#noteRefill(this.#reservation.waiting, now)
      this.#isSettled = true
      this.#fresh.clear()
    }
    return chosen
  }

  #firstInPass(now: number, kept: Reservation | null, asides: Aside[]): Waiting | null {
    /** A contested reservation that fits now: it goes before all that is not ahead of it in order. */
    const due = kept !== null && this.#ledger.fits(kept.task.vector, now) ? kept : null
    const quota = Math.max(4, Math.floor(this.#options.depth / this.#queue.openSections))
    const waits = new Map<Group, number>()
    let { depth } = this.#options
    let walk: LaneWalk | null = null
    for (let lane = this.#queue.first(); lane && depth > 0; lane = walk.next()) {
      const waiting = headOf(lane)
      if (due !== null && due === this.#reservation && !this.#isAhead(waiting, due)) return firstLike(due)
      const verdict = this.#judge(waiting, now)
      if (verdict === 'grant') return waiting
      const isAside = verdict === 'park' || verdict === 'holdBack'
      if (isAside) asides.push({ lane, verdict })
      if (this.#queue.isOneLane || (this.#reservation !== null && this.#isExhausted(now))) break
      if (walk === null) {
        walk = new LaneWalk(this.#queue)
        walk.next()
      }
      if (isAside) continue
      depth--
      const count = (waits.get(lane.group) ?? 0) + 1
      waits.set(lane.group, count)
      if (count >= quota) walk.skipGroup()
    }
    return due !== null && due === this.#reservation ? firstLike(due) : null
  }

  /** Whether every lane waits for a release, so that there is no need to look at each. */
  #isExhausted(now: number): boolean {
    return this.#queue.isExhausted((index, amount) => {
      const meter = this.#ledger.meter(index)
      return meter.form !== 'reusable' || meter.fits(amount, now)
    })
  }

  #judge(waiting: Waiting, now: number): Verdict {
    this.#examined++
    const { vector } = waiting.task
    const { quotas, principalLimit } = this.#options
    const { account } = waiting.lane.group
    if (quotas?.reached(account, vector, now)) return 'holdBack'
    const reserved = this.#reservation
    if (this.#ledger.fits(vector, now)) {
      if (reserved === null || reserved.waiting === waiting || this.#isAhead(waiting, reserved)) return 'grant'
      reserved.isContested = true
      return this.#options.backfill(waiting.task, reserved, now) ? 'grant' : 'wait'
    }
    if (this.#ledger.unforeseeable(vector, now) >= 0) return 'park'
    this.#noteRefill(waiting, now)
    if (reserved !== null && !this.#isAhead(waiting, reserved)) return 'wait'
    this.#reservation = new Reservation(
      waiting,
      this.#ledger,
      this.#running,
      account.runningLimit ?? principalLimit,
      now,
    )
    return 'reserve'
  }

  /** Ahead of the reserved task in the order of tasks, and not behind it by share. */
  #isAhead(waiting: Waiting, { waiting: reserved }: Reservation): boolean {
    if (compareWaiting(waiting, reserved) >= 0) return false
    return this.#queue.compareAccounts(waiting.lane.group.account, reserved.lane.group.account) <= 0
  }

  #isReservable({ task, lane }: Waiting, now: number): boolean {
    return this.#queue.isExaminable(lane) && this.#ledger.unforeseeable(task.vector, now) < 0
  }

  #noteRefill({ task }: Waiting, now: number): void {
    const at = this.#ledger.availableAt(task.vector, now)
    if (at !== null && at > now) this.#refillAt = Math.min(at, this.#refillAt ?? at)
  }

  #putAside({ lane, verdict }: Aside, now: number): void {
    if (verdict === 'holdBack') {
      this.#queue.holdBack(lane)
      return
    }
    const { vector } = headOf(lane).task
    const index = this.#ledger.unforeseeable(vector, now)
    this.#queue.park(lane, index, amountOf(vector, index))
  }
}

/** A more urgent task of the same lane may have come since: it asks for the same, and goes first. */
function firstLike({ waiting }: Reservation): Waiting {
  return headOf(waiting.lane)
}
