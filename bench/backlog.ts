import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'
import { median } from './median.ts'

export interface BacklogRow {
  readonly waiting: number
  readonly demands: 'alike' | 'different'
  readonly microsPerTask: number
}

const concurrency = 32
const measured = 5_000

const blocker = defineTask({
  type: 'blocker',
  kind: 'control',
  input: z.null(),
  run: (task) => new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason))),
})

const noop = defineTask({
  type: 'noop',
  kind: 'processing',
  input: z.number(),
  output: z.number(),
  run: async (_, n) => n,
})

/** Microseconds a task, submit to result, of `measured` tasks that go ahead of `waiting` others. */
async function costWith(waiting: number, different: boolean): Promise<number> {
  const pools = { default: { slots: concurrency, gate: 1, memory: 1e9 } }
  const runtime = await createRuntime({ tasks: [noop, blocker], pools, queueLimit: 1_000_000 })
  await runtime.submit(blocker, null, { demand: { gate: 1 }, priority: 'critical' })
  for (let index = 0; index < waiting; index++) {
    const demand = different ? { slots: 1, gate: 1, memory: index + 1 } : { slots: 1, gate: 1 }
    await runtime.submit(noop, index, { demand, priority: 'background' })
  }
  const live = async (_: unknown, index: number) =>
    (await runtime.submit(noop, index, { demand: { slots: 1 }, priority: 'high' })).result()
  await Promise.all(Array.from({ length: measured }, live))
  globalThis.gc?.()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: measured }, live))
  const micros = ((performance.now() - startedAt) / measured) * 1_000
  await runtime.stop({ grace: 0 })
  return micros
}

/** How the cost of a task grows with what waits beside it. */
export async function measureBacklog(sizes: readonly number[], rounds: number): Promise<BacklogRow[]> {
  const rows: BacklogRow[] = []
  for (const demands of ['alike', 'different'] as const) {
    for (const waiting of sizes) {
      const costs: number[] = []
      for (let round = 0; round < rounds; round++) costs.push(await costWith(waiting, demands === 'different'))
      rows.push({ waiting, demands, microsPerTask: Number(median(costs).toFixed(1)) })
    }
  }
  return rows
}
