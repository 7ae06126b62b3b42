import { isBuiltin } from 'node:module'
import { resolve } from 'node:path'
import type { AuditCheckpoint, AuditLine } from '../../model/audit.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import type { AuditEnd, AuditStore } from '../audit-store.ts'
import { recordOf } from '../record-line.ts'
import type { Store } from '../store.ts'
import type { Row } from './rows.ts'
import { rowOf } from './rows.ts'
import { unsupported } from './sqlite-errors.ts'
import { SqliteThread } from './sqlite-thread.ts'

/** What of the audit log is not on disk yet. */
interface PendingAudit {
  readonly lines: AuditLine[]
  readonly checkpoints: AuditCheckpoint[]
}

function isAudited({ lines, checkpoints }: PendingAudit): boolean {
  return lines.length > 0 || checkpoints.length > 0
}

async function begin(path: string, after: string | null) {
  const thread = new SqliteThread({ path, after })
  try {
    const answer = await thread.answered()
    if (answer.type !== 'opened') throw new StoreError('STORE_FAILED', `${path}: ${answer.type} is no answer`)
    return { thread, holder: answer.holder }
  } catch (thrown) {
    await thread.end()
    throw thrown
  }
}

/** The journal in one SQLite file, written by a thread of its own; one commit for all that came since the last. */
export class SqliteStore implements Store {
  readonly isVolatile = false
  readonly audit: AuditStore = {
    append: (line) => this.#audit.lines.push(line),
    checkpoint: (checkpoint) => this.#audit.checkpoints.push(checkpoint),
    end: () => this.#auditEnd(),
  }
  readonly #path: string
  #thread: SqliteThread
  /** As whom this store holds the file. */
  #holder: string | null
  #rows: Row[] = []
  #forgotten: string[] = []
  #audit: PendingAudit = { lines: [], checkpoints: [] }
  #flushing: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #isClosed = false

  private constructor(path: string, thread: SqliteThread, holder: string | null) {
    this.#path = path
    this.#thread = thread
    this.#holder = holder
  }

  /** @param path of the file; made if it is not there. @throws StoreError if it cannot be had for writing */
  static async open(path: string): Promise<SqliteStore> {
    if (!isBuiltin('node:sqlite')) throw unsupported()
    // The host may change its working directory.
    const absolute = resolve(path)
    const { thread, holder } = await begin(absolute, null)
    return new SqliteStore(absolute, thread, holder)
  }

  append(record: JournalRecord): void {
    this.#rows.push(rowOf(record))
  }

  /** One after the other: a commit that fails gives its rows back, and they go before all that came later. */
  async flush(): Promise<void> {
    const before = this.#flushing
    if (!before && this.#isEmpty) return
    const flushing = before ? before.catch(() => undefined).then(() => this.#commit()) : this.#commit()
    this.#flushing = flushing
    try {
      await flushing
    } finally {
      if (this.#flushing === flushing) this.#flushing = null
    }
  }

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    // The thread reads on while a batch is taken in.
    let answer = await this.#thread.ask({ type: 'load' })
    for (;;) {
      if (answer.type !== 'loaded') throw new StoreError('STORE_FAILED', `${this.#path}: ${answer.type} is no answer`)
      yield answer.lines.map(recordOf)
      if (answer.isLast) return
      answer = await this.#thread.answered()
    }
  }

  forget(taskIds: readonly string[]): void {
    this.#forgotten.push(...taskIds)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  get #isEmpty(): boolean {
    return this.#rows.length === 0 && this.#forgotten.length === 0 && !isAudited(this.#audit)
  }

  async #auditEnd(): Promise<AuditEnd> {
    const answer = await this.#thread.ask({ type: 'loadAudit' })
    if (answer.type === 'auditLoaded') return answer
    throw new StoreError('STORE_FAILED', `${this.#path}: ${answer.type} is no answer`)
  }

  async #commit(): Promise<void> {
    if (this.#isEmpty) return
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', `${this.#path}: the store has been closed`)
    const [rows, forgotten, audit] = [this.#rows, this.#forgotten, this.#audit]
    this.#rows = []
    this.#forgotten = []
    this.#audit = { lines: [], checkpoints: [] }
    try {
      const thread = await this.#living()
      const answer = await thread.ask({ type: 'commit', rows, forgotten, ...(isAudited(audit) && { audit }) })
      if (answer.type === 'committed') this.#holder = answer.holder
    } catch (thrown) {
      // What came meanwhile comes after.
      this.#rows = [...rows, ...this.#rows]
      this.#forgotten = [...forgotten, ...this.#forgotten]
      this.#audit = {
        lines: [...audit.lines, ...this.#audit.lines],
        checkpoints: [...audit.checkpoints, ...this.#audit.checkpoints],
      }
      throw thrown
    }
  }

  /** A thread that was lost is followed by another, on the same file: nobody else may have had it meanwhile. */
  async #living(): Promise<SqliteThread> {
    if (!this.#thread.isLost) return this.#thread
    const { thread, holder } = await begin(this.#path, this.#holder)
    this.#thread = thread
    this.#holder = holder
    return thread
  }

  async #close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      this.#isClosed = true
      if (!this.#thread.isLost) await this.#thread.ask({ type: 'close' })
      await this.#thread.end()
    }
  }
}
