import type { BudgetSpec, ResourceUsage } from '../model/resources.ts'
import type { Meter, ResourceTotals } from './meter.ts'
import { Reservations, slackOf } from './meter.ts'

/** A resource that is spent for good. What is spent and what is reserved are never more than the budget together. */
export class BudgetMeter implements Meter {
  readonly pool: string
  readonly resource: string
  readonly form = 'budget'
  #budget: number
  readonly #reservations = new Reservations()
  #spent = 0
  #reserved = 0

  constructor(pool: string, resource: string, spec: BudgetSpec) {
    this.pool = pool
    this.resource = resource
    this.#budget = spec.budget
  }

  get capacity(): number {
    return this.#budget
  }

  get held(): number {
    return this.#reservations.sum
  }

  available(): number {
    return Math.max(0, this.#budget - this.#spent - this.held)
  }

  fits(amount: number): boolean {
    return this.#spent + this.held + amount <= this.#budget + slackOf(this.#budget)
  }

  /** Nobody can foresee what running tasks will leave of their reservations. */
  isForeseeable(amount: number): boolean {
    return this.fits(amount)
  }

  reserve(amount: number): void {
    this.#reserved += amount
    this.#reservations.add(amount)
  }

  draw(amount: number): number {
    const drawn = this.fits(amount) ? amount : this.available()
    this.#spent += drawn
    return drawn
  }

  settle(amount: number, used: number | undefined): void {
    if (amount === 0) return
    this.#spent += this.usedSoFar(amount, used)
    this.#reservations.subtract(amount)
  }

  refusalOf(capacity: number): string | null {
    const committed = this.#spent + this.held
    if (committed <= capacity + slackOf(capacity)) return null
    return `a budget of ${capacity} is below the ${this.#spent} already spent and the ${this.held} reserved; give at least ${committed}`
  }

  resize(capacity: number): void {
    this.#budget = capacity
  }

  usage(): ResourceUsage {
    const { pool, resource, form, capacity, held } = this
    return { pool, resource, form, capacity, held, available: this.available(), spent: this.#spent }
  }

  totals(pending: number): ResourceTotals {
    return { capacity: this.#budget, reserved: this.#reserved, used: this.#spent + pending }
  }

  /** The part of the reservation that was consumed; what was drawn beyond it is spent already. */
  usedSoFar(amount: number, used: number | undefined): number {
    return Math.min(amount, used ?? amount)
  }

  fault(reserved: number): string | null {
    if (this.#spent + this.held > this.#budget + slackOf(this.#budget)) {
      return `${this.#spent} is spent and ${this.held} reserved of a budget of ${this.#budget}`
    }
    return this.#reservations.fault(reserved)
  }
}
