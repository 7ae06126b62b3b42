import type { AuditCheckpoint, AuditLine } from '../model/audit.ts'
import type { JournalRecord } from '../model/journal-record.ts'
import type { AuditStore } from './audit-store.ts'
import type { Store } from './store.ts'

/** Keeps the journal in memory, for tests: a later runtime of the same process takes up what an earlier one left. */
export class MemoryStore implements Store {
  readonly isVolatile = false
  #records: JournalRecord[] = []
  readonly #lines: AuditLine[] = []
  readonly #checkpoints: AuditCheckpoint[] = []
  readonly audit: AuditStore = {
    append: (line) => this.#lines.push(line),
    checkpoint: (checkpoint) => this.#checkpoints.push(checkpoint),
    end: async () => ({ checkpoint: null, lines: [...this.#lines] }),
  }

  /** The audit log, oldest first. */
  get auditLines(): readonly AuditLine[] {
    return this.#lines
  }

  /** The signed checkpoints, oldest first. */
  get auditNotes(): readonly string[] {
    return this.#checkpoints.flatMap(({ note }) => note ?? [])
  }

  append(record: JournalRecord): void {
    this.#records.push(record)
  }

  flush(): void | Promise<void> {
    // In memory is as durable as it gets.
  }

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    yield [...this.#records]
  }

  forget(taskIds: readonly string[]): void {
    const forgotten = new Set(taskIds)
    this.#records = this.#records.filter(({ event }) => !('taskId' in event && forgotten.has(event.taskId ?? '')))
  }

  async close(): Promise<void> {
    await this.flush()
  }
}
