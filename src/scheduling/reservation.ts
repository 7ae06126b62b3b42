import { amountOf, eachAmount } from './demand-vector.ts'
import type { Waiting } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import type { Meter } from './meter.ts'
import { Reservations, slackOf } from './meter.ts'
import type { ReservedStart } from './policies/backfill.ts'
import type { ReadyTask } from './ready-task.ts'
import type { Running, RunningTasks } from './running-tasks.ts'
import { TokenBucket } from './token-bucket.ts'

interface Forecast {
  readonly changes: number
  readonly now: number
  readonly startAt: number | null
  /** Spare amounts at the start, in the order of the vector's indices. */
  readonly spare: readonly number[]
}

/**
 * The start kept for the first task in order that waits for resources, forecast from the expected ends of what runs
 * and from refills. A lease past its expected end counts as ending now: it delays the start, and lets nobody ahead.
 */
export class Reservation implements ReservedStart {
  readonly waiting: Waiting
  /** Somebody fitted while the reserved task did not: from then on only tasks ahead in order take its turn. */
  isContested = false
  readonly #ledger: Ledger
  readonly #running: RunningTasks
  readonly #principalLimit: number | null
  readonly #sinceSerial: number
  /** What was granted since the reservation and is still held, by position in the vector. */
  readonly #heldSince: readonly Reservations[]
  #now: number
  #forecast: Forecast | null = null

  constructor(waiting: Waiting, ledger: Ledger, running: RunningTasks, principalLimit: number | null, now: number) {
    this.waiting = waiting
    this.#ledger = ledger
    this.#running = running
    this.#principalLimit = principalLimit
    this.#sinceSerial = running.nextSerial
    this.#heldSince = waiting.task.vector.indices.map(() => new Reservations())
    this.#now = now
  }

  get task(): ReadyTask {
    return this.waiting.task
  }

  get startAt(): number | null {
    return this.#current().startAt
  }

  /** Tells the time, on which the forecast depends. */
  at(now: number): this {
    this.#now = now
    return this
  }

  spare(index: number): number {
    const position = this.task.vector.indices.indexOf(index)
    return position < 0 ? Number.POSITIVE_INFINITY : (this.#current().spare[position] ?? 0)
  }

  isConsumed(index: number): boolean {
    return this.#ledger.meter(index).form !== 'reusable'
  }

  leavesRoom(candidate: ReadyTask): boolean {
    const { task } = this
    if (candidate.type === task.type && this.#running.roomOf(task.type) <= 1) return false
    const isSamePrincipal = candidate.principal.id === task.principal.id
    return (
      !isSamePrincipal ||
      this.#principalLimit === null ||
      this.waiting.lane.group.account.running + 1 < this.#principalLimit
    )
  }

  onGrant(running: Running): void {
    this.#eachShared(running, (held, amount) => held.add(amount))
  }

  onRelease(running: Running): void {
    if (running.serial >= this.#sinceSerial) this.#eachShared(running, (held, amount) => held.subtract(amount))
  }

  #eachShared(running: Running, visit: (held: Reservations, amount: number) => void): void {
    for (const [position, index] of this.task.vector.indices.entries()) {
      const amount = amountOf(running.vector, index)
      const held = this.#heldSince[position]
      if (amount > 0 && held) visit(held, amount)
    }
  }

  #current(): Forecast {
    const forecast = this.#forecast
    if (forecast && forecast.changes === this.#ledger.changes && forecast.now === this.#now) return forecast
    this.#forecast = this.#compute(this.#now)
    return this.#forecast
  }

  #compute(now: number): Forecast {
    const { vector } = this.task
    const meters = vector.indices.map((index) => this.#ledger.meter(index))
    const free = meters.map((meter) => (meter.form === 'reusable' ? meter.capacity - meter.held : 0))
    const lacks = () => meters.some((meter, position) => meter.form === 'reusable' && isShort(meter, position))
    const isShort = (meter: Meter, position: number) =>
      (vector.amounts[position] ?? 0) > (free[position] ?? 0) + slackOf(meter.capacity)

    let startAt = this.#ledger.availableAt(vector, now)
    let isEnough = !lacks()
    if (startAt !== null) {
      for (const running of this.#running.byEnd()) {
        const endsAt = running.endsAt ?? now
        if (isEnough && endsAt > startAt) break
        this.#eachIndexOf(running, (position, amount) => {
          free[position] = (free[position] ?? 0) + amount
        })
        startAt = Math.max(startAt, endsAt)
        isEnough ||= !lacks()
      }
    }
    if (!isEnough) startAt = null
    const at = startAt
    const spare = meters.map((meter, position) => {
      const need = vector.amounts[position] ?? 0
      const slack = slackOf(meter.capacity) / 2
      if (meter instanceof TokenBucket) return meter.projected(at ?? now, now) - need + slack
      if (meter.form === 'budget') return meter.available(now) - need + slack
      if (at === null) return meter.capacity - need - (this.#heldSince[position]?.sum ?? 0) + slack
      return (free[position] ?? 0) - need + slack
    })
    return { changes: this.#ledger.changes, now, startAt, spare }
  }

  #eachIndexOf(running: Running, visit: (position: number, amount: number) => void): void {
    eachAmount(running.vector, (index, amount) => {
      const position = this.task.vector.indices.indexOf(index)
      if (position >= 0) visit(position, amount)
    })
  }
}
