import { describeThrown } from '../../model/errors.ts'
import { fairness } from './fairness.ts'
import type { FaultCounts, FaultKind } from './faults.ts'
import { scenarioOf } from './narrow.ts'
import { runScenario } from './run-scenario.ts'

/** What the run of a seed has shown, small enough to be sent about. */
export interface SeedReport {
  readonly seed: number
  readonly violations: readonly string[]
  readonly faults: FaultCounts
  readonly states: Readonly<Record<string, number>>
}

/** Every so many seeds one is run twice, and one measures shares. */
const everySeeds = 50

function thrownOut(thrown: unknown): string[] {
  return [`R0: the measurement of shares was thrown out: ${describeThrown(thrown)}`]
}

/** Runs one seed. Some are run again, and must leave the same journal; some measure the shares of principals. */
export async function runSeed(seed: number, faults: readonly FaultKind[] | null = null): Promise<SeedReport> {
  const first = await runScenario(scenarioOf(seed, faults))
  const violations = [...first.violations]
  if (seed % everySeeds === 0) {
    const again = await runScenario(scenarioOf(seed, faults))
    if (again.journalHash !== first.journalHash) violations.push('R8: the same seed left another journal')
  }
  if (seed % everySeeds === 1) violations.push(...(await fairness(seed).catch(thrownOut)))
  return { seed, violations, faults: first.faults, states: first.states }
}
