import type { Demand, Lease } from '../model/resources.ts'
import type { DemandVector } from './demand-vector.ts'

export interface GrantRequest {
  readonly id: string
  readonly taskId: string
  readonly epoch: number
  readonly vector: DemandVector
  /** Absolute time in ms, or `null`: held until released. */
  readonly expiresAt: number | null
}

/** A resource of which a lease reported more than it reserved; for a reusable one, `used` is the highest report. */
export interface Overrun {
  readonly resource: string
  readonly reserved: number
  readonly used: number
}

/**
 * What became of a usage report. `overruns` are the resources that went past the reservation with this report, `drawn`
 * what it took of rates and budgets beyond it.
 * Stale: the lease is unknown or of another epoch, and nothing was booked. Not ok: the budget could not give the
 * `asked` beyond the reservation; the `available` rest was spent.
 */
export type UseResult =
  | { readonly ok: true; readonly isStale: boolean; readonly overruns: readonly Overrun[]; readonly drawn: Demand }
  | {
      readonly ok: false
      readonly resource: string
      readonly asked: number
      readonly available: number
      readonly overruns: readonly Overrun[]
      readonly drawn: Demand
    }

/** A returned lease. `used` has every resource reserved or reported; without a report the reservation counts as used. */
export interface ReleasedLease {
  readonly lease: Lease
  readonly used: Demand
}
