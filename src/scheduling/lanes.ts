import { InvariantError } from '../model/errors.ts'
import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { PrincipalAccount } from './principal-account.ts'
import type { ReadyTask } from './ready-task.ts'

/** A task in the queue, with its key. */
export interface Waiting extends HeapNode {
  task: ReadyTask
  key: number
  readonly lane: Lane
}

/** Tasks that fit or do not fit together: same principal, type, demand and magnitude of estimate. Examined as one. */
export interface Lane extends HeapNode {
  readonly name: string
  readonly group: Group
  readonly tasks: IndexedHeap<Waiting>
  /** What is asked of the resource that the lane is parked on. */
  parkedFor: number
}

/** The lanes of one principal and one type: a type's concurrency limit applies to it as a whole. */
export interface Group extends HeapNode {
  readonly section: Section
  readonly account: PrincipalAccount
  readonly type: string
  readonly lanes: Map<string, Lane>
  /** The lanes that are not parked, by their first tasks. */
  readonly open: IndexedHeap<Lane>
}

/** The groups of one principal: its share and its concurrency limit apply to it as a whole. */
export interface Section extends HeapNode {
  readonly account: PrincipalAccount
  readonly groups: Map<string, Group>
  /** The groups that have an open lane and no limit reached, by their first tasks. */
  readonly open: IndexedHeap<Group>
}

export function compareWaiting(one: Waiting, other: Waiting): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1
  return one.task.seq - other.task.seq
}

/** By first task; for heaps, whose members always have one. */
function compareHeads(one: Waiting | undefined, other: Waiting | undefined): number {
  if (!one || !other) throw new InvariantError('a lane without tasks is in the queue')
  return compareWaiting(one, other)
}

/** The first task of a lane; a lane in the queue always has one. */
export function headOf(lane: Lane): Waiting {
  const head = lane.tasks.peek()
  if (!head) throw new InvariantError('a lane without tasks is in the queue')
  return head
}

export function laneFor(task: ReadyTask, group: Group): Lane {
  const { estimateMs, vector } = task
  const magnitude = estimateMs === null ? '' : Math.ceil(Math.log2(1 + estimateMs))
  const name = `${vector.signature}/${magnitude}`
  const known = group.lanes.get(name)
  if (known) return known
  const lane: Lane = { name, group, tasks: new IndexedHeap(compareWaiting), parkedFor: 0, heapIndex: notInHeap }
  group.lanes.set(name, lane)
  return lane
}

export function openSection(account: PrincipalAccount): Section {
  const open = new IndexedHeap<Group>((one, other) => compareHeads(firstOf(one), firstOf(other)))
  return { account, groups: new Map(), open, heapIndex: notInHeap }
}

export function groupFor(type: string, section: Section): Group {
  const known = section.groups.get(type)
  if (known) return known
  const open = new IndexedHeap<Lane>((one, other) => compareHeads(one.tasks.peek(), other.tasks.peek()))
  const group: Group = { section, account: section.account, type, lanes: new Map(), open, heapIndex: notInHeap }
  section.groups.set(type, group)
  return group
}

function firstOf(group: Group): Waiting | undefined {
  return group.open.peek()?.tasks.peek()
}

/** By the first task of all that the principal may start. */
export function compareSections(one: Section, other: Section): number {
  const [first, second] = [one.open.peek(), other.open.peek()]
  return compareHeads(first && firstOf(first), second && firstOf(second))
}
