import type { FaultKind } from './faults.ts'
import { scenarioOf } from './narrow.ts'
import type { RunReport } from './run-scenario.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

/** How many smaller scenarios are tried at most. */
const mostRuns = 400

function ruleOf(violation: string | undefined): string {
  return violation?.split(':')[0] ?? ''
}

/**
 * Makes a failing seed smaller: leaves out what the same rule is broken without.
 * Source: delta debugging, A. Zeller and R. Hildebrandt, IEEE TSE 2002.
 */
export async function shrink(seed: number, faults: readonly FaultKind[] | null = null): Promise<RunReport> {
  let scenario = scenarioOf(seed, faults)
  let report = await runScenario(scenario)
  const rule = ruleOf(report.violations[0])
  let runs = 0
  const stillFails = async (smaller: Scenario): Promise<boolean> => {
    runs += 1
    const tried = await runScenario(smaller)
    if (!tried.violations.some((violation) => ruleOf(violation) === rule)) return false
    scenario = smaller
    report = tried
    return true
  }
  await stillFails({ ...scenario, stores: [] })
  for (
    let size = Math.ceil(scenario.operations.length / 2);
    size >= 1 && runs < mostRuns;
    size = Math.floor(size / 2)
  ) {
    for (let from = 0; from < scenario.operations.length && runs < mostRuns; ) {
      const operations = scenario.operations.toSpliced(from, size)
      if (!(await stillFails({ ...scenario, operations }))) from += size
    }
  }
  return report
}
