import type { JournalRecord } from '../model/journal-record.ts'
import type { AuditStore } from './audit-store.ts'

/**
 * Where the journal goes. Records come in the order of their `seq`, each once; a later process goes on after the last
 * one that it finds. The one who writes is one process: a store that others could open at the same time locks them out.
 * `storeCases` of `taskwright/testing` shows whether a store does all of this.
 */
export interface Store {
  /** Keeps nothing: what recovery would need is not even made. */
  readonly isVolatile: boolean
  /** Keeps an audit log beside the journal; without it a runtime with `audit` does not take the store. */
  readonly audit?: AuditStore
  /** Takes a record, in memory. Never throws. */
  append(record: JournalRecord): void
  /**
   * Makes durable everything appended before, what a flush under way is about included. Nothing to wait for: returns
   * nothing.
   * @throws (rejects) StoreError if it cannot; the records are kept, and the next flush tries them again
   */
  flush(): void | Promise<void>
  /** The durable records, oldest first, in batches. Called once, before anything is appended. */
  load(): AsyncIterable<readonly JournalRecord[]>
  /** Drops the records of tasks that have ended, those appended since the last flush too; durable with the next flush. */
  forget(taskIds: readonly string[]): void
  /** Flushes, and lets go of the store in any case. @throws (rejects) StoreError if something could not be made durable */
  close(): Promise<void>
}
