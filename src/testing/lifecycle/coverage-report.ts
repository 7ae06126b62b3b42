/** What is counted. `pairs`: of a state and an event that can come in it. */
export type CoverageKind = 'states' | 'transitions' | 'guards' | 'pairs'

export interface CoverageItem {
  /** Of which chart: `task` is the life of every task, `handler` the user's machine, or the points of a function. */
  readonly chart: string
  /** Stable over runs; a guard has two items, `… is true` and `… is false`. */
  readonly id: string
  readonly hits: number
  /** Why no path leads there; `null`: one does. */
  readonly unreachable: string | null
}

/** A state of a chart, for a drawing; in document order. */
export interface DrawnState {
  readonly id: string
  readonly label: string
  /** How deep it lies; 0: below the root. */
  readonly depth: number
  readonly isFinal: boolean
}

/** A transition of a chart, for a drawing. */
export interface DrawnTransition {
  readonly id: string
  readonly from: string
  /** Empty: it moves nowhere. */
  readonly to: readonly string[]
  readonly event: string
  readonly guard: string | null
}

/** A chart as it can be drawn: `name` is what coverage items call it. */
export interface DrawnChart {
  readonly name: string
  readonly title: string
  readonly states: readonly DrawnState[]
  readonly transitions: readonly DrawnTransition[]
}

/** What a limit has left out: nothing is dropped in silence. */
export interface CutOff {
  readonly what: string
  readonly count: number
  readonly limit: string
}

/** What the paths of one definition have exercised so far. */
export interface CoverageReport {
  readonly definition: string
  /** Paths in all, those that have run, and those of them that failed. */
  readonly paths: number
  readonly ran: number
  readonly failed: number
  /** Real time that the paths took, planning included. */
  readonly elapsedMs: number
  readonly states: readonly CoverageItem[]
  readonly transitions: readonly CoverageItem[]
  readonly guards: readonly CoverageItem[]
  readonly pairs: readonly CoverageItem[]
  readonly cutOff: readonly CutOff[]
  readonly charts: readonly DrawnChart[]
}

/** What of the thresholds is not met, one sentence each. */
export function thresholdProblems(report: CoverageReport, thresholds: Partial<Record<CoverageKind, number>>): string[] {
  return coverageKinds.flatMap((kind) => {
    const least = thresholds[kind]
    const share = coveredShare(report, kind)
    if (least === undefined || share >= least) return []
    const missed = report[kind].filter(({ hits, unreachable }) => hits === 0 && unreachable === null)
    const some = missed.slice(0, 5).map(({ id }) => id)
    const more = missed.length > some.length ? `, and ${missed.length - some.length} more` : ''
    return [`${share.toFixed(1)} % of the ${kind} are covered, and ${least} % must be: ${some.join('; ')}${more}`]
  })
}

export const coverageKinds: readonly CoverageKind[] = ['states', 'transitions', 'guards', 'pairs']

/** How much of what can be reached was exercised, in percent; 100 if nothing can. */
export function coveredShare(report: CoverageReport, kind: CoverageKind): number {
  const reachable = report[kind].filter(({ unreachable }) => unreachable === null)
  if (reachable.length === 0) return 100
  return (100 * reachable.filter(({ hits }) => hits > 0).length) / reachable.length
}
