import type { Principal } from '../../model/principal.ts'

/** How a principal with waiting tasks stands against the others. Only changes with its own grants and releases. */
export interface PrincipalStanding {
  readonly principal: Principal
  /** The largest fraction of any one resource that its leases hold now, divided by its weight. */
  readonly weightedShare: number
  /**
   * Its weighted share integrated over time (ms), on one scale for all principals. Compare it only between principals
   * of equal `weightedShare`: between those the difference is the same at every instant.
   */
  readonly service: number
}

/**
 * Which principal's turn it is: negative if `first` goes before `second`, positive if after, 0 if the order of their
 * tasks decides. Must be a consistent order.
 */
export type SharePolicy = (first: PrincipalStanding, second: PrincipalStanding) => number

/**
 * Weighted dominant-resource fairness: the principal with the smallest weighted dominant share goes next; among
 * equals the one that had the least service, counted as in start-time fair queueing, so that a principal that was
 * idle has no credit from it; then the order of the tasks.
 * With m slots each principal's share is within one slot of its weight's; on one slot service alone decides.
 *
 * Sources: A. Ghodsi et al., "Dominant Resource Fairness", NSDI 2011; P. Goyal, H. Vin, H. Cheng, "Start-time Fair
 * Queueing", SIGCOMM 1996.
 */
export function dominantResourceFairness(): SharePolicy {
  return (first, second) => first.weightedShare - second.weightedShare || first.service - second.service
}

/** No shares: the order of the tasks decides over all principals. */
export function noShare(): SharePolicy {
  return () => 0
}
