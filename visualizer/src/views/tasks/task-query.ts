import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { TaskKind } from '../../../../src/model/kind.ts'
import type { TaskStage } from '../../../../src/model/stage.ts'

/** Stages that are shown and asked for together, by the one that names them. */
export const stageGroups = [
  { name: 'waiting', stages: ['created', 'validating', 'waiting'] },
  { name: 'queued', stages: ['queued', 'allocating'] },
  { name: 'executing', stages: ['executing', 'completing'] },
  { name: 'retrying', stages: ['retrying'] },
  { name: 'rollingBack', stages: ['rollingBack'] },
  { name: 'completed', stages: ['completed'] },
  { name: 'failed', stages: ['failed'] },
  { name: 'cancelled', stages: ['cancelled'] },
  { name: 'rejected', stages: ['rejected'] },
] as const satisfies readonly { name: TaskStage; stages: readonly TaskStage[] }[]

export type StageGroup = (typeof stageGroups)[number]['name']

export const sortColumns = ['stage', 'type', 'kind', 'principal', 'priority', 'age', 'attempt', 'progress'] as const
export type SortColumn = (typeof sortColumns)[number]

/** What the list shows, and in which order. */
export interface TaskQuery {
  /** In lower case; part of the id, type, principal, or what went wrong. */
  readonly text: string
  readonly groups: readonly StageGroup[]
  readonly kind: TaskKind | null
  readonly type: string | null
  readonly principal: string | null
  readonly sort: SortColumn
  readonly isDescending: boolean
}

/** @param kinds all there are */
export function readTaskQuery(filters: Readonly<Record<string, string>>, kinds: readonly TaskKind[]): TaskQuery {
  const { q = '', stage = '', kind, type, principal, sort = 'age' } = filters
  const wanted = stage.split(',')
  const column = sort.replace(/^-/, '')
  return {
    text: q.trim().toLowerCase(),
    groups: stageGroups.flatMap(({ name }) => (wanted.includes(name) ? [name] : [])),
    kind: kinds.find((one) => one === kind) ?? null,
    type: type || null,
    principal: principal || null,
    sort: sortColumns.find((one) => one === column) ?? 'age',
    isDescending: sort.startsWith('-'),
  }
}

export function isNarrowed({ text, groups, kind, type, principal }: TaskQuery): boolean {
  return text !== '' || groups.length > 0 || kind !== null || type !== null || principal !== null
}

function hasText({ id, type, principal, failure }: TaskRow, text: string): boolean {
  return (
    id.includes(text) ||
    type.toLowerCase().includes(text) ||
    principal.toLowerCase().includes(text) ||
    (failure !== null && (failure.message.toLowerCase().includes(text) || failure.code.toLowerCase().includes(text)))
  )
}

const groupOf = new Map<TaskStage, StageGroup>(
  stageGroups.flatMap(({ name, stages }) => stages.map((one) => [one, name])),
)

function matcher({ text, groups, kind, type, principal }: TaskQuery): (row: TaskRow) => boolean {
  const stages = new Set<StageGroup | undefined>(groups)
  return (row) =>
    (stages.size === 0 || stages.has(groupOf.get(row.stage))) &&
    (kind === null || row.kind === kind) &&
    (type === null || row.type === type) &&
    (principal === null || row.principal === principal) &&
    (text === '' || hasText(row, text))
}

const stageOrder = new Map<TaskStage, number>(
  stageGroups.flatMap(({ stages }) => stages).map((one, index) => [one, index]),
)

const by: Readonly<Record<Exclude<SortColumn, 'age'>, (one: TaskRow, other: TaskRow) => number>> = {
  stage: (one, other) => (stageOrder.get(one.stage) ?? 0) - (stageOrder.get(other.stage) ?? 0),
  type: (one, other) => compare(one.type, other.type),
  kind: (one, other) => compare(one.kind, other.kind),
  principal: (one, other) => compare(one.principal, other.principal),
  // The most important first, as in the queue.
  priority: (one, other) => other.priority - one.priority,
  attempt: (one, other) => other.attempt - one.attempt,
  progress: (one, other) => (other.progress?.fraction ?? -1) - (one.progress?.fraction ?? -1),
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** The rows that a query asks for, in its order. Rows come oldest first; by age, the newest go first. */
export function selectRows(rows: Iterable<TaskRow>, query: TaskQuery): TaskRow[] {
  const matches = matcher(query)
  const selected: TaskRow[] = []
  for (const row of rows) if (matches(row)) selected.push(row)
  const { sort, isDescending } = query
  if (sort === 'age') return isDescending ? selected : selected.reverse()
  selected.reverse().sort(by[sort])
  return isDescending ? selected.reverse() : selected
}
