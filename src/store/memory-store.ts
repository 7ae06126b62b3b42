import type { JournalRecord } from '../model/journal-record.ts'
import type { Store } from './store.ts'

/** Keeps the journal in memory, for tests: a later runtime of the same process takes up what an earlier one left. */
export class MemoryStore implements Store {
  readonly isVolatile = false
  #records: JournalRecord[] = []

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
