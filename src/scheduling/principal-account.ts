import type { Principal } from '../model/principal.ts'
import type { DemandVector } from './demand-vector.ts'
import { eachAmount } from './demand-vector.ts'
import type { Ledger } from './ledger.ts'
import { Reservations } from './meter.ts'
import type { PrincipalStanding } from './policies/share.ts'

/** Shares are rounded to this grain, so that sums of floats in another order are still equal shares. */
const grain = 1e-9

function rounded(share: number): number {
  return Math.round(share / grain) * grain
}

/** What one principal waits for, holds and has had. */
export class PrincipalAccount implements PrincipalStanding {
  principal: Principal
  waiting = 0
  running = 0
  weightedShare = 0
  service = 0
  readonly #held = new Map<number, Reservations>()
  readonly #ledger: Ledger
  /** How many tasks may hold resources at a time; `null`: as many as there is room for. */
  readonly runningLimit: number | null

  constructor(principal: Principal, ledger: Ledger, runningLimit: number | null) {
    this.principal = principal
    this.runningLimit = runningLimit
    this.#ledger = ledger
  }

  /** Charges `ms` of holding `vector`; negative: gives back what was charged too much. */
  charge(vector: DemandVector, ms: number): void {
    let dominant = 0
    eachAmount(vector, (index, amount) => {
      dominant = Math.max(dominant, this.#fractionOf(index, amount))
    })
    this.service += (dominant * ms) / this.principal.weight
  }

  /** An idle principal comes back: what it did not use while idle is no credit. */
  catchUp(virtualTime: number): void {
    this.service = Math.max(this.service, virtualTime)
  }

  hold(vector: DemandVector): void {
    this.running++
    eachAmount(vector, (index, amount) => {
      let held = this.#held.get(index)
      if (!held) {
        held = new Reservations()
        this.#held.set(index, held)
      }
      held.add(amount)
    })
    this.recompute()
  }

  giveUp(vector: DemandVector): void {
    this.running--
    eachAmount(vector, (index, amount) => this.#held.get(index)?.subtract(amount))
    this.recompute()
  }

  /** What is held of a resource, by its index. */
  heldOf(index: number): number {
    return this.#held.get(index)?.sum ?? 0
  }

  /** Sets the share anew from what is held, what there is and the weight; the service so far stays as it is. */
  recompute(): void {
    let dominant = 0
    for (const [index, { sum }] of this.#held) {
      if (sum > 0) dominant = Math.max(dominant, this.#fractionOf(index, sum))
    }
    this.weightedShare = rounded(dominant / this.principal.weight)
  }

  #fractionOf(index: number, amount: number): number {
    return Math.min(1, amount / this.#ledger.meter(index).capacity)
  }
}
