import { join } from 'node:path'
import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'
import type { DurableContestant } from './contestant.ts'
import { concurrency } from './contestant.ts'

const noop = defineTask({
  type: 'noop',
  kind: 'processing',
  input: z.number(),
  output: z.number(),
  run: async (_, input) => input,
})

/** Opening and closing the store are measured too: what `stop` still has to write belongs to the outcomes. */
async function runOn(store: 'memory' | `file:${string}`, count: number): Promise<void> {
  const runtime = await createRuntime({
    tasks: [noop],
    pools: { default: { slots: concurrency } },
    // As the others: outcomes are kept.
    retain: 1_000_000,
    queueLimit: 1_000_000,
    store,
  })
  const inputs = Array.from({ length: count }, (_, index) => index)
  const handles = await Promise.all(inputs.map((input) => runtime.submit(noop, input)))
  await Promise.all(handles.map((handle) => handle.result()))
  await runtime.stop()
}

export type StoreKind = 'file' | 'memory'

export function taskwright(kind: StoreKind): DurableContestant {
  return {
    name: kind === 'file' ? 'taskwright' : 'taskwright (memory store: NOT durable)',
    settings: `store: '${kind === 'file' ? 'file:…' : 'memory'}'`,
    open: async (folder) => (count) => runOn(kind === 'file' ? `file:${join(folder, 'tasks.db')}` : 'memory', count),
  }
}
