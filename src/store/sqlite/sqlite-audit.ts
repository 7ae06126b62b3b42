import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import type { AuditCheckpoint, AuditLine } from '../../model/audit.ts'
import type { AuditBatch, AuditEnd } from '../audit-store.ts'

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

/** The tables of the audit log in an SQLite file. */
export class SqliteAudit {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #checkpoint: StatementSync
  #lastSeq: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare('INSERT INTO audit (seq, task, hash, line) VALUES (?, ?, ?, ?)')
    this.#checkpoint = database.prepare(
      'INSERT OR REPLACE INTO audit_checkpoint (size, note, head, frontier) VALUES (?, ?, ?, ?)',
    )
    this.#lastSeq = Number(database.prepare('SELECT max(seq) AS seq FROM audit').get()?.['seq'] ?? 0)
  }

  /** Within a transaction of the caller. Lines that an earlier try has left on disk are left as they are. */
  write({ lines, checkpoints }: AuditBatch): void {
    for (const { seq, taskId, hash, line } of lines) if (seq > this.#lastSeq) this.#insert.run(seq, taskId, hash, line)
    for (const { size, note, head, frontier } of checkpoints)
      this.#checkpoint.run(size, note, head, JSON.stringify(frontier))
  }

  /** The transaction of these lines is on disk. */
  written({ lines }: AuditBatch): void {
    this.#lastSeq = lines.at(-1)?.seq ?? this.#lastSeq
  }

  end(): AuditEnd {
    const checkpoint = this.#lastCheckpoint()
    return { checkpoint, lines: [...this.lines(checkpoint?.size ?? 0)] }
  }

  *lines(after: number): Generator<AuditLine> {
    const select = this.#database.prepare(
      'SELECT seq, task AS taskId, hash, line FROM audit WHERE seq > ? ORDER BY seq',
    )
    for (const row of select.iterate(after)) yield lineSchema.parse(row)
  }

  notes(): string[] {
    const rows = this.#database.prepare('SELECT note FROM audit_checkpoint WHERE note IS NOT NULL ORDER BY size').all()
    return rows.map(({ note }) => String(note))
  }

  #lastCheckpoint(): AuditCheckpoint | null {
    const row = this.#database.prepare('SELECT * FROM audit_checkpoint ORDER BY size DESC LIMIT 1').get()
    return row ? checkpointSchema.parse(row) : null
  }
}
