import { InvariantError } from '../model/errors.ts'
import { eachAmount } from './demand-vector.ts'
import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { OrderPolicy } from './policies/order.ts'
import type { SharePolicy } from './policies/share.ts'
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

/** The lanes of one principal and one type: concurrency limits apply to it as a whole. */
export interface Group extends HeapNode {
  readonly account: PrincipalAccount
  readonly type: string
  readonly lanes: Map<string, Lane>
  /** The lanes that are not parked, by their first tasks. */
  readonly open: IndexedHeap<Lane>
}

export function compareWaiting(one: Waiting, other: Waiting): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1
  return one.task.seq - other.task.seq
}

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

/**
 * The waiting tasks in order: heaps of tasks in lanes, of lanes in groups, of groups by share and first task. Adding,
 * removing and moving one is O(log n); the order is read lazily. Groups at a concurrency limit, and lanes parked on a
 * resource that has nothing to wait for, are out of the order until they are put back.
 */
export class ReadyQueue {
  readonly #order: OrderPolicy
  readonly #share: SharePolicy
  readonly #isLimited: (group: Group) => boolean
  readonly #byId = new Map<string, Waiting>()
  /** The groups in order: those that have an open lane and no limit reached. */
  readonly #groups: IndexedHeap<Group>
  readonly #groupsOf = new Map<PrincipalAccount, Map<string, Group>>()
  readonly #groupsOfType = new Map<string, Set<Group>>()
  /** What the open lanes ask, by resource index. */
  readonly #asked = new Map<number, Asked>()
  #openLanes = 0
  readonly #parked = new Map<number, IndexedHeap<Lane>>()

