import type { Principal } from '../model/principal.ts'
import type { Quotas, QuotasOf } from '../model/quotas.ts'
import { noQuotas, readQuotas } from '../model/quotas.ts'
import type { Demand } from '../model/resources.ts'
import type { DemandVector } from './demand-vector.ts'
import { eachAmount } from './demand-vector.ts'
import type { Ledger } from './ledger.ts'
import { slackOf } from './meter.ts'

const dayMs = 86_400_000

const keptQuotas = 1_000

/** What is read of a principal's account. */
interface Holder {
  readonly principal: Principal
  heldOf(index: number): number
}

/** A quota in the way of a task. `day`: of what may be spent today, else of what may be held. */
export interface ReachedQuota {
  readonly resource: string
  readonly isDaily: boolean
  readonly limit: number
  /** Held, or spent today. */
  readonly taken: number
}

/** Who may have how much, and what each has spent of budgets today (UTC). `now` in ms since the epoch. */
export class QuotaBook {
  readonly #quotasOf: QuotasOf
  readonly #ledger: Ledger
  readonly #read = new Map<string, { readonly principal: Principal; readonly quotas: Quotas }>()
  readonly #spent = new Map<string, Map<string, number>>()
  #day = 0

  constructor(quotasOf: QuotasOf, ledger: Ledger) {
    this.#quotasOf = quotasOf
    this.#ledger = ledger
  }

  /** @throws RefusedError `OPTIONS_INVALID` if the host's answer is none; `POOL_UNKNOWN` */
  check(principal: Principal): Quotas {
    const quotas = readQuotas(this.#quotasOf, principal)
    this.#ledger.compile({ ...quotas.held, ...quotas.perDay })
    return quotas
  }

  /** Without an answer that can be used there are none: nothing new is taken on then, and what was goes on. */
  of(principal: Principal): Quotas {
    const known = this.#read.get(principal.id)
    if (known?.principal === principal) return known.quotas
    let quotas = noQuotas
    try {
      quotas = this.check(principal)
    } catch {
      // The door has said so to who submits.
    }
    if (this.#read.size >= keptQuotas) this.#read.clear()
    this.#read.set(principal.id, { principal, quotas })
    return quotas
  }

  /** What a demand alone is over; empty: it can be granted some time. */
  unfit(principal: Principal, { demand }: DemandVector): string[] {
    const { held, perDay } = this.of(principal)
    const over = (limits: Demand, name: string) =>
      Object.entries(limits).flatMap(([resource, limit]) => {
        const asked = demand[resource] ?? 0
        return asked > limit + slackOf(limit) ? [`quota ${name} of ${resource}: ${asked} asked, ${limit} allowed`] : []
      })
    return [...over(held, 'held'), ...over(perDay, 'perDay')]
  }

  /** The first quota that is in the way now; `null`: none is. */
  reached(holder: Holder, vector: DemandVector, now: number): ReachedQuota | null {
    const { held, perDay } = this.of(holder.principal)
    let reached: ReachedQuota | null = null
    eachAmount(vector, (index, amount) => {
      if (reached !== null) return
      const { resource } = this.#ledger.meter(index)
      const limit = held[resource]
      const taken = holder.heldOf(index)
      if (limit !== undefined && taken + amount > limit + slackOf(limit))
        reached = { resource, isDaily: false, limit, taken }
      else reached = this.#overToday(holder.principal.id, resource, perDay[resource], amount, now)
    })
    return reached
  }

  /** What would be over the day's quota if that much more of a budget were spent; `null`: it may be. */
  spendingOver(principal: Principal, resource: string, more: number, now: number): ReachedQuota | null {
    return this.#overToday(principal.id, resource, this.of(principal).perDay[resource], more, now)
  }

  /** Counts what was reserved, or used beyond that, as spent today; negative: it comes back. */
  spend(principalId: string, resource: string, amount: number, now: number): void {
    if (amount === 0 || !this.#ledger.budgets.has(resource)) return
    this.turn(now)
    let spent = this.#spent.get(principalId)
    if (!spent) {
      spent = new Map()
      this.#spent.set(principalId, spent)
    }
    spent.set(resource, Math.max(0, (spent.get(resource) ?? 0) + amount))
  }

  /** @returns whether another day has begun: what waited for that may go on */
  turn(now: number): boolean {
    const day = dayOf(now)
    if (day === this.#day) return false
    this.#day = day
    this.#spent.clear()
    return true
  }

  nextDayAt(now: number): number {
    return (dayOf(now) + 1) * dayMs
  }

  #overToday(
    principalId: string,
    resource: string,
    limit: number | undefined,
    more: number,
    now: number,
  ): ReachedQuota | null {
    if (limit === undefined || !this.#ledger.budgets.has(resource)) return null
    const taken = this.#day === dayOf(now) ? (this.#spent.get(principalId)?.get(resource) ?? 0) : 0
    return taken + more > limit + slackOf(limit) ? { resource, isDaily: true, limit, taken } : null
  }
}

/** Days since the epoch. */
export function dayOf(now: number): number {
  return Math.floor(now / dayMs)
}
