import type { Findings } from './findings.ts'
import { bytes, count, duration, number, percent, printable } from './format.ts'
import type { OutcomeCounts, RunFacts } from './run-facts.ts'

/** What `--json` prints. */
export interface Summary {
  readonly tasks: OutcomeCounts
  /** What had been written was taken back, or nothing had been written. */
  readonly rolledBack: boolean
  readonly durationMs: number
  /** Path of the published page, or `null`. */
  readonly report: string | null
}

type Row = readonly string[]

/** Columns as wide as they must be: the first to the left, figures to the right. */
function align(rows: readonly Row[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  )
}

function runLines({ tasks, types, resources, agents, durationMs, slots }: RunFacts): string[] {
  const figures = types.map(
    ({ type, completed, failed, cancelled, rejected, queueTime, runTime }): Row => [
      type,
      number(completed),
      number(failed + cancelled + rejected),
      ...[queueTime.p50Ms, queueTime.p90Ms].map((ms) => (queueTime.count === 0 ? '–' : duration(ms))),
      ...[runTime.p50Ms, runTime.p90Ms, runTime.maxMs].map((ms) => (runTime.count === 0 ? '–' : duration(ms))),
    ],
  )
  return [
    `Tasks: ${tasks.completed} completed, ${tasks.failed} failed, ${tasks.cancelled} cancelled, ${tasks.rejected} rejected, in ${duration(durationMs)} on ${count(slots, 'slot')}`,
    `Agents: ${agents.map(({ agent, tasks: of }) => `${agent} ${of}`).join(', ')}`,
    '',
    ...align([['Type', 'done', 'other', 'queue p50', 'p90', 'run p50', 'p90', 'max'], ...figures]),
    '',
    ...align([
      ['Resource', 'reserved', 'of that, used'],
      ...resources.map(
        ({ pool, resource, reservedOfCapacity, usedOfReserved }): Row => [
          `${pool}/${resource}`,
          reservedOfCapacity === null ? '–' : percent(reservedOfCapacity),
          usedOfReserved === null ? '–' : percent(usedOfReserved),
        ],
      ),
    ]),
  ]
}

function findingLines({ overview, complexity, secrets, licences, duplicates, skipped, largest }: Findings): string[] {
  const [worst] = complexity.functions
  const [biggest] = largest
  const classes = Map.groupBy(licences.packages, (found) => found.class)
  const share = duplicates.lines === 0 ? 0 : duplicates.duplicatedLines / duplicates.lines
  return [
    `Files       ${number(overview.files)} in ${count(overview.folders, 'folder')}, ${bytes(overview.bytes)}, ${count(overview.lines, 'line')}; ${number(skipped.length)} left out`,
    `Largest     ${biggest ? `${printable(biggest.name)} (${bytes(biggest.bytes)})` : 'none'}`,
    `Complexity  ${count(complexity.counted, 'function')}${worst ? `, the most complex ${printable(worst.name)} at ${printable(worst.file)}:${worst.line} with ${worst.complexity}` : ''}; ${count(complexity.unparsable.length, 'file')} not parsed`,
    `Licences    ${count(licences.packages.length, 'package')}${[...classes].map(([of, packages]) => `, ${packages.length} ${of}`).join('')}`,
    `Secrets     ${secrets.length === 0 ? 'none found' : `${number(secrets.length)} possible`}`,
    `Duplicates  ${number(duplicates.found)} groups, ${percent(share)} of the lines of code`,
  ].map((line) => `  ${line}`)
}

/** The summary for people. */
export function renderSummary(summary: Summary, run: RunFacts, findings: Findings | null, fate: string): string {
  return [
    ...(findings ? ['Findings', ...findingLines(findings), ''] : []),
    ...runLines({ ...run, durationMs: summary.durationMs }),
    '',
    fate,
  ].join('\n')
}
