import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { Group, Lane, ReadyQueue } from './ready-queue.ts'
import { headOf } from './ready-queue.ts'

interface LaneCursor extends HeapNode {
  lane: Lane
  readonly rest: Generator<Lane, undefined>
}

/**
 * One pass over the lanes in order, lazily: by share of their principals, then by their first tasks.
 * The queue must not change meanwhile.
 */
export class LaneWalk {
  readonly #groups: Generator<Group, undefined>
  #nextGroup: Group | undefined
  readonly #cursors: IndexedHeap<LaneCursor>
  readonly #queue: ReadyQueue
  #current: LaneCursor | undefined

  constructor(queue: ReadyQueue) {
    this.#groups = queue.groupsInOrder()
    this.#nextGroup = this.#groups.next().value
    this.#queue = queue
    this.#cursors = new IndexedHeap((one, other) => queue.compare(headOf(one.lane), headOf(other.lane)))
  }

  next(): Lane | undefined {
    this.#advance()
    this.#admitGroups()
    this.#current = this.#cursors.peek()
    return this.#current?.lane
  }

  /** Leaves out the other lanes of the group of the last lane. */
  skipGroup(): void {
    if (this.#current) this.#cursors.remove(this.#current)
    this.#current = undefined
  }

  #advance(): void {
    const cursor = this.#current
    if (!cursor) return
    const lane = cursor.rest.next().value
    if (lane) {
      cursor.lane = lane
      this.#cursors.update(cursor)
    } else this.#cursors.remove(cursor)
  }

  #admitGroups(): void {
    for (let group = this.#nextGroup; group; group = this.#nextGroup) {
      const best = this.#cursors.peek()
      const lane = group.open.peek()
      if (best && lane && this.#queue.compare(headOf(best.lane), headOf(lane)) < 0) return
      this.#nextGroup = this.#groups.next().value
      const rest = group.open.inOrder()
      const first = rest.next().value
      if (first) this.#cursors.push({ lane: first, rest, heapIndex: notInHeap })
    }
  }
}
