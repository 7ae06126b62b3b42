/** What the bound is about, all in the same unit of time. */
export interface ListSchedule {
  readonly makespan: number
  readonly criticalPath: number
  readonly work: number
  readonly places: number
}

/** How far a real run may be off: each of so many tasks may end this much late, and a path has at most `depth` of them. */
export interface Granularity {
  readonly late: number
  readonly tasks: number
  readonly depth: number
}

export const exactTime: Granularity = { late: 0, tasks: 0, depth: 0 }

/**
 * A greedy schedule of one-place tasks on m places takes at least max(criticalPath, work/m), and at most
 * work/m + (1 − 1/m) · criticalPath. Returns the broken sides, one sentence each; a millionth is float tolerance.
 * Source: R. L. Graham, "Bounds for certain multiprocessing anomalies", Bell System Technical Journal 45 (1966).
 */
export function checkGrahamBound({ makespan, criticalPath, work, places }: ListSchedule, slack = exactTime): string[] {
  const { late, tasks, depth } = slack
  const upper = (path: number, total: number): number => total / places + (1 - 1 / places) * path
  const least = Math.max(criticalPath, work / places)
  const most = upper(criticalPath + depth * late, work + tasks * late)
  const tolerance = 1e-6 * Math.max(1, most)
  const problems: string[] = []
  if (makespan < least - tolerance) {
    problems.push(`the makespan ${makespan} s is below max(criticalPath, work/m) = ${least} s: work was lost`)
  }
  if (makespan > most + tolerance) {
    problems.push(
      `the makespan ${makespan} s is above work/m + (1 − 1/m)·criticalPath = ${most} s: places were left idle`,
    )
  }
  return problems
}
