import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { Group, Lane, Section } from './lanes.ts'
import { headOf } from './lanes.ts'
import type { ReadyQueue } from './ready-queue.ts'

interface LaneCursor extends HeapNode {
  lane: Lane
  readonly lanes: Generator<Lane, undefined>
  /** The groups of the same principal that come after this cursor's: the next enters when this one is first passed. */
  readonly groups: Generator<Group, undefined>
  isFirstLane: boolean
  /** Whether the next principal's first group enters when this cursor is first passed. */
  readonly isFirstGroup: boolean
}

/**
 * One pass over the lanes in order, lazily: by share of their principals, then by their first tasks. What comes later
 * enters the frontier only when what it cannot precede is passed. The queue must not change meanwhile.
 */
export class LaneWalk {
  readonly #sections: Generator<Section, undefined>
  readonly #frontier: IndexedHeap<LaneCursor>
  #current: LaneCursor | undefined

  constructor(queue: ReadyQueue) {
    this.#sections = queue.sectionsInOrder()
    this.#frontier = new IndexedHeap((one, other) => queue.compare(headOf(one.lane), headOf(other.lane)))
    this.#admitSection()
  }

  next(): Lane | undefined {
    this.#pass()
    this.#current = this.#frontier.peek()
    return this.#current?.lane
  }

  /** Leaves out the other lanes of the group of the last lane. */
  skipGroup(): void {
    const cursor = this.#current
    if (!cursor) return
    this.#admitAfter(cursor)
    this.#frontier.remove(cursor)
    this.#current = undefined
  }

  #pass(): void {
    const cursor = this.#current
    if (!cursor) return
    this.#admitAfter(cursor)
    const lane = cursor.lanes.next().value
    if (lane) {
      cursor.lane = lane
      this.#frontier.update(cursor)
    } else this.#frontier.remove(cursor)
  }

  #admitAfter(cursor: LaneCursor): void {
    if (!cursor.isFirstLane) return
    cursor.isFirstLane = false
    this.#admitGroup(cursor.groups, false)
    if (cursor.isFirstGroup) this.#admitSection()
  }

  #admitSection(): void {
    const section = this.#sections.next().value
    if (section) this.#admitGroup(section.open.inOrder(), true)
  }

  #admitGroup(groups: Generator<Group, undefined>, isFirstGroup: boolean): void {
    const lanes = groups.next().value?.open.inOrder()
    const lane = lanes?.next().value
    if (lanes && lane) {
      this.#frontier.push({ lane, lanes, groups, isFirstLane: true, isFirstGroup, heapIndex: notInHeap })
    }
  }
}
