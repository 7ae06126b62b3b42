import { Worker } from 'node:worker_threads'
import type { AuditCheckpoint, AuditLine } from '../../model/audit.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import type { AuditEnd, AuditStore } from '../audit-store.ts'
import { lineOf, recordOf } from '../record-line.ts'
import type { Store } from '../store.ts'
import type { Row } from './sqlite-file.ts'
import type { SqliteAnswer, SqliteRequest } from './sqlite-protocol.ts'

/** What is not on disk yet. */
interface Pending {
  readonly lines: AuditLine[]
  readonly checkpoints: AuditCheckpoint[]
}

type Answer = Exclude<SqliteAnswer, { type: 'failed' }>

/** The journal in one SQLite file, written by a thread of its own; one commit for all that came since the last. */
export class SqliteStore implements Store {
  readonly isVolatile = false
  readonly audit: AuditStore = {
    append: (line) => this.#audit.lines.push(line),
    checkpoint: (checkpoint) => this.#audit.checkpoints.push(checkpoint),
    end: () => this.#auditEnd(),
  }
  readonly #path: string
  readonly #worker: Worker
  readonly #waiting: PromiseWithResolvers<Answer>[] = []
  /** Answers that came before anybody waited for them: the batches of a load. */
  readonly #early: SqliteAnswer[] = []
  #rows: Row[] = []
  #forgotten: string[] = []
  #audit: Pending = { lines: [], checkpoints: [] }
  #lost: StoreError | null = null
  #closing: Promise<void> | null = null

  private constructor(path: string, worker: Worker) {
    this.#path = path
    this.#worker = worker
    worker.on('message', (answer: SqliteAnswer) => this.#take(answer))
    worker.on('error', (thrown: unknown) => this.#lose('its thread crashed', thrown))
    worker.on('exit', () => this.#lose('its thread has ended', undefined))
  }

  /** @param path of the file; made if it is not there. @throws StoreError if it cannot be had for writing */
  static async open(path: string): Promise<SqliteStore> {
    // Run from source, by a Node that strips types, or as built.
    const file = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { workerData: path })
    const store = new SqliteStore(path, worker)
    try {
      await store.#answered()
    } catch (thrown) {
      await worker.terminate()
      throw thrown
    }
    return store
  }

  append(record: JournalRecord): void {
    const { event } = record
    this.#rows.push({
      seq: event.seq,
      taskId: 'taskId' in event ? event.taskId : null,
      line: lineOf(record),
    })
  }

  async flush(): Promise<void> {
    const [rows, forgotten, audit] = [this.#rows, this.#forgotten, this.#audit]
    const isAudited = audit.lines.length > 0 || audit.checkpoints.length > 0
    if (rows.length === 0 && forgotten.length === 0 && !isAudited) return
    this.#rows = []
    this.#forgotten = []
    this.#audit = { lines: [], checkpoints: [] }
    try {
      await this.#ask({ type: 'commit', rows, forgotten, ...(isAudited && { audit }) })
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

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    // The thread reads on while a batch is taken in.
    let answer = await this.#ask({ type: 'load' })
    for (;;) {
      if (answer.type !== 'loaded') throw new StoreError('STORE_FAILED', `${this.#path}: ${answer.type} is no answer`)
      yield answer.lines.map(recordOf)
      if (answer.isLast) return
      answer = await this.#answered()
    }
  }

  async #auditEnd(): Promise<AuditEnd> {
    const answer = await this.#ask({ type: 'loadAudit' })
    if (answer.type === 'auditLoaded') return answer
    throw new StoreError('STORE_FAILED', `${this.#path}: ${answer.type} is no answer`)
  }

  forget(taskIds: readonly string[]): void {
    this.#forgotten.push(...taskIds)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      if (!this.#lost) await this.#ask({ type: 'close' })
      this.#lost ??= new StoreError('STORE_CLOSED', `${this.#path}: the store has been closed`)
      await this.#worker.terminate()
    }
  }

  #ask(request: SqliteRequest): Promise<Answer> {
    this.#send(request)
    return this.#answered()
  }

  #send(request: SqliteRequest): void {
    if (this.#lost) throw this.#lost
    this.#worker.postMessage(request)
  }

  async #answered(): Promise<Answer> {
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.push(waiting)
    const early = this.#early.shift()
    if (early) this.#take(early)
    else if (this.#lost) this.#lose('', undefined)
    // An idle store must not keep the host's process alive; one that is waited for does.
    this.#worker.ref()
    try {
      return await waiting.promise
    } finally {
      if (this.#waiting.length === 0) this.#worker.unref()
    }
  }

  #take(answer: SqliteAnswer): void {
    const waiting = this.#waiting.shift()
    if (!waiting) this.#early.push(answer)
    else if (answer.type === 'failed') waiting.reject(new StoreError(answer.code, answer.message))
    else waiting.resolve(answer)
  }

  #lose(what: string, cause: unknown): void {
    this.#lost ??= new StoreError('STORE_FAILED', `${this.#path}: ${what}; create a new runtime on the file`, { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost)
  }
}
