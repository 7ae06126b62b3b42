import { contestants } from './contestants.ts'
import { median } from './median.ts'

export interface ThroughputRow {
  readonly name: string
  readonly tasksPerSecond: number
  /** Of ours: how many times as many tasks it runs in a second. */
  readonly timesOurs: number
}

/** Tasks per second of each contestant: medians over rounds in which all take turns, after one round to warm up. */
export async function measureThroughput(count: number, concurrency: number, rounds: number): Promise<ThroughputRow[]> {
  const rates = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contestants) {
      globalThis.gc?.()
      const startedAt = performance.now()
      await run(count, concurrency)
      const rate = (count / (performance.now() - startedAt)) * 1_000
      if (round > 0) rates.get(name)?.push(rate)
    }
  }
  const ours = median(rates.get('taskwright') ?? [])
  return [...rates].map(([name, all]) => ({
    name,
    tasksPerSecond: Math.round(median(all)),
    timesOurs: Number((median(all) / ours).toFixed(2)),
  }))
}
