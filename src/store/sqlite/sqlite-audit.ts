import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import type { AuditCheckpoint, AuditLine } from '../../model/audit.ts'
import type { AuditBatch, AuditEnd } from '../audit-store.ts'
import { toStoreError } from './sqlite-errors.ts'

const lineSchema = z.object({ seq: z.number(), taskId: z.string().nullable(), hash: z.string(), line: z.string() })

const checkpointSchema = z.object({
  size: z.number(),
  note: z.string().nullable(),
  head: z.string(),
  frontier: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.string())),
})

/** The tables of the audit log in an SQLite file. A file that is only looked at may be too old to have them. */
export class SqliteAudit {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #exists: boolean
  #insert: StatementSync | null = null
  #lastSeq: number

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
    this.#exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit'").get() !== undefined
    this.#lastSeq = this.#exists ? Number(database.prepare('SELECT max(seq) AS seq FROM audit').get()?.['seq'] ?? 0) : 0
  }

  /** Within a transaction of the caller. Lines that an earlier try has left on disk are left as they are. */
  write({ lines, checkpoints }: AuditBatch): void {
    this.#insert ??= this.#database.prepare('INSERT INTO audit (seq, task, hash, line) VALUES (?, ?, ?, ?)')
    for (const { seq, taskId, hash, line } of lines) if (seq > this.#lastSeq) this.#insert.run(seq, taskId, hash, line)
    for (const { size, note, head, frontier } of checkpoints)
      this.#database
        .prepare('INSERT OR REPLACE INTO audit_checkpoint (size, note, head, frontier) VALUES (?, ?, ?, ?)')
        .run(size, note, head, JSON.stringify(frontier))
  }

  /** The transaction of these lines is on disk. */
  written({ lines }: AuditBatch): void {
    this.#lastSeq = lines.at(-1)?.seq ?? this.#lastSeq
  }

  /** @throws StoreError */
  end(): AuditEnd {
    try {
      const checkpoint = this.#lastCheckpoint()
      return { checkpoint, lines: [...this.lines(checkpoint?.size ?? 0)] }
    } catch (thrown) {
      throw toStoreError(thrown, this.#path)
    }
  }

  /** The log, oldest first, as it is stored: nothing is checked. @throws StoreError */
  *lines(after = 0): Generator<AuditLine> {
    if (!this.#exists) return
    try {
      const select = 'SELECT seq, task AS taskId, hash, line FROM audit WHERE seq > ? ORDER BY seq'
      for (const row of this.#database.prepare(select).iterate(after)) yield lineSchema.parse(row)
    } catch (thrown) {
      throw toStoreError(thrown, this.#path)
    }
  }

  /** The signed checkpoints, oldest first. */
  notes(): string[] {
    if (!this.#exists) return []
    const rows = this.#database.prepare('SELECT note FROM audit_checkpoint WHERE note IS NOT NULL ORDER BY size').all()
    return rows.map(({ note }) => String(note))
  }

  #lastCheckpoint(): AuditCheckpoint | null {
    if (!this.#exists) return null
    const row = this.#database.prepare('SELECT * FROM audit_checkpoint ORDER BY size DESC LIMIT 1').get()
    return row ? checkpointSchema.parse(row) : null
  }
}
