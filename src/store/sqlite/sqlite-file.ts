import { closeSync, existsSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AuditLine } from '../../model/audit.ts'
import { StoreError } from '../../model/store-error.ts'
import type { AuditBatch, AuditEnd } from '../audit-store.ts'
import { checksumOf } from '../record-line.ts'
import { migrate } from './schema.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { toStoreError } from './sqlite-errors.ts'

/** A line of the journal on its way to the file or from it. */
export interface Row {
  readonly seq: number
  /** `null`: an event of the runtime itself. */
  readonly taskId: string | null
  readonly line: string
}

/** What goes to disk together. */
export interface Commit {
  readonly rows: readonly Row[]
  readonly forgotten: readonly string[]
  readonly audit?: AuditBatch
}

export interface OpenOptions {
  /** Only to look: a file that is not there is not made. */
  readonly readOnly?: boolean
}

interface Group {
  readonly seq: number
  readonly taskId: string | null
  lines: string
}

/** What follows `lastSeq`, by task: a row and an entry of the index for each line would be twice the work. */
function groupByTask(rows: readonly Row[], lastSeq: number): Iterable<Group> {
  const groups = new Map<string | null, Group>()
  for (const { seq, taskId, line } of rows) {
    if (seq <= lastSeq) continue
    const group = groups.get(taskId)
    if (group) group.lines += `\n${seq} ${line}`
    else groups.set(taskId, { seq, taskId, lines: `${seq} ${line}` })
  }
  return groups.values()
}

function damagedRecord(path: string, seq: unknown): StoreError {
  return new StoreError('STORE_DAMAGED', `${path}: record ${String(seq)} is damaged; see \`taskwright store check\``)
}

/** The lines of a row, each with its seq. */
function linesOf(lines: string): (readonly [seq: number, line: string])[] {
  return lines.split('\n').map((text) => {
    const space = text.indexOf(' ')
    return [Number(text.slice(0, space)), text.slice(space + 1)]
  })
}

/**
 * A journal in one SQLite file, synchronous. Held exclusively while it is open: the operating system lets go of the
 * lock when the process dies. Source of the settings: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
export class SqliteFile {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #forget: StatementSync
  readonly #audit: SqliteAudit
  #lastSeq: number

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
    this.#insert = database.prepare('INSERT INTO record (seq, batch, task, crc, lines) VALUES (?, ?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM record WHERE task = ?')
    this.#audit = new SqliteAudit(database)
    this.#lastSeq = Number(database.prepare('SELECT batch FROM record ORDER BY seq DESC LIMIT 1').get()?.['batch'] ?? 0)
  }

  /** @throws StoreError */
  static async open(path: string, { readOnly = false }: OpenOptions = {}): Promise<SqliteFile> {
    const sqlite = await import('node:sqlite').catch((cause: unknown) => {
      throw new StoreError(
        'STORE_UNSUPPORTED',
        `a file store needs node:sqlite, which this Node (${process.version}) does not have; use Node 22.13 or newer, or store: 'memory'`,
        { cause },
      )
    })
    let database: DatabaseSync | null = null
    try {
      // Inputs and outputs are written down as they are: nobody else is to read them.
      if (!readOnly && !existsSync(path)) closeSync(openSync(path, 'a', 0o600))
      database = new sqlite.DatabaseSync(path, { readOnly })
      // The lock comes with the first access, and a WAL without shared memory leaves one file beside the journal.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0;')
      if (!readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT;')
      migrate(database, path, readOnly)
      return new SqliteFile(path, database)
    } catch (thrown) {
      database?.close()
      throw toStoreError(thrown, path)
    }
  }

  /** @throws StoreError */
  auditEnd(): AuditEnd {
    try {
      return this.#audit.end()
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  /** The audit log, oldest first, as it is stored: nothing is checked. @throws StoreError */
  *auditLines(): Generator<AuditLine> {
    try {
      yield* this.#audit.lines(0)
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  auditNotes(): string[] {
    try {
      return this.#audit.notes()
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  /** The highest `seq` that is on disk; 0: none. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** One transaction. Rows that are on disk already, by an earlier try, are left as they are. @throws StoreError */
  commit({ rows, forgotten, audit }: Commit): void {
    const database = this.#database
    const batch = rows.at(-1)?.seq ?? this.#lastSeq
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const { seq, taskId, lines } of groupByTask(rows, this.#lastSeq))
        this.#insert.run(seq, batch, taskId, checksumOf(lines), lines)
      for (const taskId of forgotten) this.#forget.run(taskId)
      if (audit) this.#audit.write(audit)
      database.exec('COMMIT')
      this.#lastSeq = batch
      if (audit) this.#audit.written(audit)
    } catch (thrown) {
      try {
        database.exec('ROLLBACK')
      } catch {
        // SQLite has rolled back by itself.
      }
      throw toStoreError(thrown, this.path)
    }
  }

  /**
   * Rows after `seq`, oldest first: at least `limit` if there are as many, and whole commits.
   * @throws StoreError `STORE_DAMAGED`
   */
  read(seq: number, limit: number): Row[] {
    const rows: Row[] = []
    try {
      const statement = this.#database.prepare(
        'SELECT seq, batch, task, crc, lines FROM record WHERE seq > ? ORDER BY seq',
      )
      let last: unknown
      for (const { seq: first, batch, task, crc, lines } of statement.iterate(seq)) {
        if (rows.length >= limit && batch !== last) break
        last = batch
        if (typeof lines !== 'string' || checksumOf(lines) !== Number(crc)) {
          throw damagedRecord(this.path, first)
        }
        const taskId = typeof task === 'string' ? task : null
        for (const [at, line] of linesOf(lines)) rows.push({ seq: at, taskId, line })
      }
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
    // Within a commit the lines of a task stand together.
    return rows.sort((one, other) => one.seq - other.seq)
  }

  /** Puts other lines in the place of those that are there, all or none. @throws StoreError, and what `change` throws */
  rewrite(change: (line: string) => string): void {
    const database = this.#database
    const update = database.prepare('UPDATE record SET crc = ?, lines = ? WHERE seq = ?')
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const { seq, crc, lines } of database.prepare('SELECT seq, crc, lines FROM record').all()) {
        // What is damaged must not look whole afterwards.
        if (checksumOf(String(lines)) !== Number(crc)) throw damagedRecord(this.path, seq)
        const changed = linesOf(String(lines)).map(([at, line]) => `${at} ${change(line)}`)
        const text = changed.join('\n')
        update.run(checksumOf(text), text, seq ?? null)
      }
      database.exec('COMMIT')
    } catch (thrown) {
      database.exec('ROLLBACK')
      throw thrown
    }
  }

  /** What SQLite itself finds wrong with the file. */
  problems(): string[] {
    try {
      const found = this.#database.prepare('PRAGMA quick_check').all()
      return found.map((row) => String(row['quick_check'])).filter((text) => text !== 'ok')
    } catch (thrown) {
      return [toStoreError(thrown, this.path).message]
    }
  }

  /** Gives the room of what was forgotten back to the file system. @throws StoreError */
  vacuum(): void {
    try {
      this.#database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE);')
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  close(): void {
    this.#database.close()
  }
}
