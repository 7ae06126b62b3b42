import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'

export type Grouping = 'agent' | 'type' | 'flow'

/** Tasks that are drawn beside each other: those of a lane one after the other, lanes below each other. */
export interface LaneGroup {
  readonly name: string
  /** The flow's own task; `null`: the group is no flow. */
  readonly flow: string | null
  readonly tasks: number
  readonly lanes: readonly Lane[]
}

export interface Lane {
  readonly rows: readonly TaskRow[]
  /** How far below the flow's own task. */
  readonly depth: number
}

interface Place {
  readonly group: string
  readonly lane: number
}

interface Book {
  readonly places: Map<string, Place>
  /** By group: the last task in each lane. */
  readonly lanes: Map<string, TaskRow[]>
}

/** Tasks that are no member of a flow. */
const noFlow = 'No flow'

/**
 * Which lane each task has, for as long as the page is open: bars must not jump. A task gets the first lane whose last
 * task has ended before it came. Tasks are met in the order of their creation, each once.
 */
export class LaneBook {
  readonly #books: Record<'agent' | 'type' | 'single', Book> = { agent: book(), type: book(), single: book() }

  place(row: TaskRow, by: 'agent' | 'type' | 'single'): Place {
    const { places, lanes } = this.#books[by]
    const known = places.get(row.id)
    if (known) return known
    const group = by === 'agent' ? row.principal : by === 'type' ? row.type : noFlow
    const last = lanes.get(group) ?? []
    lanes.set(group, last)
    const free = last.findIndex(({ endedAt }) => endedAt !== null && endedAt <= row.createdAt)
    const lane = free < 0 ? last.length : free
    last[lane] = row
    const place = { group, lane }
    places.set(row.id, place)
    return place
  }
}

function book(): Book {
  return { places: new Map(), lanes: new Map() }
}

function isIn(row: TaskRow, from: number, to: number): boolean {
  return row.createdAt <= to && (row.endedAt ?? Number.POSITIVE_INFINITY) >= from
}

function packed(rows: Iterable<TaskRow>, by: 'agent' | 'type' | 'single', lanes: LaneBook, from: number, to: number) {
  const groups = new Map<string, TaskRow[][]>()
  for (const row of rows) {
    const { group, lane } = lanes.place(row, by)
    if (!isIn(row, from, to)) continue
    const own = groups.get(group) ?? []
    groups.set(group, own)
    const line = own[lane] ?? []
    own[lane] = line
    line.push(row)
  }
  return [...groups].map(([name, lines]): LaneGroup => {
    const used = Object.values(lines)
    const tasks = used.reduce((sum, line) => sum + line.length, 0)
    return { name, flow: null, tasks, lanes: used.map((line) => ({ rows: line, depth: 0 })) }
  })
}

/** Members by the task that submitted them, in the order of their creation. */
export function membersOf(rows: Iterable<TaskRow>): ReadonlyMap<string, readonly TaskRow[]> {
  const members = new Map<string, TaskRow[]>()
  for (const row of rows) {
    if (row.parentId === null) continue
    const known = members.get(row.parentId)
    if (known) known.push(row)
    else members.set(row.parentId, [row])
  }
  return members
}

function flowLanes(row: TaskRow, members: ReadonlyMap<string, readonly TaskRow[]>, depth: number): Lane[] {
  const inner = (members.get(row.id) ?? []).flatMap((member) => flowLanes(member, members, depth + 1))
  return [{ rows: [row], depth }, ...inner]
}

function flows(rows: ReadonlyMap<string, TaskRow>, lanes: LaneBook, from: number, to: number): LaneGroup[] {
  const members = membersOf(rows.values())
  const groups: LaneGroup[] = []
  const single: TaskRow[] = []
  for (const row of rows.values()) {
    if (row.parentId !== null && rows.has(row.parentId)) continue
    if (!members.has(row.id)) single.push(row)
    else if (isIn(row, from, to)) {
      const own = flowLanes(row, members, 0)
      groups.push({ name: row.type, flow: row.id, tasks: own.length, lanes: own })
    }
  }
  // The newest flow is the one that somebody looks for.
  return [...groups.reverse(), ...packed(single, 'single', lanes, from, to)]
}

/** What is drawn between two moments, ms since the epoch. */
export function laneGroups(
  rows: ReadonlyMap<string, TaskRow>,
  by: Grouping,
  lanes: LaneBook,
  from: number,
  to: number,
): LaneGroup[] {
  if (by === 'flow') return flows(rows, lanes, from, to)
  return packed(rows.values(), by, lanes, from, to).sort((one, other) => one.name.localeCompare(other.name))
}
