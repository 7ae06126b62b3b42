import { closeSync, existsSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../../model/store-error.ts'
import { checksumOf } from '../record-line.ts'
import { migrate } from './schema.ts'
import { toStoreError } from './sqlite-errors.ts'

/** A line of the journal on its way to the file or from it. */
export interface Row {
  readonly seq: number
  /** `null`: an event of the runtime itself. */
  readonly taskId: string | null
  readonly line: string
}

export interface OpenOptions {
  /** Only to look: a file that is not there is not made. */
  readonly readOnly?: boolean
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
  #lastSeq: number

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
    this.#insert = database.prepare('INSERT INTO event (seq, task, crc, line) VALUES (?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM event WHERE task = ?')
    this.#lastSeq = Number(database.prepare('SELECT max(seq) AS last FROM event').get()?.['last'] ?? 0)
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

  /** The highest `seq` that is on disk; 0: none. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** One transaction. Rows that are on disk already, by an earlier try, are left as they are. @throws StoreError */
  commit(rows: readonly Row[], forgotten: readonly string[]): void {
    const database = this.#database
    let last = this.#lastSeq
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const { seq, taskId, line } of rows) {
        if (seq <= this.#lastSeq) continue
        this.#insert.run(seq, taskId, checksumOf(line), line)
        last = seq
      }
      for (const taskId of forgotten) this.#forget.run(taskId)
      database.exec('COMMIT')
      this.#lastSeq = last
    } catch (thrown) {
      try {
        database.exec('ROLLBACK')
      } catch {
        // SQLite has rolled back by itself.
      }
      throw toStoreError(thrown, this.path)
    }
  }

  /** Rows after `seq`, oldest first, at most `limit`. @throws StoreError `STORE_DAMAGED` */
  read(seq: number, limit: number): Row[] {
    try {
      const statement = this.#database.prepare(
        'SELECT seq, task, crc, line FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
      )
      return statement.all(seq, limit).map((row) => {
        const { seq: at, task, crc, line } = row
        if (typeof line !== 'string' || checksumOf(line) !== Number(crc)) {
          throw new StoreError(
            'STORE_DAMAGED',
            `${this.path}: record ${String(at)} is damaged; see \`taskwright store check\``,
          )
        }
        return { seq: Number(at), taskId: typeof task === 'string' ? task : null, line }
      })
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
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
