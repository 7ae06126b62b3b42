import { fold } from '../../../src/inspector/view/fold.ts'
import { forgetEnded } from '../../../src/inspector/view/forget.ts'
import type { RuntimeView, ViewData } from '../../../src/inspector/view/runtime-view.ts'
import { viewData, viewOf } from '../../../src/inspector/view/runtime-view.ts'
import type { RuntimeEvent, TaskEvent } from '../../../src/model/events.ts'
import { Endings } from './endings.ts'
import { Samples } from './samples.ts'

/** A change of a capacity. */
export interface Resizing {
  readonly at: number
  readonly resource: string
  readonly from: number
}

/** Events that the page keeps, at least, and rows of ended tasks. */
const eventsKept = 200_000
const eventsDroppedAtOnce = 50_000
const endedTasksKept = 50_000

/**
 * Everything that the page knows: the view before the first event that it keeps, the events since, and the view now.
 * Costs a fold and two pushes an event.
 */
export class Recording {
  readonly base: RuntimeView
  readonly live: RuntimeView
  readonly samples = new Samples()
  readonly endings = new Endings()
  /** Every change of a capacity that is kept, the first first. */
  readonly resizings: Resizing[] = []
  readonly #ofTask = new Map<string, TaskEvent[]>()
  #events: RuntimeEvent[] = []
  #dropped: number
  #forgotten = 0

  constructor(base: ViewData, dropped: number) {
    this.base = viewOf(base)
    this.live = viewOf(base)
    this.#dropped = dropped
  }

  get events(): readonly RuntimeEvent[] {
    return this.#events
  }

  /** How many events only the base knows of. */
  get dropped(): number {
    return this.#dropped
  }

  /** Where replay begins, ms since the epoch. */
  get beginsAt(): number {
    return this.#events[0]?.at ?? this.live.at
  }

  eventsOf(taskId: string): readonly TaskEvent[] {
    return this.#ofTask.get(taskId) ?? []
  }

  take(events: readonly RuntimeEvent[]): void {
    for (const event of events) {
      if (event.seq <= this.live.seq) continue
      fold(this.live, event)
      this.#events.push(event)
      if ('taskId' in event && 'taskType' in event) this.#note(event)
      else if (event.type === 'pool.resized') this.resizings.push(event)
      this.samples.note(this.live)
    }
    if (this.#events.length > eventsKept + eventsDroppedAtOnce) this.#drop()
    if (this.live.tasks.size > this.#forgotten + 2 * endedTasksKept) {
      forgetEnded(this.live, endedTasksKept)
      this.#forgotten = this.live.tasks.size - endedTasksKept
    }
  }

  #note(event: TaskEvent): void {
    const known = this.#ofTask.get(event.taskId)
    if (known) known.push(event)
    else this.#ofTask.set(event.taskId, [event])
    const row = this.live.tasks.get(event.taskId)
    if (row && row.endedAt === event.at) this.endings.note(row, event)
  }

  #drop(): void {
    const dropped = this.#events.slice(0, eventsDroppedAtOnce)
    this.#events = this.#events.slice(eventsDroppedAtOnce)
    const counts = new Map<string, number>()
    for (const event of dropped) {
      fold(this.base, event)
      if ('taskId' in event && event.taskId !== null) counts.set(event.taskId, (counts.get(event.taskId) ?? 0) + 1)
    }
    for (const [id, count] of counts) {
      const left = this.#ofTask.get(id)?.slice(count)
      if (left?.length) this.#ofTask.set(id, left)
      else this.#ofTask.delete(id)
    }
    forgetEnded(this.base, endedTasksKept)
    this.#dropped += dropped.length
  }
}

/** Index of the first event after `seq`, by bisection: a caller that may not see everything sees gaps. */
function firstAfter(events: readonly RuntimeEvent[], seq: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.seq ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first event that is later than `at`, by bisection. */
export function firstLaterThan(events: readonly RuntimeEvent[], at: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.at ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}

const stride = 10_000

/** Any past moment of a recording. Goes forward by folding on, and back from the last mark before that moment. */
export class Rewound {
  readonly #recording: Recording
  readonly #marks: ViewData[] = []
  #view: RuntimeView
  #base: number

  constructor(recording: Recording) {
    this.#recording = recording
    this.#base = recording.base.seq
    this.#view = viewOf(viewData(recording.base))
  }

  /** The view after the event `seq`, or after the last before it. */
  at(seq: number): RuntimeView {
    const { base, events } = this.#recording
    if (base.seq !== this.#base) {
      this.#base = base.seq
      this.#marks.length = 0
      this.#view = viewOf(viewData(base))
    }
    if (seq < this.#view.seq) {
      const mark = this.#marks.findLast((one) => one.seq <= seq)
      this.#view = viewOf(mark ?? viewData(base))
    }
    for (let index = firstAfter(events, this.#view.seq); index < events.length; index += 1) {
      const event = events[index]
      if (!event || event.seq > seq) break
      fold(this.#view, event)
      const last = this.#marks.at(-1)?.seq ?? base.seq
      if (event.seq >= last + stride) this.#marks.push(viewData(viewOf(viewData(this.#view))))
    }
    return this.#view
  }
}
