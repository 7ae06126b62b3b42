import { refuse } from '../model/errors.ts'
import type { Pools, ResourceSpec } from '../model/resources.ts'
import { BudgetMeter } from './budget-meter.ts'
import type { Meter } from './meter.ts'
import { ReusableMeter } from './reusable-meter.ts'
import { TokenBucket } from './token-bucket.ts'

/**
 * The books of all resources, in the order of the pools.
 * @throws RefusedError `OPTIONS_INVALID` for a resource in two pools, or a spec that is no finite amount
 */
export function openMeters(pools: Pools, now: number): Meter[] {
  const meters = new Map<string, Meter>()
  const problems: string[] = []
  for (const [pool, resources] of Object.entries(pools)) {
    for (const [resource, spec] of Object.entries(resources)) {
      const other = meters.get(resource)
      if (other) problems.push(`${resource}: is in the pools ${other.pool} and ${pool}; a resource belongs to one pool`)
      const fault = faultOf(spec)
      if (fault !== null) problems.push(`${pool}.${resource}: ${fault}`)
      meters.set(resource, toMeter(pool, resource, spec, now))
    }
  }
  if (problems.length > 0) throw refuse('OPTIONS_INVALID', 'the pools cannot be used', problems)
  return [...meters.values()]
}

function faultOf(spec: ResourceSpec): string | null {
  const { form, ...numbers } = spec
  const wrong = Object.entries(numbers).filter(([, value]) => !(Number.isFinite(value) && value >= 0))
  if (wrong.length > 0) return `${wrong.map(([name, value]) => `${name} ${value}`).join(', ')} is not an amount`
  return form === 'rate' && spec.perMs <= 0 ? 'a rate needs a time of more than 0 ms to refill in' : null
}

function toMeter(pool: string, resource: string, spec: ResourceSpec, now: number): Meter {
  switch (spec.form) {
    case 'reusable':
      return new ReusableMeter(pool, resource, spec, now)
    case 'rate':
      return new TokenBucket(pool, resource, spec, now)
    case 'budget':
      return new BudgetMeter(pool, resource, spec)
  }
}
