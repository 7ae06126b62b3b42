import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { FaultCounts, FaultKind } from './faults.ts'
import { noFaults } from './faults.ts'
import type { SeedReport } from './run-seed.ts'
import type { SeedBatch, WorkerAnswer } from './seed-worker.ts'

export interface SimulationOptions {
  /** How many seeds to run. */
  readonly seeds: number
  /** The first of them. Default 1. */
  readonly firstSeed?: number
  /** Kinds of faults to plant; all if not given. */
  readonly faults?: readonly FaultKind[]
  /** Threads to run on. Default: one a core. */
  readonly workers?: number
  /** Stop at the first violation. */
  readonly untilViolation?: boolean
  readonly signal?: AbortSignal
  readonly onSeed?: (done: number) => void
}

/** A seed that broke a rule, with what it broke. */
export interface FailedSeed {
  readonly seed: number
  readonly violations: readonly string[]
}

export interface SimulationReport {
  readonly seeds: number
  readonly violations: readonly FailedSeed[]
  readonly seedsPerSecond: number
  /** How often each kind of fault was met. */
  readonly faults: FaultCounts
  /** How often each state of the machines, and each kind of record, was met. */
  readonly states: Readonly<Record<string, number>>
}

/** Seeds that a thread is given at a time: many enough to keep it busy, few enough to share them evenly. */
const batchSize = 25

class Tally {
  readonly faults = noFaults()
  readonly states: Record<string, number> = {}
  readonly failed: FailedSeed[] = []
  done = 0

  add({ seed, violations, faults, states }: SeedReport): void {
    this.done += 1
    if (violations.length > 0) this.failed.push({ seed, violations })
    for (const [kind, count] of Object.entries(faults)) addTo(this.faults, kind, count)
    for (const [state, count] of Object.entries(states)) addTo(this.states, state, count)
  }
}

function addTo(sums: Record<string, number>, key: string, amount: number): void {
  sums[key] = (sums[key] ?? 0) + amount
}

/**
 * Runs the real runtime through many seeds, on all cores. A seed is a whole life, drawn by chance and alike each time:
 * tasks, faults, crashes of the process, and at the end a time in peace, in which everything has to end.
 * Source: deterministic simulation, as in FoundationDB and TigerBeetle.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const {
    seeds,
    firstSeed = 1,
    faults = null,
    workers = availableParallelism(),
    signal,
    onSeed,
    untilViolation = false,
  } = options
  const tally = new Tally()
  const beganAt = performance.now()
  let next = firstSeed
  const end = firstSeed + seeds
  const draw = (): SeedBatch | null => {
    if (next >= end || signal?.aborted || (untilViolation && tally.failed.length > 0)) return null
    const batch = { from: next, to: Math.min(end, next + batchSize), faults }
    next = batch.to
    return batch
  }
  const count = Math.max(1, Math.min(workers, Math.ceil(seeds / batchSize)))
  await Promise.all(
    Array.from({ length: count }, () =>
      runThread(draw, (report) => {
        tally.add(report)
        onSeed?.(tally.done)
      }),
    ),
  )
  return {
    seeds: tally.done,
    violations: tally.failed.sort((a, b) => a.seed - b.seed),
    seedsPerSecond: Math.round((tally.done / (performance.now() - beganAt)) * 1e4) / 10,
    faults: tally.faults,
    states: Object.fromEntries(Object.entries(tally.states).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** One thread, from batch to batch. */
function runThread(draw: () => SeedBatch | null, report: (report: SeedReport) => void): Promise<void> {
  const first = draw()
  if (!first) return Promise.resolve()
  const file = import.meta.url.endsWith('.ts') ? './seed-worker.ts' : './seed-worker.js'
  const worker = new Worker(new URL(file, import.meta.url))
  return new Promise<void>((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', () => resolve())
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.type === 'seed') return report(answer.report)
      const batch = draw()
      if (batch) worker.postMessage(batch)
      else void worker.terminate()
    })
    worker.postMessage(first)
  })
}
