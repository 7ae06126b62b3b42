import type { Clock } from '../model/environment.ts'
import type { RuntimeEvent, RuntimeHappening, TaskEvent, TaskHappening } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Keyring } from '../security/keyring.ts'
import type { Redactor } from '../security/redactor.ts'
import type { Store } from '../store/store.ts'
import type { Auditor } from './auditor.ts'
import type { StoreWatcher } from './commit-queue.ts'
import { CommitQueue } from './commit-queue.ts'
import type { EventHub } from './event-hub.ts'
import { RecentEvents } from './recent-events.ts'
import { sealedRecord } from './sealing.ts'
import type { Timers } from './timers.ts'

export interface JournalParts {
  readonly clock: Clock
  readonly timers: Timers
  readonly store: Store
  readonly hub: EventHub
  readonly watcher: StoreWatcher
  readonly redactor: Redactor
  /** Values are written down encrypted; `null`: as they are. */
  readonly keyring: Keyring | null
}

/** Writes down what happens, in one order, and tells whoever listens. */
export class Journal {
  /** Records can be recovered from: what they need for it goes with them. */
  readonly keepsState: boolean
  readonly recent = new RecentEvents()
  /** What of it goes into the audit log as well; `null`: there is none. */
  auditor: Auditor | null = null
  readonly #clock: Clock
  readonly #store: Store
  readonly #hub: EventHub
  readonly #commits: CommitQueue
  readonly #redactor: Redactor
  readonly #keyring: Keyring | null
  #seq = 0
  #isClosed = false

  constructor({ clock, timers, store, hub, watcher, redactor, keyring }: JournalParts) {
    this.#keyring = keyring
    this.#clock = clock
    this.#store = store
    this.#hub = hub
    this.#redactor = redactor
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
    const envelope = { seq: this.#seq, at: this.#clock.now() }
    if ('message' in happening)
      this.#keep({ ...envelope, ...happening, message: this.#redactor.text(happening.message) }, null)
    else this.#keep({ ...envelope, ...happening }, null)
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

  /** Something else than a record waits to be made durable. */
  scheduleCommit(): void {
    if (this.keepsState && !this.#isClosed) this.#commits.schedule()
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
      const record = { event, payload }
      this.#store.append(this.#keyring ? sealedRecord(record, this.#keyring) : record)
      this.auditor?.follow(event, payload)
      this.#commits.schedule()
    }
    this.#hub.emit(event)
  }
}
