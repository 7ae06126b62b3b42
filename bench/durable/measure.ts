import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { median } from '../median.ts'
import { withCleanup } from './cleanup.ts'
import type { DurableContestant } from './contestant.ts'
import { MissingServerError } from './server-process.ts'

export interface DurableRow {
  readonly contestant: string
  readonly settings: string
  readonly tasksPerSecond: number
  readonly slowestRound: number
  readonly fastestRound: number
  /** How many times as many tasks ours runs in a second. */
  readonly oursOverTheirs: number
}

export interface LeftOut {
  readonly contestant: string
  readonly reason: string
}

/** A folder under `parent` that is gone when `stack` is disposed of. */
export function temporaryFolder(stack: AsyncDisposableStack, parent: string): string {
  const folder = mkdtempSync(join(parent, 'durable-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** Tasks per second in one round, on servers and files of its own: what another left behind disturbs nobody. */
function rateOf(contestant: DurableContestant, count: number, parent: string): Promise<number> {
  return withCleanup(async (stack) => {
    const run = await contestant.open(temporaryFolder(stack, parent), stack)
    globalThis.gc?.()
    const startedAt = performance.now()
    await run(count)
    return (count / (performance.now() - startedAt)) * 1_000
  })
}

/** Runs everybody once, briefly, to warm up; says who cannot take part. */
export async function warmUp(
  contestants: readonly DurableContestant[],
  count: number,
  parent: string,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = []
  for (const contestant of contestants) {
    try {
      await rateOf(contestant, count, parent)
    } catch (error) {
      if (!(error instanceof MissingServerError)) throw error
      leftOut.push({ contestant: contestant.name, reason: error.message })
    }
  }
  return leftOut
}

/** Medians over rounds in which all take turns; the first contestant is ours. */
export async function measureDurable(
  contestants: readonly DurableContestant[],
  options: { readonly tasks: number; readonly rounds: number; readonly parent: string },
): Promise<DurableRow[]> {
  const rates = contestants.map((contestant) => ({ contestant, rounds: Array.of<number>() }))
  for (let round = 0; round < options.rounds; round++) {
    for (const { contestant, rounds } of rates) rounds.push(await rateOf(contestant, options.tasks, options.parent))
  }
  const ours = median(rates[0]?.rounds ?? [])
  return rates.map(({ contestant, rounds }) => ({
    contestant: contestant.name,
    settings: contestant.settings,
    tasksPerSecond: Math.round(median(rounds)),
    slowestRound: Math.round(Math.min(...rounds)),
    fastestRound: Math.round(Math.max(...rounds)),
    oursOverTheirs: Number((ours / median(rounds)).toFixed(2)),
  }))
}
