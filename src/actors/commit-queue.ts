import type { Clock } from '../model/environment.ts'
import type { Store } from '../store/store.ts'
import type { Timer, Timers } from './timers.ts'

const firstRetryMs = 100
const longestRetryMs = 5_000

/** Who is told when the store cannot make records durable, and when it can again. */
export interface StoreWatcher {
  failed(error: unknown): void
  healed(): void
}

interface Waiting {
  readonly then: () => void
  /** Told instead when no more is committed: whether all was made durable in the end. */
  readonly atEnd?: ((isDurable: boolean) => void) | undefined
}

/**
 * Makes records durable, one commit at a time: what comes while one is under way goes with the next.
 * Source: group commit, J. Gray and A. Reuter, "Transaction Processing" 1993.
 */
export class CommitQueue {
  readonly #store: Store
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #watcher: StoreWatcher
  #waiting: Waiting[] = []
  /** Those whom the commit under way will answer. */
  #told: readonly Waiting[] = []
  /** The last flush left nothing to wait for. */
  #answersAtOnce = true
  #isScheduled = false
  #isCommitting = false
  #isClosed = false
  #failures = 0
  #retry: Timer | null = null

  constructor(store: Store, clock: Clock, timers: Timers, watcher: StoreWatcher) {
    this.#store = store
    this.#clock = clock
    this.#timers = timers
    this.#watcher = watcher
  }

  /** Calls back once everything appended so far is durable, in the order of the calls; or at the end, if that comes first. */
  whenDurable(then: () => void, atEnd?: (isDurable: boolean) => void): void {
    this.#waiting.push({ then, atEnd })
    // A store in memory has nothing to wait for, and nothing to gain from waiting.
    if (this.#answersAtOnce && !this.#retry) this.#commit()
    else this.schedule()
  }

  /** At the end of this instant, so that everything of it goes together. */
  schedule(): void {
    if (this.#isScheduled || this.#isCommitting || this.#retry) return
    this.#isScheduled = true
    this.#clock.soon(() => {
      this.#isScheduled = false
      this.#commit()
    })
  }

  /** Nothing more is committed. */
  close(): void {
    this.#isClosed = true
    this.#retry = this.#timers.disarm(this.#retry)
  }

  /** Tells those who still wait what became of it. */
  end(isDurable: boolean): void {
    const left = [...this.#told, ...this.#waiting]
    this.#told = []
    this.#waiting = []
    for (const { atEnd } of left) atEnd?.(isDurable)
  }

  #commit(): void {
    // After a failure it is the timer's turn.
    if (this.#isClosed || this.#isCommitting || this.#retry) return
    this.#told = this.#waiting
    this.#waiting = []
    const flushed = this.#flush()
    this.#answersAtOnce = flushed === undefined
    if (flushed === undefined) {
      this.#committed()
      return
    }
    this.#isCommitting = true
    flushed.then(
      () => this.#committed(),
      (error: unknown) => this.#failed(error),
    )
  }

  /** A store of somebody else's may throw where it should reject. */
  #flush(): void | Promise<void> {
    try {
      return this.#store.flush()
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  #committed(): void {
    this.#isCommitting = false
    if (this.#isClosed) return
    if (this.#failures > 0) {
      this.#failures = 0
      this.#watcher.healed()
    }
    const told = this.#told
    this.#told = []
    for (const { then } of told) then()
    if (this.#waiting.length > 0) this.schedule()
  }

  #failed(error: unknown): void {
    this.#isCommitting = false
    if (this.#isClosed) return
    this.#waiting = [...this.#told, ...this.#waiting]
    this.#told = []
    this.#failures += 1
    const delayMs = Math.min(firstRetryMs * 2 ** (this.#failures - 1), longestRetryMs)
    this.#retry = this.#timers.arm(this.#clock.now() + delayMs, () => {
      this.#retry = null
      this.#commit()
    })
    this.#watcher.failed(error)
  }
}
