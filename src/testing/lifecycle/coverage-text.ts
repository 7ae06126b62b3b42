import type { CoverageReport } from './coverage-report.ts'
import { coverageKinds } from './coverage-report.ts'

/** How many lines of what was not covered are told. */
const toldItems = 10

function table({ states, transitions, guards, pairs }: CoverageReport): string[] {
  const kinds = { states, transitions, guards, pairs }
  const charts = [...new Set(Object.values(kinds).flatMap((items) => items.map(({ chart }) => chart)))]
  return charts.flatMap((chart) =>
    coverageKinds.flatMap((kind) => {
      const items = kinds[kind].filter((item) => item.chart === chart)
      if (items.length === 0) return []
      const reachable = items.filter(({ unreachable }) => unreachable === null)
      const covered = reachable.filter(({ hits }) => hits > 0)
      const share = reachable.length === 0 ? 100 : (100 * covered.length) / reachable.length
      const counts = `${covered.length} of ${reachable.length}`.padStart(12)
      const beyond = items.length - reachable.length
      const rest = beyond > 0 ? `, ${beyond} unreachable` : ''
      return [`  ${chart.padEnd(9)} ${kind.padEnd(12)} ${counts}  ${share.toFixed(1).padStart(5)} %${rest}`]
    }),
  )
}

/** What can be reached and was not, and what cannot be, by reason. */
function rest(report: CoverageReport): string[] {
  const items = coverageKinds.flatMap((kind) => report[kind].map((item) => ({ ...item, kind })))
  const missed = items.filter(({ hits, unreachable }) => hits === 0 && unreachable === null)
  const reasons = new Map<string, number>()
  for (const { unreachable } of items)
    if (unreachable !== null) reasons.set(unreachable, (reasons.get(unreachable) ?? 0) + 1)
  const more = missed.length > toldItems ? [`  and ${missed.length - toldItems} more`] : []
  return [
    ...missed.slice(0, toldItems).map(({ chart, kind, id }) => `  not covered: ${chart} ${kind} ${id}`),
    ...more,
    ...[...reasons].map(([why, count]) => `  unreachable: ${count} because ${why}`),
    ...report.cutOff.map(({ what, count, limit }) => `  cut off: ${count} more ${what}, by ${limit}`),
  ]
}

/** The report as a table for a terminal. */
export function coverageText(report: CoverageReport): string {
  const { definition, paths, ran, failed, elapsedMs } = report
  const failures = failed > 0 ? `, ${failed} failed` : ''
  const head = `${definition}: ${ran} of ${paths} paths walked in ${(elapsedMs / 1000).toFixed(2)} s${failures}`
  return [head, ...table(report), ...rest(report)].join('\n')
}

/** The report as JSON. */
export function coverageJson(report: CoverageReport): string {
  return JSON.stringify(report, null, 2)
}
