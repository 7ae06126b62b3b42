import type { ResourceSpec, ResourceUsage } from '../model/resources.ts'

/**
 * What a resource could give, what was reserved of it and what was used of that, since the ledger was opened.
 * Reusable: in unit · ms (amounts integrated over time). Rate and budget: in units; the capacity of a rate is what its
 * bucket held at first and was refilled with.
 */
export interface ResourceTotals {
  readonly capacity: number
  readonly reserved: number
  readonly used: number
}

export interface ResourceEfficiency extends ResourceTotals {
  readonly pool: string
  readonly resource: string
  readonly form: ResourceSpec['form']
}

/** The book of one resource. Amounts in the resource's unit, `now` in ms. */
export interface Meter {
  readonly pool: string
  readonly resource: string
  readonly form: ResourceSpec['form']
  /** The most that one lease could ever get: capacity, burst, or the whole budget. */
  readonly capacity: number
  readonly held: number
  available(now: number): number
  fits(amount: number, now: number): boolean
  /** Whether waiting for releases and refills can make the amount fit. */
  isForeseeable(amount: number, now: number): boolean
  reserve(amount: number, now: number): void
  /** Takes up to `amount` beyond a reservation and answers how much was taken. */
  draw(amount: number, now: number): number
  /** Ends a reservation. `used` is what was reported in all, or `undefined`: the whole reservation counts as used. */
  settle(amount: number, used: number | undefined, heldMs: number, now: number): void
  /** Why the new capacity is refused, or `null`. */
  refusalOf(capacity: number): string | null
  resize(capacity: number, now: number): void
  usage(now: number): ResourceUsage
  /** `pending` is the sum of {@link Meter.usedSoFar} over the present leases. */
  totals(pending: number, now: number): ResourceTotals
  usedSoFar(amount: number, used: number | undefined, heldMs: number): number
  /** What is wrong with the book, or `null`. `reserved` is the sum over the present leases. */
  fault(reserved: number, now: number): string | null
}

const relative = 1e-9

/** How far sums of floats may be off: a billionth of the scale. */
export function slackOf(scale: number): number {
  return Math.abs(scale) * relative
}

/** The sum of what is reserved: exactly 0 again when the last reservation ends, whatever floats did meanwhile. */
export class Reservations {
  #sum = 0
  #count = 0

  get sum(): number {
    return this.#sum
  }

  add(amount: number): void {
    this.#count++
    this.#sum += amount
  }

  subtract(amount: number): void {
    this.#count--
    this.#sum = this.#count === 0 ? 0 : Math.max(0, this.#sum - amount)
  }

  /** What is wrong against the sum over the leases, or `null`. */
  fault(reserved: number): string | null {
    if (this.#count < 0) return 'more reservations ended than were made'
    if (Math.abs(reserved - this.#sum) <= slackOf(reserved) * 1e3) return null
    return `${this.#sum} is booked as held, but the leases hold ${reserved}`
  }
}
