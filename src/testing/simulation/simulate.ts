import type { FaultCounts, FaultKind } from './faults.ts'
import type { RunReport } from './run-scenario.ts'
import { runScenario } from './run-scenario.ts'
import { drawScenario } from './scenario.ts'

/** Runs one seed. @param allowed kinds of faults to plant; all if `null` */
export function runSeed(seed: number, allowed: ReadonlySet<FaultKind> | null = null): Promise<RunReport> {
  return runScenario(drawScenario(seed, allowed))
}

export type { FaultCounts, RunReport }
