import type { Clock, Environment } from '../model/environment.ts'
import { TaskwrightError } from '../model/errors.ts'
import type { TimerEntry } from '../scheduling/timer-queue.ts'
import { TimerQueue } from '../scheduling/timer-queue.ts'
import { seededRandom } from './seeded-random.ts'

/** One turn of the event loop: every microtask that can run has run when it returns. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** How long real time may pass with nothing scheduled before a promise counts as never settling. */
const stuckAfterMs = 1_000

/** Thrown by {@link VirtualEnvironment.run}: nothing is scheduled, and the promise has not settled. */
export class VirtualTimeStuckError extends TaskwrightError<'VIRTUAL_TIME_STUCK'> {
  constructor() {
    super(
      'VIRTUAL_TIME_STUCK',
      'virtual time has nothing left to do and the promise has not settled; it waits for something that is neither a timer of this clock nor real I/O',
    )
  }
}

/**
 * Time that moves only when told. Timers fire in the order of their deadlines, each at its own instant;
 * between two instants every microtask, and every `soon`, has run.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerQueue<() => void>()
  readonly #entries = new Map<number, TimerEntry<() => void>>()
  #nowMs: number
  #issued = 0
  #soon: (() => void)[] = []

  constructor(startAtMs: number) {
    this.#nowMs = startAtMs
  }

  now(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, delayMs: number): number {
    this.#issued += 1
    const id = this.#issued
    const entry = this.#timers.add(this.#nowMs + Math.max(0, delayMs), () => {
      this.#entries.delete(id)
      callback()
    })
    this.#entries.set(id, entry)
    return id
  }

  clearTimeout(id: unknown): void {
    if (typeof id !== 'number') return
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    this.#timers.cancel(entry)
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  /** When the next timer is due, ms; `null` if none is armed. */
  nextAt(): number | null {
    return this.#timers.nextAt()
  }

  /** Does all that can be done at this instant. */
  async settle(): Promise<void> {
    await turn()
    while (this.#soon.length > 0) {
      const callbacks = this.#soon
      this.#soon = []
      for (const callback of callbacks) callback()
      await turn()
    }
  }

  /** Moves to the next timer and does all that follows from it. @returns false if no timer is armed. */
  async next(): Promise<boolean> {
    await this.settle()
    return this.step()
  }

  /** As {@link next}, for a caller who knows that all is settled: half the turns of the event loop. */
  async step(): Promise<boolean> {
    const at = this.#timers.nextAt()
    if (at === null) return false
    this.#fire(at)
    await this.settle()
    return true
  }

  /** Moves `ms` forward, firing on the way what falls due. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms
    await this.settle()
    for (let at = this.#timers.nextAt(); at !== null && at <= end; at = this.#timers.nextAt()) {
      this.#fire(at)
      await this.settle()
    }
    this.#nowMs = end
  }

  /** Time passes while nobody looks, as in a process that was suspended: what fell due fires late, and together. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  #fire(at: number): void {
    this.#nowMs = Math.max(this.#nowMs, at)
    for (let due = this.#timers.popDue(this.#nowMs); due; due = this.#timers.popDue(this.#nowMs)) due.item()
  }
}

export interface VirtualEnvironment extends Environment {
  readonly clock: VirtualClock
  /** Lets virtual time pass until the promise settles. @throws VirtualTimeStuckError if it never can. */
  run<T>(promise: Promise<T>): Promise<T>
}

/**
 * An environment for tests and simulation: same seed, same life. A 24-hour wait takes no time.
 * Handlers that do real I/O are not seen by virtual time, which may run ahead of them.
 */
export function createVirtualEnvironment(options: { seed?: number; startAt?: number } = {}): VirtualEnvironment {
  const clock = new VirtualClock(options.startAt ?? 0)
  const issued = new Map<string, number>()
  return {
    clock,
    random: seededRandom(options.seed ?? 1),
    ids: {
      next: (prefix) => {
        const number = (issued.get(prefix) ?? 0) + 1
        issued.set(prefix, number)
        return `${prefix}_${number}`
      },
    },
    async run(promise) {
      let settled = false
      const note = () => {
        settled = true
      }
      promise.then(note, note)
      let idleSince: number | null = null
      for (;;) {
        await clock.settle()
        if (settled) return promise
        if (await clock.next()) {
          idleSince = null
          continue
        }
        if (settled) return promise
        const now = performance.now()
        idleSince ??= now
        if (now - idleSince > stuckAfterMs) throw new VirtualTimeStuckError()
      }
    },
  }
}
