import { existsSync } from 'node:fs'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import { recordOf } from '../../store/record-line.ts'
import type { Row } from '../../store/sqlite/sqlite-file.ts'
import { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { unusable } from '../input-file.ts'

const batch = 5_000

/** Opens a store that is there, does the work, and closes it. @throws CommandError `FILE_INVALID` if it cannot be had */
export async function withStore<Result>(
  path: string,
  work: (file: SqliteFile) => Result | Promise<Result>,
): Promise<Result> {
  if (!existsSync(path)) throw unusable(path, ['there is no such file'])
  const file = await openStoreFile(path)
  try {
    return await work(file)
  } finally {
    file.close()
  }
}

/** @throws CommandError `FILE_INVALID` */
export async function openStoreFile(path: string): Promise<SqliteFile> {
  try {
    return await SqliteFile.open(path)
  } catch (thrown) {
    if (thrown instanceof StoreError) throw unusable(path, [thrown.message], thrown)
    throw thrown
  }
}

/** The rows of a store, oldest first. @throws StoreError `STORE_DAMAGED` at the first that does not pass its checksum */
export function* rowsOf(file: SqliteFile): Generator<Row> {
  let after = 0
  for (let rows = file.read(after, batch); rows.length > 0; rows = file.read(after, batch)) {
    yield* rows
    after = rows.at(-1)?.seq ?? after
  }
}

export function* storedRecords(file: SqliteFile): Generator<JournalRecord> {
  for (const { line } of rowsOf(file)) yield recordOf(line)
}