  constructor(order: OrderPolicy, share: SharePolicy, isLimited: (group: Group) => boolean) {
    this.#order = order
    this.#share = share
    this.#isLimited = isLimited
    this.#groups = new IndexedHeap((one, other) => {
      const byShare = this.compareAccounts(one.account, other.account)
      return byShare !== 0 ? byShare : compareHeads(one.open.peek()?.tasks.peek(), other.open.peek()?.tasks.peek())
    })
  }

  get size(): number {
    return this.#byId.size
  }

  /** Groups that have a task to examine. */
  get openGroups(): number {
    return this.#groups.size
  }

  get(taskId: string): Waiting | undefined {
    return this.#byId.get(taskId)
  }

  values(): IterableIterator<Waiting> {
    return this.#byId.values()
  }

  compareAccounts(one: PrincipalAccount, other: PrincipalAccount): number {
    return one === other ? 0 : this.#share(one, other)
  }

  /** Whose turn comes first, were both free to start: by share, then by order. */
  compare(one: Waiting, other: Waiting): number {
    const byShare = this.compareAccounts(one.lane.group.account, other.lane.group.account)
    return byShare !== 0 ? byShare : compareWaiting(one, other)
  }

  /**
   * The task's key in the order; asked before anything is changed for it.
   * @throws InvariantError if the task waits already, or the order policy gives no number
   */
  keyFor(task: ReadyTask): number {
    if (this.#byId.has(task.id)) throw new InvariantError(`task ${task.id} waits in the queue already`)
    return this.#keyOf(task)
  }

  add(task: ReadyTask, key: number, account: PrincipalAccount): Waiting {
    const lane = laneFor(task, this.#groupFor(task.type, account))
    const waiting: Waiting = { task, key, lane, heapIndex: notInHeap }
    lane.tasks.push(waiting)
    this.#byId.set(task.id, waiting)
    account.waiting++
    if (lane.heapIndex === notInHeap) this.#open(lane)
    else if (lane.group.open.has(lane)) lane.group.open.update(lane)
    this.place(lane.group)
    return waiting
  }

  remove(waiting: Waiting): void {
    const { lane } = waiting
    const { group } = lane
    if (lane.tasks.size === 1) {
      if (!this.#close(lane, waiting.task)) this.#unpark(lane)
      group.lanes.delete(lane.name)
    }
    lane.tasks.remove(waiting)
    this.#byId.delete(waiting.task.id)
    group.account.waiting--
    if (group.open.has(lane)) group.open.update(lane)
    this.place(group)
    if (group.lanes.size === 0) this.#forget(group)
  }

  /** Gives the task another priority, and its place by it. */
  reprioritise(waiting: Waiting, priority: number): void {
    const task = { ...waiting.task, priority }
    const key = this.#keyOf(task)
    const { lane } = waiting
    waiting.task = task
    waiting.key = key
    lane.tasks.update(waiting)
    if (lane.group.open.has(lane)) lane.group.open.update(lane)
    this.place(lane.group)
  }

  /** Puts the group where it belongs now: into the order, elsewhere in it, or out of it. */
  place(group: Group): void {
    const belongs = group.open.size > 0 && !this.#isLimited(group)
    if (!belongs) this.#groups.remove(group)
    else if (this.#groups.has(group)) this.#groups.update(group)
    else this.#groups.push(group)
  }

  /** Takes a principal's groups out of the order while its standing changes; `place` puts them back. */
  lift(account: PrincipalAccount): void {
    for (const group of this.groupsOf(account)) this.#groups.remove(group)
  }

  groupsOf(account: PrincipalAccount): Iterable<Group> {
    return this.#groupsOf.get(account)?.values() ?? []
  }

  groupsOfType(type: string): Iterable<Group> {
    return this.#groupsOfType.get(type) ?? []
  }

  isOpen(group: Group): boolean {
    return this.#groups.has(group)
  }

  /** Takes a lane out of the order until a resource can provide the amount that it asks. */
  park(lane: Lane, index: number, amount: number): void {
    this.#close(lane, headOf(lane).task)
    this.place(lane.group)
    lane.parkedFor = amount
    let parked = this.#parked.get(index)
    if (!parked) {
      parked = new IndexedHeap((one, other) => one.parkedFor - other.parkedFor)
      this.#parked.set(index, parked)
    }
    parked.push(lane)
  }

  /** Puts back the lanes parked on a resource whose amounts it can provide now. */
  wake(index: number, canProvide: (amount: number) => boolean): void {
    const parked = this.#parked.get(index)
    if (!parked) return
    for (let lane = parked.peek(); lane && canProvide(lane.parkedFor); lane = parked.peek()) {
      parked.remove(lane)
      this.#open(lane)
      this.place(lane.group)
    }
  }

  /** Whether all open lanes ask a resource of which the least that any asks is more than `fits` allows. */
  isExhausted(fits: (index: number, amount: number) => boolean): boolean {
    for (const [index, { lanes, least }] of this.#asked)
      if (lanes === this.#openLanes && !fits(index, least)) return true
    return false
  }

  /** The resource that the lane is parked on, or −1. */
  parkedOn(lane: Lane): number {
    for (const [index, parked] of this.#parked) if (parked.has(lane)) return index
    return -1
  }

  first(): Lane | undefined {
    return this.#groups.peek()?.open.peek()
  }

  /** The groups in order, lazily. The queue must not change meanwhile. */
  groupsInOrder(): Generator<Group, undefined> {
    return this.#groups.inOrder()
  }

  /** All tasks in order, parked and limited ones too. Costs O(n) before the first. */
  *inOrder(): Generator<Waiting, undefined> {
    const cursors = new IndexedHeap<TaskCursor>((one, other) => this.compare(one.waiting, other.waiting))
    const lanes = new Set<Lane>()
    for (const { lane } of this.#byId.values()) lanes.add(lane)
    for (const lane of lanes) {
      const rest = lane.tasks.inOrder()
      const first = rest.next().value
      if (first) cursors.push({ waiting: first, rest, heapIndex: notInHeap })
    }
    for (let cursor = cursors.peek(); cursor; cursor = cursors.peek()) {
      yield cursor.waiting
      const next = cursor.rest.next().value
      if (next) {
        cursor.waiting = next
        cursors.update(cursor)
      } else cursors.remove(cursor)
    }
  }

  #groupFor(type: string, account: PrincipalAccount): Group {
    let groups = this.#groupsOf.get(account)
    if (!groups) {
      groups = new Map()
      this.#groupsOf.set(account, groups)
    }
    const known = groups.get(type)
    if (known) return known
    const open = new IndexedHeap<Lane>((one, other) => compareHeads(one.tasks.peek(), other.tasks.peek()))
    const group: Group = { account, type, lanes: new Map(), open, heapIndex: notInHeap }
    groups.set(type, group)
    let ofType = this.#groupsOfType.get(type)
    if (!ofType) {
      ofType = new Set()
      this.#groupsOfType.set(type, ofType)
    }
    ofType.add(group)
    return group
  }

  #forget(group: Group): void {
    const { account, type } = group
    const ofType = this.#groupsOfType.get(type)
    ofType?.delete(group)
    if (ofType?.size === 0) this.#groupsOfType.delete(type)
    const groups = this.#groupsOf.get(account)
    groups?.delete(type)
    if (groups?.size === 0) this.#groupsOf.delete(account)
  }

  #open(lane: Lane): void {
    lane.group.open.push(lane)
    this.#openLanes++
    eachAmount(headOf(lane).task.vector, (index, amount) => {
      const asked = this.#asked.get(index)
      if (!asked) this.#asked.set(index, { lanes: 1, least: amount })
      else {
        asked.lanes++
        asked.least = Math.min(asked.least, amount)
      }
    })
  }

  #close(lane: Lane, { vector }: ReadyTask): boolean {
    if (!lane.group.open.remove(lane)) return false
    this.#openLanes--
    eachAmount(vector, (index) => {
      const asked = this.#asked.get(index)
      if (!asked) return
      asked.lanes--
      if (asked.lanes === 0) this.#asked.delete(index)
    })
    return true
  }

  #unpark(lane: Lane): void {
    for (const parked of this.#parked.values()) if (parked.remove(lane)) return
  }

  #keyOf(task: ReadyTask): number {
    const key = this.#order(task)
    if (Number.isNaN(key)) throw new InvariantError(`the order policy gave no number for task ${task.id}`)
    return key
  }
}

interface Asked {
  /** How many open lanes ask for the resource. */
  lanes: number
  /** No open lane asks less; a bound, not raised again while any asks. */
  least: number
}

interface TaskCursor extends HeapNode {
  waiting: Waiting
  readonly rest: Generator<Waiting, undefined>
}

function laneFor(task: ReadyTask, group: Group): Lane {
  const { estimateMs, vector } = task
  const magnitude = estimateMs === null ? '' : Math.ceil(Math.log2(1 + estimateMs))
  const name = `${vector.signature}/${magnitude}`
  const known = group.lanes.get(name)
  if (known) return known
  const lane: Lane = { name, group, tasks: new IndexedHeap(compareWaiting), parkedFor: 0, heapIndex: notInHeap }
  group.lanes.set(name, lane)
  return lane
}
