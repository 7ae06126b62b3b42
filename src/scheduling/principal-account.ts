import type { Principal } from '../model/principal.ts'
import type { DemandVector } from './demand-vector.ts'
import { eachAmount } from './demand-vector.ts'
import type { Ledger } from './ledger.ts'
import { Reservations } from './meter.ts'
import type { PrincipalStanding } from './policies/share.ts'

/** Shares are rounded to this grain, so that sums of floats in another order are still equal shares. */
const grain = 1e-9

/** What one principal waits for, holds and has had. */
export class PrincipalAccount implements PrincipalStanding {
  principal: Principal
  waiting = 0
  running = 0
  weightedShare = 0
  service = 0
  readonly #held = new Map<number, Reservations>()
  readonly #ledger: Ledger
  readonly #openedAt: number

  constructor(principal: Principal, ledger: Ledger, openedAt: number) {
    this.principal = principal
    this.#ledger = ledger
    this.#openedAt = openedAt
  }

  /** Normalised service received by `now`, in ms of holding everything there is at weight 1. */
  serviceAt(now: number): number {
    return this.service + this.weightedShare * (now - this.#openedAt)
  }

  /** An idle principal comes back: what it did not use while idle is no credit. */
  catchUp(virtualTime: number, now: number): void {
    this.service += Math.max(0, virtualTime - this.serviceAt(now))
  }

  hold(vector: DemandVector, now: number): void {
    this.running++
    eachAmount(vector, (index, amount) => {
      let held = this.#held.get(index)
      if (!held) {
        held = new Reservations()
        this.#held.set(index, held)
      }
      held.add(amount)
    })
    this.recompute(now)
  }

  giveUp(vector: DemandVector, now: number): void {
    this.running--
    eachAmount(vector, (index, amount) => this.#held.get(index)?.subtract(amount))
    this.recompute(now)
  }

  /** Sets the share anew from what is held, what there is and the weight; the service so far stays as it is. */
  recompute(now: number): void {
    const service = this.serviceAt(now)
    let dominant = 0
    for (const [index, { sum }] of this.#held) {
      if (sum > 0) dominant = Math.max(dominant, Math.min(1, sum / this.#ledger.meter(index).capacity))
    }
    this.weightedShare = Math.round(dominant / this.principal.weight / grain) * grain
    this.service = service - this.weightedShare * (now - this.#openedAt)
  }
}
