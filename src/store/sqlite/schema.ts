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

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

/** Brings a file to the present schema. @throws StoreError `STORE_TOO_NEW`, `STORE_DAMAGED` for another's file */
export function migrate(database: DatabaseSync, path: string, readOnly: boolean): void {
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const isEmpty = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] ?? 0) === 0
  if (id !== applicationId && !(isEmpty && id === 0 && version === 0)) {
    throw new StoreError('STORE_DAMAGED', `${path} is a database, but not a journal of tasks; name another file`)
  }
  if (version > migrations.length) {
    throw new StoreError(
      'STORE_TOO_NEW',
      `${path} was written by a newer release (schema ${version}, this one knows ${migrations.length}); update taskwright`,
    )
  }
  if (readOnly || version === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  for (const migration of migrations.slice(version)) database.exec(migration)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT;`)
}
