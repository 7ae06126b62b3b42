import type { RuntimeView } from '../../inspector/view/runtime-view.ts'
import type { TaskRow } from '../../inspector/view/task-row.ts'
import type { ResourceUsage } from '../../model/resources.ts'
import { lengthOf, oneLine, stateOf, table } from './text.ts'

export interface Watched {
  readonly place: string
  readonly view: RuntimeView
  readonly resources: readonly ResourceUsage[]
  /** Time of the runtime, ms since the epoch. */
  readonly now: number
  /** The inspector does not answer at present. */
  readonly lost: string | null
}

const stages = [
  'waiting',
  'queued',
  'executing',
  'retrying',
  'rollingBack',
  'completed',
  'failed',
  'cancelled',
] as const

const barWidth = 20

function bar({ capacity, held }: ResourceUsage): string {
  const share = capacity > 0 ? Math.min(1, held / capacity) : 0
  const full = Math.round(share * barWidth)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`
}

const round = (amount: number): string => String(Number(amount.toPrecision(4)))

/** What somebody may want to look at first: questions, then what is under way, then what ended last. */
function urgency({ question, stage, endedAt }: TaskRow): number {
  if (question) return 0
  if (stage === 'rollingBack' || stage === 'retrying') return 1
  if (endedAt === null && stage !== 'queued' && stage !== 'waiting') return 2
  return endedAt === null ? 3 : 4
}

function compare(one: TaskRow, other: TaskRow): number {
  return urgency(one) - urgency(other) || (other.endedAt ?? 0) - (one.endedAt ?? 0) || one.createdAt - other.createdAt
}

function lineOf(row: TaskRow, now: number): string[] {
  const { id, type, progress, failure, question, endedAt, createdAt } = row
  const percent = progress && endedAt === null ? `${Math.round(progress.fraction * 100)}% ${progress.message}` : ''
  const note = question ? `asks: ${question.prompt}` : failure ? `${failure.code}: ${failure.message}` : percent
  return [id, oneLine(type), stateOf(row), lengthOf((endedAt ?? now) - createdAt), oneLine(note)]
}

/** The view as lines, no more than `rows` of them. */
export function watchLines({ place, view, resources, now, lost }: Watched, rows: number): string[] {
  const { byStage, supervisor, pausedTypes, tasks, alerts } = view
  const counts = stages.flatMap((stage) => (byStage[stage] > 0 ? [`${byStage[stage]} ${stage}`] : []))
  const head = [
    `taskwright  ${place}  ${lost ?? supervisor}  ${new Date(now).toISOString().slice(11, 19)}`,
    counts.join('  ') || 'no tasks yet',
    ...(pausedTypes.length > 0 ? [`paused types: ${pausedTypes.join(', ')}`] : []),
    ...resources.map((usage) => `${bar(usage)}  ${round(usage.held)} of ${round(usage.capacity)} ${usage.resource}`),
    ...alerts.slice(-2).map(({ code, message }) => `! ${code}: ${oneLine(message)}`),
    '',
  ]
  const room = Math.max(0, rows - head.length - 1)
  const first = [...tasks.values()].sort(compare).slice(0, room)
  return [...head, ...table(first.map((row) => lineOf(row, now)))].slice(0, Math.max(1, rows - 1))
}
