import type { Principal } from '../../model/principal.ts'

/** How a principal with waiting tasks stands against the others. Only changes with its own grants and releases. */
export interface PrincipalStanding {
  readonly principal: Principal
  /** The largest fraction of any one resource that its leases hold now, divided by its weight. */
  readonly weightedShare: number
  /**
   * What it has had: for each grant its dominant share times the ms that it holds it, divided by the weight, in ms of
   * holding everything at weight 1. Charged at the grant with the mean held time, set right at the release.
   */
  readonly service: number
}

/**
 * Which principal's turn it is: negative if `first` goes before `second`, positive if after, 0 if the order of their
 * tasks decides. Must be a consistent order.
 */
export type SharePolicy = (first: PrincipalStanding, second: PrincipalStanding) => number

/**
 * Weighted dominant-resource fairness over time: the principal that had the least service goes next, then the one that
 * holds the smallest weighted dominant share now, then the order of the tasks. Since a grant is charged at once, many
 * slots that come free together are shared out by weight; and since service adds up, shares keep to the weights on few
 * slots too. A principal that was idle has no credit from it.
 *
 * Sources: A. Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, and "Multi-Resource Fair Queueing for Packet
 * Processing", SIGCOMM 2012; P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queueing", SIGCOMM 1996.
 */
export function dominantResourceFairness(): SharePolicy {
  return (first, second) => first.service - second.service || first.weightedShare - second.weightedShare
}

/** No shares: the order of the tasks decides over all principals. */
export function noShare(): SharePolicy {
  return () => 0
}
