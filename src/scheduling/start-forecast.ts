import type { Demand, ResourceUsage } from '../model/resources.ts'

/** A task as a forecast knows it. `durationMs`: how long it is expected to hold its demand; `null`: nobody knows. */
export interface ForecastTask {
  readonly type: string
  readonly demand: Demand
  readonly durationMs: number | null
  /** How many of its type may run at a time. */
  readonly limit: number | null
}

/** What holds something now. `endsAt` is absolute, ms; `null`: nobody knows. */
export interface ForecastHolder {
  readonly type: string
  readonly demand: Demand
  readonly endsAt: number | null
}

export interface Forecast {
  readonly now: number
  readonly resources: readonly ResourceUsage[]
  readonly running: readonly ForecastHolder[]
  /** Those that go before it, the first first. */
  readonly ahead: readonly ForecastTask[]
  readonly task: ForecastTask
}

/**
 * When a task will start if those ahead of it start in order and everything ends when it is expected to: absolute, ms.
 * `null`: it waits for something that has no expected end. Only what is held and returned is counted; refills of rates are
 * not. Source: list scheduling, R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 1969.
 */
export function forecastStart({ now, resources, running, ahead, task }: Forecast): number | null {
  const free = new Map(
    resources.flatMap(({ resource, form, available }) => (form === 'reusable' ? [[resource, available] as const] : [])),
  )
  const ofType = new Map<string, number>()
  const change = (type: string, demand: Demand, sign: 1 | -1) => {
    for (const [resource, amount] of Object.entries(demand)) {
      const left = free.get(resource)
      if (left !== undefined) free.set(resource, left + sign * amount)
    }
    ofType.set(type, (ofType.get(type) ?? 0) - sign)
  }
  const fits = ({ type, demand, limit }: ForecastTask) =>
    (limit === null || (ofType.get(type) ?? 0) < limit) &&
    Object.entries(demand).every(([resource, amount]) => amount <= (free.get(resource) ?? Number.POSITIVE_INFINITY))

  const ends: ForecastHolder[] = []
  for (const holder of running) {
    ofType.set(holder.type, (ofType.get(holder.type) ?? 0) + 1)
    // One that is late is expected at any moment.
    insert(ends, { ...holder, endsAt: holder.endsAt === null ? null : Math.max(now, holder.endsAt) })
  }
  let at = now
  for (const next of [...ahead, task]) {
    while (!fits(next)) {
      const ended = ends.shift()
      if (!ended || ended.endsAt === null) return null
      at = Math.max(at, ended.endsAt)
      change(ended.type, ended.demand, 1)
    }
    if (next === task) return at
    change(next.type, next.demand, -1)
    insert(ends, { ...next, endsAt: next.durationMs === null ? null : at + next.durationMs })
  }
  return at
}

function endOf({ endsAt }: ForecastHolder): number {
  return endsAt ?? Number.POSITIVE_INFINITY
}

/** By end, the next first. */
function insert(ends: ForecastHolder[], holder: ForecastHolder): void {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = ends[middle]
    if (other && endOf(other) <= endOf(holder)) low = middle + 1
    else high = middle
  }
  ends.splice(low, 0, holder)
}
