import type { RuntimeEvent } from '../../model/events.ts'
import type { Detail, Resources, Row, Stats } from './rows.ts'

/** A length of time in words, short: `420ms`, `3.2s`, `4m10s`, `2h05m`. */
export function lengthOf(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m${two((ms / 1_000) % 60)}s`
  return `${Math.floor(ms / 3_600_000)}h${two((ms / 60_000) % 60)}m`
}

/** Names come from elsewhere: a line stays a line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** The stage, and what it does in it. */
export function stateOf({ stage, activity, held }: Pick<Row, 'stage' | 'activity' | 'held'>): string {
  const inside = stage === 'executing' && activity !== null && activity !== 'running' ? `/${activity}` : ''
  return `${stage}${inside}${held && activity !== 'paused' ? ' (held)' : ''}`
}

/** What there is to say of a task beside its state. */
function noteOn({ failure, question, progress, endedAt }: Row): string {
  if (question) return `asks: ${oneLine(question.prompt)}`
  if (failure) return `${failure.code}: ${oneLine(failure.message)}`
  if (progress && endedAt === null) return `${Math.round(progress.fraction * 100)}% ${oneLine(progress.message)}`.trim()
  return ''
}

export function taskTable(rows: readonly Row[], now: number): string[] {
  const cells = rows.map((row) => [
    row.id,
    oneLine(row.type),
    stateOf(row),
    String(row.priority),
    String(row.attempt),
    lengthOf((row.endedAt ?? now) - row.createdAt),
    noteOn(row).slice(0, 80),
  ])
  return table([['ID', 'TYPE', 'STAGE', 'PRIORITY', 'ATTEMPT', 'AGE', ''], ...cells])
}

/** Of a condition, what is beside its kind. */
function inWords({ kind, ...rest }: Detail['events'][number] | { kind: string }): string {
  const parts = Object.entries(rest).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.length > 0 ? [`${value.length} ${name}`] : []
    return [`${name} ${typeof value === 'string' ? oneLine(value) : JSON.stringify(value)}`]
  })
  return parts.length > 0 ? `${String(kind)}: ${parts.join(', ')}` : String(kind)
}

const eventsShown = 20

export function detailText({ row, children, explanation, events }: Detail, now: number): string[] {
  const lines: string[] = row ? factsOf(row, now) : ['its beginning is not kept any more']
  if (children.length > 0) lines.push(`children    ${children.join(', ')}`)
  if (explanation) {
    const { conditions, place, expectedStart, timers, leases } = explanation
    for (const condition of conditions) lines.push(`waits for   ${inWords(condition)}`)
    if (place) lines.push(`place       ${place.position} of ${place.of}`)
    if (expectedStart) {
      const { at, basis } = expectedStart
      lines.push(`starts      ${at === null ? 'nobody knows when' : `in ${lengthOf(at - now)}`}: ${basis}`)
    }
    for (const { what, at } of timers) lines.push(`timer       ${what} in ${lengthOf(at - now)}`)
    for (const { id, demand } of leases) lines.push(`holds       ${JSON.stringify(demand)} (${id})`)
  }
  const last = events.slice(-eventsShown)
  lines.push(`events      ${events.length}${events.length > last.length ? `, of which the last ${last.length}` : ''}`)
  for (const { at, type, ...rest } of last) lines.push(`  ${new Date(at).toISOString()}  ${type}${saidBy(rest)}`)
  return lines
}

/** An event on a line. */
export function eventLine({ at, type, ...rest }: RuntimeEvent): string {
  const about = 'taskType' in rest ? `  ${rest.taskId}  ${oneLine(rest.taskType)}` : ''
  return `${new Date(at).toISOString()}${about}  ${type}${saidBy(rest)}`
}

const envelope = new Set(['seq', 'at', 'type', 'taskId', 'taskType', 'kind', 'version', 'principal', 'parentId'])

function saidBy(fields: Record<string, unknown>): string {
  const said = Object.entries(fields).filter(([name]) => !envelope.has(name))
  return said.map(([name, value]) => `  ${name}=${oneLine(JSON.stringify(value) ?? '').slice(0, 120)}`).join('')
}

function factsOf(row: Row, now: number): string[] {
  const lines = [
    `${row.id}  ${oneLine(row.type)}  ${stateOf(row)}`,
    `principal   ${oneLine(row.principal)}`,
    `priority    ${row.priority}`,
    `attempt     ${row.attempt}`,
    `age         ${lengthOf((row.endedAt ?? now) - row.createdAt)}`,
  ]
  const note = noteOn(row)
  if (note !== '') lines.push(`            ${note}`)
  if (row.question) lines.push(`            answer it: taskwright tasks answer ${row.id} <json>`)
  return lines
}

export function statsText({ supervisor, byStage, successRate, errorsByCode, byType }: Stats): string[] {
  const counts = Object.entries(byStage).flatMap(([stage, count]) => (count > 0 ? [`${count} ${stage}`] : []))
  const codes = Object.entries(errorsByCode).map(([code, count]) => `${count} ${code}`)
  const rate = successRate === null ? '' : `, ${(successRate * 100).toFixed(1)}% of those that ended have succeeded`
  const types = Object.entries(byType).map(([type, { completed, failed, cancelled, queueTime, runTime }]) => [
    oneLine(type),
    ...[completed, failed, cancelled].map(String),
    ...[queueTime, runTime].flatMap(({ p50Ms, p99Ms }) => [lengthOf(p50Ms), lengthOf(p99Ms)]),
  ])
  const head = ['TYPE', 'COMPLETED', 'FAILED', 'CANCELLED', 'QUEUED p50', 'p99', 'RAN p50', 'p99']
  return [
    `${supervisor}: ${counts.join(', ') || 'no tasks'}${rate}`,
    ...(codes.length > 0 ? [`failures: ${codes.join(', ')}`] : []),
    ...(types.length > 0 ? table([head, ...types]) : []),
  ]
}

export function resourceText(resources: Resources): string[] {
  if (resources.length === 0) return []
  const rows = resources.map(({ pool, resource, capacity, held, available }) => [
    `${oneLine(pool)}/${oneLine(resource)}`,
    ...[capacity, held, available].map((amount) => String(Number(amount.toPrecision(6)))),
  ])
  return table([['RESOURCE', 'CAPACITY', 'HELD', 'AVAILABLE'], ...rows])
}
