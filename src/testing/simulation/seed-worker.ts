import { parentPort } from 'node:worker_threads'
import type { FaultKind } from './faults.ts'
import type { SeedReport } from './run-seed.ts'
import { runSeed } from './run-seed.ts'

/** Seeds from `from` up to, and without, `to`. */
export interface SeedBatch {
  readonly from: number
  readonly to: number
  readonly faults: readonly FaultKind[] | null
}

export type WorkerAnswer = { readonly type: 'seed'; readonly report: SeedReport } | { readonly type: 'done' }

// Faults are errors by the thousand, and nobody reads their stacks.
Error.stackTraceLimit = 0

async function run({ from, to, faults }: SeedBatch): Promise<void> {
  for (let seed = from; seed < to; seed += 1) {
    const report = await runSeed(seed, faults)
    parentPort?.postMessage({ type: 'seed', report } satisfies WorkerAnswer)
  }
  parentPort?.postMessage({ type: 'done' } satisfies WorkerAnswer)
}

parentPort?.on('message', (batch: SeedBatch) => void run(batch))
