import type { RetryPolicy } from '../model/definition.ts'
import type { Random } from '../model/environment.ts'

/** How long to wait after failed attempt number `attempt` (from 1), in ms. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random): number {
  // Zero stays zero, also where the factor has grown to infinity.
  if (policy.backoffMs === 0) return 0
  const full = Math.min(policy.backoffMs * policy.factor ** (attempt - 1), policy.maxBackoffMs)
  return policy.jitter ? full * random.next() : full
}
