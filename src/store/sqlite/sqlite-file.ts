import { resolve } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { describeThrown } from '../../model/errors.ts'
import { StoreError } from '../../model/store-error.ts'
import type { AuditBatch } from '../audit-store.ts'
import { checksumOf } from '../record-line.ts'
import type { Access } from './file-place.ts'
import { FilePlace } from './file-place.ts'
import type { Row, StoredGroup } from './rows.ts'
import { groupByTask, groupOf, lastSeqOf, linesChanged, linesWithout, rowsOfCommit } from './rows.ts'
import { layOut, pragma, takeHold, versionOf } from './schema.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { toStoreError, unsupported } from './sqlite-errors.ts'

/** What goes to disk together. */
export interface Commit {
  readonly rows: readonly Row[]
  /** Tasks whose rows go. */
  readonly forgotten: readonly string[]
  /** Events of the runtime itself that go, by `seq`. */
  readonly dropped?: ReadonlySet<number>
  readonly audit?: AuditBatch
}

export interface OpenOptions {
  readonly access?: Access
  /** Opened again by the same runtime: nobody may have had it since that {@link SqliteFile.holder}. */
  readonly after?: string | null
}

/** Free pages that a file may keep for what comes next, and how many are given back after a commit. */
const keptPages = 1_024
const pagesAtATime = 1_024

const select = 'SELECT seq, batch, task, crc, lines FROM record'

/**
 * A journal in one SQLite file, synchronous. Held exclusively while it is open: the operating system lets go of the
 * lock when the process dies. Source of the settings: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
export class SqliteFile {
  /** The name under which it is held; `null`: it is open to be looked at. */
  readonly holder: string | null
  readonly audit: SqliteAudit
  readonly #place: FilePlace
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #forget: StatementSync
  #lastSeq: number
  #mayShrink = true

  private constructor(place: FilePlace, database: DatabaseSync, holder: string | null) {
    this.#place = place
    this.#database = database
    this.holder = holder
    this.#insert = database.prepare('INSERT INTO record (seq, batch, task, crc, lines) VALUES (?, ?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM record WHERE task = ?')
    this.audit = new SqliteAudit(database, place.path)
    this.#lastSeq = this.#findLastSeq()
    place.remember()
  }

  /** @throws StoreError */
  static async open(path: string, { access = 'write', after = null }: OpenOptions = {}): Promise<SqliteFile> {
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
      let holder: string | null = null
      if (access === 'look') database.exec('BEGIN EXCLUSIVE; COMMIT;')
      else {
        layOut(database, version)
        holder = takeHold(database, place.path, after)
      }
      return new SqliteFile(place, database, holder)
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
   * @throws StoreError
   */
  commit({ rows, forgotten, dropped, audit }: Commit): void {
    const database = this.#database
    const batch = Math.max(this.#lastSeq, rows.at(-1)?.seq ?? 0)
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const { seq, taskId, lines } of groupByTask(rows, this.#lastSeq))
        this.#insert.run(seq, batch, taskId, checksumOf(lines), lines)
      for (const taskId of forgotten) this.#forget.run(taskId)
      if (dropped && dropped.size > 0) this.#drop(dropped)
      if (audit) this.audit.write(audit)
      database.exec('COMMIT')
      this.#lastSeq = batch
      if (audit) this.audit.written(audit)
      this.#place.assertUnmoved()
    } catch (thrown) {
      this.#rollBack()
      throw toStoreError(thrown, this.path)
    }
    if (forgotten.length > 0) this.#mayShrink = true
    if (this.#mayShrink) this.#giveRoomBack()
  }

  /** What was written after `seq`, oldest first: for each commit its rows, whole or not. @throws StoreError */
  *commits(seq = 0): Generator<readonly StoredGroup[]> {
    let groups: StoredGroup[] = []
    try {
      for (const row of this.#database.prepare(`${select} WHERE seq > ? ORDER BY seq`).iterate(seq)) {
        const group = groupOf(row)
        if (groups.length > 0 && groups[0]?.batch !== group.batch) {
          yield groups
          groups = []
        }
        groups.push(group)
      }
    } catch (thrown) {
      throw toStoreError(thrown, this.path)
    }
    if (groups.length > 0) yield groups
  }

  /** All lines after `seq`, in order. @throws StoreError `STORE_DAMAGED` at the first that does not pass its checksum */
  *rows(seq = 0): Generator<Row> {
    for (const groups of this.commits(seq)) yield* rowsOfCommit(this.#assertWhole(groups))
  }

  /** As {@link rows}: at least `limit`, if there are as many, and whole commits. */
  read(seq: number, limit: number): Row[] {
    const rows: Row[] = []
    for (const groups of this.commits(seq)) {
      for (const row of rowsOfCommit(this.#assertWhole(groups))) rows.push(row)
      if (rows.length >= limit) break
    }
    return rows
  }

  /** Puts other lines in the place of those that are there, all or none. @throws StoreError, and what `change` throws */
  rewrite(change: (line: string) => string): void {
    const database = this.#database
    const update = database.prepare('UPDATE record SET crc = ?, lines = ? WHERE seq = ?')
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const row of database.prepare(select).all()) {
        const group = groupOf(row)
        // What is damaged must not look whole afterwards.
        this.#assertWhole([group])
        const lines = linesChanged(group, change)
        update.run(checksumOf(lines), lines, group.seq)
      }
      database.exec('COMMIT')
    } catch (thrown) {
      this.#rollBack()
      throw thrown
    }
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

  #assertWhole(groups: readonly StoredGroup[]): readonly StoredGroup[] {
    const damaged = groups.find(({ isWhole }) => !isWhole)
    if (!damaged) return groups
    throw new StoreError(
      'STORE_DAMAGED',
      `${this.path}: record ${damaged.seq} is damaged; see \`taskwright store check\`, and restore it from a copy`,
    )
  }

  /** Of what is left: the last of a commit may have been forgotten. */
  #findLastSeq(): number {
    let last: StoredGroup | null = null
    let seq = 0
    for (const row of this.#database.prepare(`${select} ORDER BY seq DESC`).iterate()) {
      const group = groupOf(row)
      last ??= group
      if (group.batch !== last.batch) break
      seq = Math.max(seq, lastSeqOf(group))
    }
    return seq
  }

  #drop(dropped: ReadonlySet<number>): void {
    const update = this.#database.prepare('UPDATE record SET crc = ?, lines = ? WHERE seq = ?')
    const remove = this.#database.prepare('DELETE FROM record WHERE seq = ?')
    for (const row of this.#database.prepare(`${select} WHERE task IS NULL`).all()) {
      const group = groupOf(row)
      const left = linesWithout(group, dropped)
      if (left === null) remove.run(group.seq)
      else if (left !== group.lines) update.run(checksumOf(left), left, group.seq)
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
