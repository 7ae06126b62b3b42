import type { Clock } from '../model/environment.ts'
import type { TimerEntry } from '../scheduling/timer-queue.ts'
import { TimerQueue } from '../scheduling/timer-queue.ts'

export type Timer = TimerEntry<() => void>

/**
 * Every timer of a runtime: absolute deadlines in one queue, over one timer of the clock.
 * XState does not arm `after` again on a restored snapshot, and a timer a task would cost a clock timer a task.
 */
export class Timers {
  readonly #clock: Clock
  readonly #queue = new TimerQueue<() => void>()
  #armed: { readonly id: unknown; readonly at: number } | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  arm(at: number, fire: () => void): Timer {
    const timer = this.#queue.add(at, fire)
    this.#follow()
    return timer
  }

  disarm(timer: Timer | null): null {
    if (timer) {
      this.#queue.cancel(timer)
      this.#follow()
    }
    return null
  }

  /** Forgets every timer: nothing keeps the host's process alive. */
  stop(): void {
    while (this.#queue.popDue(Number.POSITIVE_INFINITY));
    this.#follow()
  }

  /** Keeps the clock's timer on the earliest deadline. */
  #follow(): void {
    const at = this.#queue.nextAt()
    if (this.#armed && at !== null && this.#armed.at <= at) return
    if (this.#armed) this.#clock.clearTimeout(this.#armed.id)
    this.#armed = at === null ? null : { at, id: this.#clock.setTimeout(() => this.#fire(), at - this.#clock.now()) }
  }

  #fire(): void {
    this.#armed = null
    const now = this.#clock.now()
    for (let due = this.#queue.popDue(now); due; due = this.#queue.popDue(now)) due.item()
    this.#follow()
  }
}
