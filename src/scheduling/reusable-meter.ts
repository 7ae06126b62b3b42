import type { ResourceUsage, ReusableSpec } from '../model/resources.ts'
import type { Meter, ResourceTotals } from './meter.ts'
import { Reservations, slackOf } from './meter.ts'

/** A resource that is held and returned. A shrink takes nothing away: nothing is granted until it fits again. */
export class ReusableMeter implements Meter {
  readonly pool: string
  readonly resource: string
  readonly form = 'reusable'
  #capacity: number
  readonly #reservations = new Reservations()
  /** What may stay held above the capacity after a shrink; falls as leases end. */
  #excused = 0
  #at: number
  #capacityTime = 0
  #reservedTime = 0
  #usedTime = 0

  constructor(pool: string, resource: string, spec: ReusableSpec, now: number) {
    this.pool = pool
    this.resource = resource
    this.#capacity = spec.capacity
    this.#at = now
  }

  get capacity(): number {
    return this.#capacity
  }

  get held(): number {
    return this.#reservations.sum
  }

  available(): number {
    return Math.max(0, this.#capacity - this.held)
  }

  fits(amount: number): boolean {
    return this.held + amount <= this.#capacity + slackOf(this.#capacity)
  }

  isForeseeable(amount: number): boolean {
    return amount <= this.#capacity + slackOf(this.#capacity)
  }

  reserve(amount: number, now: number): void {
    this.#integrate(now)
    this.#reservations.add(amount)
  }

  /** A reusable resource has nothing more to give than what is reserved: an overrun is only recorded by the ledger. */
  draw(): number {
    return 0
  }

  settle(amount: number, used: number | undefined, heldMs: number, now: number): void {
    this.#integrate(now)
    if (amount > 0) this.#reservations.subtract(amount)
    this.#usedTime += this.usedSoFar(amount, used, heldMs)
    this.#excused = Math.min(this.#excused, this.held)
  }

  refusalOf(): null {
    return null
  }

  resize(capacity: number, now: number): void {
    this.#integrate(now)
    this.#capacity = capacity
    this.#excused = this.held > capacity ? this.held : 0
  }

  usage(): ResourceUsage {
    const { pool, resource, form, capacity, held } = this
    return { pool, resource, form, capacity, held, available: this.available(), spent: 0 }
  }

  totals(pending: number, now: number): ResourceTotals {
    this.#integrate(now)
    return { capacity: this.#capacityTime, reserved: this.#reservedTime, used: this.#usedTime + pending }
  }

  usedSoFar(amount: number, used: number | undefined, heldMs: number): number {
    return (used ?? amount) * heldMs
  }

  fault(reserved: number): string | null {
    if (this.held > Math.max(this.#capacity, this.#excused) + slackOf(this.held)) {
      return `${this.held} is held of a capacity of ${this.#capacity}`
    }
    return this.#reservations.fault(reserved)
  }

  #integrate(now: number): void {
    const elapsed = Math.max(0, now - this.#at)
    this.#capacityTime += this.#capacity * elapsed
    this.#reservedTime += this.held * elapsed
    this.#at = Math.max(this.#at, now)
  }
}
