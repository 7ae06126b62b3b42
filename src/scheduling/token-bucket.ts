import type { RateSpec, ResourceUsage } from '../model/resources.ts'
import type { Meter, ResourceTotals } from './meter.ts'
import { Reservations, slackOf } from './meter.ts'

/**
 * A resource that refills with time. Tokens leave the bucket when they are reserved; what a lease did not use goes back
 * at its end, and what it uses beyond its reservation is drawn on, even into debt (a negative level), so that the
 * long-run rate stays true. A resize changes the burst, and the rate in the same proportion.
 */
export class TokenBucket implements Meter {
  readonly pool: string
  readonly resource: string
  readonly form = 'rate'
  #burst: number
  #perMs: number
  /** Rate over burst, kept so that a resize to 0 and back restores the rate; `null` when the burst began as 0. */
  readonly #ratio: number | null
  #level: number
  #at: number
  readonly #reservations = new Reservations()
  #spent = 0
  #refilled: number
  #reserved = 0

  constructor(pool: string, resource: string, spec: RateSpec, now: number) {
    this.pool = pool
    this.resource = resource
    this.#burst = spec.burst
    this.#perMs = spec.rate / spec.perMs
    this.#ratio = spec.burst > 0 ? this.#perMs / spec.burst : null
    this.#level = spec.burst
    this.#refilled = spec.burst
    this.#at = now
  }

  get capacity(): number {
    return this.#burst
  }

  get held(): number {
    return this.#reservations.sum
  }

  /** How long it takes to refill from empty, ms; 0 if it never does. */
  get refillMs(): number {
    return this.#perMs > 0 ? this.#burst / this.#perMs : 0
  }

  /** Takes off what was drawn before it was opened, oldest first. */
  restore(draws: readonly { readonly at: number; readonly amount: number }[], now: number): void {
    let level = this.#burst
    let before = draws[0]?.at ?? now
    for (const { at, amount } of draws) {
      level = Math.min(this.#burst, level + Math.max(0, at - before) * this.#perMs) - amount
      before = at
    }
    this.#level = Math.min(this.#burst, level + Math.max(0, now - before) * this.#perMs)
    this.#at = now
  }

  /** Tokens in the bucket; negative in debt. */
  available(now: number): number {
    return Math.min(this.#burst, this.#level + Math.max(0, now - this.#at) * this.#perMs)
  }

  /** Tokens that will be there at a later time if nothing is taken, did the bucket not run over from now on. */
  projected(at: number, now: number): number {
    return this.available(now) + Math.max(0, at - now) * this.#perMs
  }

  fits(amount: number, now: number): boolean {
    return amount <= this.available(now) + slackOf(this.#burst)
  }

  isForeseeable(amount: number): boolean {
    return amount <= this.#burst + slackOf(this.#burst) && (this.#perMs > 0 || amount <= this.#level)
  }

  /** The first whole ms at which the amount fits if nothing else is taken; `now` if it fits; `null`: never. */
  availableAt(amount: number, now: number): number | null {
    if (this.fits(amount, now)) return now
    if (this.#perMs === 0 || !this.isForeseeable(amount)) return null
    // With the slack that `fits` gives: a rounding error must not cost a whole ms.
    const at = Math.ceil(now + (amount - slackOf(this.#burst) - this.available(now)) / this.#perMs)
    // A deficit smaller than the time's own precision must still move time on, or the caller's timer would spin.
    return at > now ? at : Math.floor(now) + 1
  }

  reserve(amount: number, now: number): void {
    this.#refill(now)
    this.#level -= amount
    this.#reserved += amount
    this.#reservations.add(amount)
  }

  draw(amount: number, now: number): number {
    this.#refill(now)
    this.#level -= amount
    this.#spent += amount
    return amount
  }

  settle(amount: number, used: number | undefined, _heldMs: number, now: number): void {
    if (amount === 0) return
    this.#refill(now)
    const consumed = this.usedSoFar(amount, used)
    this.#spent += consumed
    this.#level = Math.min(this.#burst, this.#level + amount - consumed)
    this.#reservations.subtract(amount)
  }

  refusalOf(): null {
    return null
  }

  resize(capacity: number, now: number): void {
    this.#refill(now)
    this.#burst = capacity
    if (this.#ratio !== null) this.#perMs = this.#ratio * capacity
    this.#level = Math.min(this.#level, capacity)
  }

  usage(now: number): ResourceUsage {
    const { pool, resource, form, capacity, held } = this
    return { pool, resource, form, capacity, held, available: this.available(now), spent: this.#spent }
  }

  totals(pending: number, now: number): ResourceTotals {
    this.#refill(now)
    return { capacity: this.#refilled, reserved: this.#reserved, used: this.#spent + pending }
  }

  /** The part of the reservation that was consumed; what was drawn beyond it is spent already. */
  usedSoFar(amount: number, used: number | undefined): number {
    return Math.min(amount, used ?? amount)
  }

  fault(reserved: number): string | null {
    if (!(this.#level <= this.#burst + slackOf(this.#burst)))
      return `${this.#level} tokens are in a bucket of ${this.#burst}`
    return this.#reservations.fault(reserved)
  }

  #refill(now: number): void {
    this.#refilled += Math.max(0, now - this.#at) * this.#perMs
    this.#level = this.available(now)
    this.#at = Math.max(this.#at, now)
  }
}
