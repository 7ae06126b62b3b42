import { resolve } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { describeThrown } from '../../model/errors.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import { checksumOf, lineOf, taskIdOf } from '../record-line.ts'
import type { Access } from './file-place.ts'
import { FilePlace } from './file-place.ts'
import { layOut, pragma, takeHold, versionOf } from './schema.ts'
import { toStoreError, unsupported } from './sqlite-errors.ts'

/** A line of the journal on its way to the file or from it. */
export interface Row {
  readonly seq: number
  /** `null`: an event of the runtime itself. */
  readonly taskId: string | null
  readonly line: string
}

export function rowOf(record: JournalRecord): Row {
  return { seq: record.event.seq, taskId: taskIdOf(record), line: lineOf(record) }
}

/** A row as it was found. */
export interface FoundRow extends Row {
  /** It passes its checksum. */
  readonly isWhole: boolean
}

export interface OpenOptions {
  readonly access?: Access
  /** Opened again by the same runtime: nobody else may have had it since that {@link SqliteFile.generation}. */
  readonly successorOf?: number | null
}

/** Free pages that a file may keep for what comes next, and how many are given back after a commit. */
const keptPages = 1_024
const pagesAtATime = 1_024

/**
 * A journal in one SQLite file, synchronous. Held exclusively while it is open: the operating system lets go of the
 * lock when the process dies. Source of the settings: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
export class SqliteFile {
  /** How often the file was opened for writing; 0: it is open to be looked at. */
  readonly generation: number
  readonly #place: FilePlace
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #forget: StatementSync
  readonly #drop: StatementSync
  #lastSeq: number
  #mayShrink = true

  private constructor(place: FilePlace, database: DatabaseSync, generation: number) {
    this.#place = place
    this.#database = database
    this.generation = generation
    this.#insert = database.prepare('INSERT INTO event (seq, task, crc, line) VALUES (?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM event WHERE task = ?')
    this.#drop = database.prepare('DELETE FROM event WHERE seq = ?')
    this.#lastSeq = Number(database.prepare('SELECT max(seq) AS last FROM event').get()?.['last'] ?? 0)
    place.remember()
  }

  /** @throws StoreError */
  static async open(path: string, { access = 'write', successorOf = null }: OpenOptions = {}): Promise<SqliteFile> {
    const sqlite = await import('node:sqlite').catch((cause: unknown) => {
      throw unsupported(cause)
    })
    // SQLite has names of its own, such as ":memory:".
    const place = new FilePlace(resolve(path))
    let database: DatabaseSync | null = null
    try {
      place.prepare(access)
      database = new sqlite.DatabaseSync(place.path)
      // The lock comes with the first access, and a WAL without shared memory leaves one file beside the journal.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0;')
      const version = versionOf(database, place.path)
      if (version === 0 && access !== 'write')
        throw new StoreError(
          'STORE_FOREIGN',
          `${place.path}: there is nothing in it, not even an empty store; name another`,
        )
      let generation = 0
      if (access === 'look') database.exec('BEGIN EXCLUSIVE; COMMIT;')
      else {
        layOut(database, version)
        generation = takeHold(database, place.path, successorOf)
      }
      return new SqliteFile(place, database, generation)
    } catch (thrown) {
      database?.close()
      throw toStoreError(thrown, place.path)
    }
  }

  get path(): string {
    return this.#place.path
  }

  /** The highest `seq` that is on disk; 0: none. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** What is committed goes nowhere that would be found again: close it, and open it anew. */
  get hasLostWal(): boolean {
    return this.#place.hasLostWal
  }

  /**
   * One transaction. Rows that are on disk already, by an earlier try, are left as they are.
   * @param forgotten tasks whose rows go
   * @param dropped rows that go, by `seq`
   * @throws StoreError
   */
  commit(rows: readonly Row[], forgotten: readonly string[], dropped: readonly number[] = []): void {
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
      for (const seq of dropped) this.#drop.run(seq)
      database.exec('COMMIT')
      this.#lastSeq = last
      this.#place.assertUnmoved()
    } catch (thrown) {
      this.#rollBack()
      throw toStoreError(thrown, this.path)
    }
    if (forgotten.length > 0) this.#mayShrink = true
    if (this.#mayShrink) this.#giveRoomBack()
  }

  /** Rows after `seq`, oldest first, at most `limit`. @throws StoreError */
  find(seq: number, limit: number): FoundRow[] {
    try {
      const statement = this.#database.prepare(
        'SELECT seq, task, crc, line FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
      )
      return statement.all(seq, limit).map(({ seq: at, task, crc, line }) => ({
        seq: Number(at),
        taskId: typeof task === 'string' ? task : null,
        line: String(line),
        isWhole: typeof line === 'string' && checksumOf(line) === Number(crc),
      }))
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  /** As {@link find}. @throws StoreError `STORE_DAMAGED` for a row that does not pass its checksum */
  read(seq: number, limit: number): Row[] {
    const rows = this.find(seq, limit)
    const damaged = rows.find(({ isWhole }) => !isWhole)
    if (!damaged) return rows
    throw new StoreError(
      'STORE_DAMAGED',
      `${this.path}: record ${damaged.seq} is damaged; see \`taskwright store check\`, and restore it from a copy`,
    )
  }

  /** What SQLite itself finds wrong with the file. */
  problems(): string[] {
    // The quick check gets further in a damaged file, and the other one sees more in a whole one.
    const quick = this.#check('quick_check')
    return quick.length > 0 ? quick : this.#check('integrity_check')
  }

  /** Gives the room of what was forgotten back to the file system, all of it; the file is smaller once it is closed. */
  vacuum(): void {
    try {
      this.#database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM;')
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
  }

  close(): void {
    this.#database.close()
  }

  #check(name: 'quick_check' | 'integrity_check'): string[] {
    try {
      const found = this.#database.prepare(`PRAGMA ${name}`).all()
      return found
        .flatMap((row) => String(row[name]).split('\n'))
        .filter((text) => text !== 'ok' && !/^\*+ /.test(text))
    } catch (thrown) {
      return [describeThrown(thrown)]
    }
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself.
    }
  }

  /** Some of it, so that nobody waits long: with every commit, until little enough is free. */
  #giveRoomBack(): void {
    const free = pragma(this.#database, 'freelist_count')
    this.#mayShrink = free > keptPages && free * 2 > pragma(this.#database, 'page_count')
    if (!this.#mayShrink) return
    try {
      this.#database.exec(`PRAGMA incremental_vacuum(${pagesAtATime})`)
    } catch {
      // What was committed stays so; a disk in trouble shows with the next commit.
    }
  }
}
