import { InvariantError } from '../model/errors.ts'
import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'

/** One deadline in a {@link TimerQueue}. `at` is absolute, in ms. */
export interface TimerEntry<T> extends HeapNode {
  readonly at: number
  readonly item: T
  /** Order of insertion: settles equal times. */
  readonly serial: number
}

/** Absolute deadlines in one heap; the owner arms one timer for `nextAt`. Every call is O(log n). */
export class TimerQueue<T> {
  readonly #heap = new IndexedHeap<TimerEntry<T>>((one, other) => one.at - other.at || one.serial - other.serial)
  #serial = 0

  get size(): number {
    return this.#heap.size
  }

  /** @throws InvariantError if `at` is not a finite number */
  add(at: number, item: T): TimerEntry<T> {
    if (!Number.isFinite(at)) throw new InvariantError(`a deadline must be a finite time in ms, not ${at}`)
    const entry: TimerEntry<T> = { at, item, serial: this.#serial++, heapIndex: notInHeap }
    this.#heap.push(entry)
    return entry
  }

  /** Answers false if the entry was due or cancelled before. */
  cancel(entry: TimerEntry<T>): boolean {
    return this.#heap.remove(entry)
  }

  nextAt(): number | null {
    return this.#heap.peek()?.at ?? null
  }

  /**
   * Takes out the first entry whose time has come (`at ≤ now`); equal times in insertion order. Call until `undefined`:
   * one at a time, so that an item may cancel a later one that is due as well.
   */
  popDue(now: number): TimerEntry<T> | undefined {
    const next = this.#heap.peek()
    return next !== undefined && next.at <= now ? this.#heap.pop() : undefined
  }
}
