import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { ResourceUsage } from '../../../../src/model/resources.ts'
import type { Resizing } from '../../live/recording.ts'
import type { Sample } from '../../live/samples.ts'
import type { PlotData, PlotLine } from '../../parts/plot.tsx'

export const linesOf: Readonly<Record<ResourceUsage['form'], readonly PlotLine[]>> = {
  reusable: [
    { name: 'Held', colour: '--stage-executing', form: 'area' },
    { name: 'Capacity', colour: '--ink-3', form: 'dashed' },
  ],
  rate: [
    { name: 'Left in the bucket', colour: '--stage-allocating', form: 'area' },
    { name: 'Burst', colour: '--ink-3', form: 'dashed' },
  ],
  budget: [
    { name: 'Spent or reserved', colour: '--stage-retrying', form: 'area' },
    { name: 'Budget', colour: '--ink-3', form: 'dashed' },
  ],
}

function capacityAt(at: number, now: number, resizings: readonly Resizing[]): number {
  return resizings.find((resizing) => resizing.at > at)?.from ?? now
}

/** Points of a plot at most: more cannot be told apart. */
const mostPoints = 600

/** How one resource stood over a span of time that ends at `now`. */
export function plotOf(
  { resource, form, capacity }: ResourceUsage,
  samples: readonly Sample[],
  resizings: readonly Resizing[],
  { from, now }: { readonly from: number; readonly now: number },
): PlotData {
  const own = resizings.filter((resizing) => resizing.resource === resource)
  const shown = samples.filter(({ at }) => at >= from && at <= now)
  const stride = Math.max(1, Math.ceil(shown.length / mostPoints))
  const times: number[] = []
  const values: (number | null)[] = []
  const capacities: (number | null)[] = []
  for (const [index, { at, held, spent, available }] of shown.entries()) {
    if (index % stride !== 0 && index !== shown.length - 1) continue
    times.push(at / 1_000)
    capacities.push(capacityAt(at, capacity, own))
    if (form === 'reusable') values.push(held[resource] ?? 0)
    else if (form === 'budget') values.push((spent[resource] ?? 0) + (held[resource] ?? 0))
    else values.push(available?.[resource] ?? null)
  }
  return [times, values, capacities]
}

export interface Claims {
  readonly holders: readonly TaskRow[]
  readonly waiters: readonly TaskRow[]
}

/** Who holds something of each resource, and who waits for some: the largest first, then who came first. */
export function claimsOf(view: RuntimeView): ReadonlyMap<string, Claims> {
  const claims = new Map<string, { holders: TaskRow[]; waiters: TaskRow[] }>()
  for (const row of view.tasks.values()) {
    if (!row.holds && row.stage !== 'queued') continue
    for (const [resource, amount] of Object.entries(row.demand)) {
      if (amount === 0) continue
      const known = claims.get(resource) ?? { holders: [], waiters: [] }
      claims.set(resource, known)
      known[row.holds ? 'holders' : 'waiters'].push(row)
    }
  }
  for (const [resource, { holders }] of claims)
    holders.sort((one, other) => (other.demand[resource] ?? 0) - (one.demand[resource] ?? 0))
  return claims
}

/** Resources in their pools, in the order of the runtime. */
export function poolsOf(resources: readonly ResourceUsage[]): ReadonlyMap<string, readonly ResourceUsage[]> {
  return Map.groupBy(resources, ({ pool }) => pool)
}

/** A resource as it was at the moment shown: what only the runtime knows of the present is left out of the past. */
export function resourceAt(usage: ResourceUsage, view: RuntimeView, isPast: boolean): ResourceUsage {
  if (!isPast) return usage
  const { resource, form } = usage
  const held = view.held[resource] ?? 0
  const spent = form === 'reusable' ? 0 : (view.spent[resource] ?? 0)
  const capacity = view.resized[resource] ?? usage.capacity
  const available = form === 'reusable' ? capacity - held : form === 'budget' ? capacity - spent - held : Number.NaN
  return { ...usage, held, spent, capacity, available }
}
