import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../model/store-error.ts'

/** 'TWRT': tells a journal from any other SQLite file. */
const applicationId = 0x54575254

/** Each entry takes a file one version further; entries are only ever added. */
const migrations: readonly string[] = [
  // A row holds what one commit wrote of one task: a line is the seq of an event, a space, and the event.
  `CREATE TABLE record (
     seq INTEGER PRIMARY KEY, -- of the first line
     batch INTEGER NOT NULL, -- seq of the last line of the whole commit
     task TEXT, -- null: events of the runtime itself
     crc INTEGER NOT NULL,
     lines TEXT NOT NULL
   ) STRICT;
   CREATE INDEX record_task ON record (task);`,
  // One row: who has had it last. Another name with each opening.
  `CREATE TABLE holder (name TEXT NOT NULL) STRICT;
   INSERT INTO holder VALUES ('nobody');`,
  // The audit log: who did what. Its rows are never changed or dropped.
  `CREATE TABLE audit (
     seq INTEGER PRIMARY KEY,
     task TEXT,
     hash TEXT NOT NULL, -- of the line, in hex
     line TEXT NOT NULL
   ) STRICT;
   CREATE INDEX audit_task ON audit (task);
   CREATE TABLE audit_checkpoint (
     size INTEGER PRIMARY KEY,
     note TEXT, -- signed
     head TEXT NOT NULL,
     frontier TEXT NOT NULL -- JSON
   ) STRICT;`,
]

/** The schema that this release writes. */
const schemaVersion = migrations.length

/** To which a `-wal` is cut after it was taken in, bytes. */
const largestWal = 16 * 2 ** 20

export function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

/**
 * The version of a file's schema; 0: there is nothing in it. Changes nothing.
 * @throws StoreError `STORE_FOREIGN` for another program's file, `STORE_TOO_NEW`
 */
export function versionOf(database: DatabaseSync, path: string): number {
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const isEmpty = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] ?? 0) === 0
  if (isEmpty && id === 0 && version === 0) return 0
  if (id !== applicationId)
    throw new StoreError('STORE_FOREIGN', `${path}: it is a database, but no store of tasks; name another file`)
  if (version > schemaVersion)
    throw new StoreError(
      'STORE_TOO_NEW',
      `${path}: it was written by a newer release (schema ${version}, this one knows ${schemaVersion}); update taskwright`,
    )
  return version
}

/** Brings a file of `version` to the present schema, and to the settings that a journal needs. */
export function layOut(database: DatabaseSync, version: number): void {
  // Counts for a file only while nothing is in it, a WAL included.
  if (version === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${largestWal};`)
  database.exec('BEGIN EXCLUSIVE')
  for (const migration of migrations.slice(version)) database.exec(migration)
  if (version < schemaVersion)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`)
  database.exec('COMMIT')
}

/**
 * Notes who has the file from now on. What an earlier process had written and not synced is synced by it, too.
 * @param after who must have had it last; `null`: anybody
 * @returns the name of the new holder
 * @throws StoreError `STORE_TAKEN_OVER`
 */
export function takeHold(database: DatabaseSync, path: string, after: string | null): string {
  const holder = () => String(database.prepare('SELECT name FROM holder').get()?.['name'])
  if (after !== null && holder() !== after)
    throw new StoreError(
      'STORE_TAKEN_OVER',
      `${path}: another process has had it since; stop this runtime, nothing that it does is recorded any more`,
    )
  database.exec('UPDATE holder SET name = hex(randomblob(16)); PRAGMA wal_checkpoint(PASSIVE);')
  return holder()
}
