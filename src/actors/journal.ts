import type { Clock } from '../model/environment.ts'
import type { RuntimeEvent, RuntimeHappening, TaskEvent, TaskHappening } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Store } from '../store/store.ts'
import type { StoreWatcher } from './commit-queue.ts'
import { CommitQueue } from './commit-queue.ts'
import type { EventHub } from './event-hub.ts'
import { RecentEvents } from './recent-events.ts'
import type { Timers } from './timers.ts'

export interface JournalParts {
  readonly clock: Clock
  readonly timers: Timers
  readonly store: Store
  readonly hub: EventHub
  readonly watcher: StoreWatcher
}

/** Writes down what happens, in one order, and tells whoever listens. */
export class Journal {
  /** Records can be recovered from: what they need for it goes with them. */
  readonly keepsState: boolean
  readonly recent = new RecentEvents()
  readonly #clock: Clock
  readonly #store: Store
  readonly #hub: EventHub
  readonly #commits: CommitQueue
  #seq = 0
  #isClosed = false

  constructor({ clock, timers, store, hub, watcher }: JournalParts) {
    this.#clock = clock
    this.#store = store
    this.#hub = hub
    this.keepsState = !store.isVolatile
    this.#commits = new CommitQueue(store, clock, timers, watcher)
  }

  /** The records of an earlier process come first. */
  continueAfter(seq: number): void {
    this.#seq = seq
  }

  ofTask(taskId: string, taskType: string, happening: TaskHappening, payload: RecordPayload | null): TaskEvent {
    this.#seq += 1
    const event: TaskEvent = { seq: this.#seq, at: this.#clock.now(), taskId, taskType, ...happening }
    this.#keep(event, payload)
    return event
  }

  ofRuntime(happening: RuntimeHappening): void {
    this.#seq += 1
    this.#keep({ seq: this.#seq, at: this.#clock.now(), ...happening }, null)
  }

  /**
   * Calls back once everything written so far is durable: at once, if nothing is kept.
   * @param atEnd is called instead if the journal is closed before: whether it became durable by that
   */
  whenDurable(then: () => void, atEnd?: (isDurable: boolean) => void): void {
    if (this.keepsState) this.#commits.whenDurable(then, atEnd)
    else then()
  }

  /** Resolves once everything written so far is durable. */
  recorded(): Promise<void> {
    return this.keepsState ? new Promise((resolve) => this.#commits.whenDurable(resolve)) : Promise.resolve()
  }

  forget(taskIds: readonly string[]): void {
    if (this.keepsState) this.#store.forget(taskIds)
  }

  /** What happens from now on is nobody's any more. @throws (rejects) StoreError if not all could be made durable */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#commits.close()
    try {
      await this.#store.close()
      this.#commits.end(true)
    } catch (thrown) {
      this.#commits.end(false)
      throw thrown
    }
  }

  #keep(event: RuntimeEvent, payload: RecordPayload | null): void {
    if (this.#isClosed) return
    this.recent.add(event)
    if (this.keepsState) {
      this.#store.append({ event, payload })
      this.#commits.schedule()
    }
    this.#hub.emit(event)
  }
}
