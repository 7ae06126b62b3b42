import { InvariantError } from '../model/errors.ts'
import { eachAmount } from './demand-vector.ts'
import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { Group, Lane, Section, Waiting } from './lanes.ts'
import { compareSections, compareWaiting, groupFor, headOf, laneFor, openSection } from './lanes.ts'
import type { OrderPolicy } from './policies/order.ts'
import type { SharePolicy } from './policies/share.ts'
import type { PrincipalAccount } from './principal-account.ts'
import type { ReadyTask } from './ready-task.ts'

/** Which concurrency limits are reached. */
export interface Limits {
  isTypeFull(type: string): boolean
  isPrincipalFull(account: PrincipalAccount): boolean
}

/**
 * The waiting tasks in order: heaps of tasks in lanes, of lanes in groups, of groups in sections, of sections by share
 * and first task. Adding, removing and moving one is O(log n); the order is read lazily. What is at a concurrency limit,
 * and lanes parked on a resource that has nothing to wait for, are out of the order until they are put back.
 */
export class ReadyQueue {
  readonly #keyOf: OrderPolicy
  readonly #share: SharePolicy
  readonly #limits: Limits
  readonly #byId = new Map<string, Waiting>()
  /** The sections in order: those that have an open group and no limit reached. */
  readonly #order: IndexedHeap<Section>
  readonly #sections = new Map<PrincipalAccount, Section>()
  readonly #groupsOfType = new Map<string, Set<Group>>()
  /** What the open lanes ask, by resource index. */
  readonly #asked = new Map<number, Asked>()
  #openLanes = 0
  readonly #parked = new Map<number, IndexedHeap<Lane>>()
  readonly #heldBack = new Map<PrincipalAccount, IndexedHeap<Lane>>()

  constructor(keyOf: OrderPolicy, share: SharePolicy, limits: Limits) {
    this.#keyOf = keyOf
    this.#share = share
    this.#limits = limits
    this.#order = new IndexedHeap(
      (one, other) => this.compareAccounts(one.account, other.account) || compareSections(one, other),
    )
  }

  get size(): number {
    return this.#byId.size
  }

  /** How many principals have a task to examine. */
  get openSections(): number {
    return this.#order.size
  }

  /** Whether all tasks to examine are in one lane. */
  get isOneLane(): boolean {
    const section = this.#order.peek()
    return this.#order.size === 1 && section?.open.size === 1 && section.open.peek()?.open.size === 1
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
    return this.#key(task)
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
    const key = this.#key(task)
    const { lane } = waiting
    waiting.task = task
    waiting.key = key
    lane.tasks.update(waiting)
    if (lane.group.open.has(lane)) lane.group.open.update(lane)
    this.place(lane.group)
  }

  /** Puts the group where it belongs now: into the order, elsewhere in it, or out of it. */
  place(group: Group): void {
    const { section } = group
    const belongs = group.open.size > 0 && !this.#limits.isTypeFull(group.type)
    put(section.open, group, belongs)
    this.#placeSection(section)
  }

  /** Puts the groups of a type where they belong, after its limit was reached or left. */
  placeType(type: string): void {
    for (const group of this.#groupsOfType.get(type) ?? []) this.place(group)
  }

  /** Puts a principal's section where it belongs, after its standing changed. */
  placeAccount(account: PrincipalAccount): void {
    const section = this.#sections.get(account)
    if (section) this.#placeSection(section)
  }

  /** Puts all sections where they belong after many standings changed. */
  placeAll(): void {
    for (const section of [...this.#order.values()]) this.#order.remove(section)
    for (const section of this.#sections.values()) this.#placeSection(section)
  }

  #placeSection(section: Section): void {
    put(this.#order, section, section.open.size > 0 && !this.#limits.isPrincipalFull(section.account))
  }

  isExaminable(lane: Lane): boolean {
    const { group } = lane
    return group.open.has(lane) && group.section.open.has(group) && this.#order.has(group.section)
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

  /** Takes a lane out of the order until its principal gives something up, or another day begins. */
  holdBack(lane: Lane): void {
    this.#close(lane, headOf(lane).task)
    this.place(lane.group)
    const { account } = lane.group
    let held = this.#heldBack.get(account)
    if (!held) {
      held = new IndexedHeap((one, other) => compareWaiting(headOf(one), headOf(other)))
      this.#heldBack.set(account, held)
    }
    held.push(lane)
  }

  /** Whether some lane waits for its principal's quota. */
  get hasHeldBack(): boolean {
    return this.#heldBack.size > 0
  }

  /** Puts back the lanes that wait for a quota: of one principal, or all. */
  letGo(account: PrincipalAccount | null): void {
    for (const holder of account === null ? [...this.#heldBack.keys()] : [account]) {
      const held = this.#heldBack.get(holder)
      if (!held) continue
      this.#heldBack.delete(holder)
      for (let lane = held.pop(); lane; lane = held.pop()) {
        this.#open(lane)
        this.place(lane.group)
      }
    }
  }

  /** Whether all open lanes ask a resource of which the least that any asks is more than `fits` allows. */
  isExhausted(fits: (index: number, amount: number) => boolean): boolean {
    for (const [index, { lanes, least }] of this.#asked)
      if (lanes === this.#openLanes && !fits(index, least)) return true
    return false
  }

  first(): Lane | undefined {
    return this.#order.peek()?.open.peek()?.open.peek()
  }

  /** The sections in order, lazily. The queue must not change meanwhile. */
  sectionsInOrder(): Generator<Section, undefined> {
    return this.#order.inOrder()
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
    let section = this.#sections.get(account)
    if (!section) {
      section = openSection(account)
      this.#sections.set(account, section)
    }
    const group = groupFor(type, section)
    let ofType = this.#groupsOfType.get(type)
    if (!ofType) {
      ofType = new Set()
      this.#groupsOfType.set(type, ofType)
    }
    ofType.add(group)
    return group
  }

  #forget(group: Group): void {
    const { account, section, type } = group
    const ofType = this.#groupsOfType.get(type)
    ofType?.delete(group)
    if (ofType?.size === 0) this.#groupsOfType.delete(type)
    section.groups.delete(type)
    if (section.groups.size === 0) this.#sections.delete(account)
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
    const { account } = lane.group
    const held = this.#heldBack.get(account)
    held?.remove(lane)
    if (held?.size === 0) this.#heldBack.delete(account)
  }

  #key(task: ReadyTask): number {
    const key = this.#keyOf(task)
    if (Number.isNaN(key)) throw new InvariantError(`the order policy gave no number for task ${task.id}`)
    return key
  }
}

function put<T extends HeapNode>(heap: IndexedHeap<T>, item: T, belongs: boolean): void {
  if (!belongs) heap.remove(item)
  else if (heap.has(item)) heap.update(item)
  else heap.push(item)
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
