import { randomUUID } from 'node:crypto'
import type { RuntimeEvent } from '../model/events.ts'
import { fold } from './view/fold.ts'
import { forgetEnded } from './view/forget.ts'
import type { RuntimeView } from './view/runtime-view.ts'
import { emptyView } from './view/runtime-view.ts'

export interface HistoryLimits {
  /** Events that are kept for replay, at least. */
  readonly events: number
  /** Ended tasks that are remembered from before them. */
  readonly endedTasks: number
}

const chunkSize = 5_000

/**
 * The last events, and the view of everything before them. Costs a push per event; those that are dropped are folded, a
 * chunk at a time.
 */
export class EventHistory {
  /** Another server's events may have the same `seq`: a place is good in the history that it is of. */
  readonly id = randomUUID()
  readonly base: RuntimeView = emptyView()
  readonly #limits: HistoryLimits
  readonly #chunks: RuntimeEvent[][] = []
  #newest: RuntimeEvent[] = []
  #size = 0
  #dropped = 0
  #lastSeq = 0

  constructor(limits: HistoryLimits) {
    this.#limits = limits
    this.#chunks.push(this.#newest)
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** How many events only the base knows of. */
  get dropped(): number {
    return this.#dropped
  }

  add(event: RuntimeEvent): void {
    if (event.seq <= this.#lastSeq) return
    this.#lastSeq = event.seq
    if (this.#newest.length >= chunkSize) this.#turnOver()
    this.#newest.push(event)
    this.#size += 1
  }

  /** Up to `limit` events after `seq`, oldest first. `null`: some of them are dropped. */
  after(seq: number, limit: number): readonly RuntimeEvent[] | null {
    if (seq < this.base.seq) return null
    const events: RuntimeEvent[] = []
    for (const chunk of this.#chunks) {
      const last = chunk.at(-1)
      if (!last || last.seq <= seq) continue
      for (let index = firstAfter(chunk, seq); index < chunk.length && events.length < limit; index += 1) {
        const event = chunk[index]
        if (event) events.push(event)
      }
      if (events.length >= limit) break
    }
    return events
  }

  #turnOver(): void {
    this.#newest = []
    this.#chunks.push(this.#newest)
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#limits.events) {
      const oldest = this.#chunks.shift() ?? []
      for (const event of oldest) fold(this.base, event)
      this.#size -= oldest.length
      this.#dropped += oldest.length
      forgetEnded(this.base, this.#limits.endedTasks)
    }
  }
}

/** Index of the first event after `seq`, by bisection. */
function firstAfter(events: readonly RuntimeEvent[], seq: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.seq ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low
}
