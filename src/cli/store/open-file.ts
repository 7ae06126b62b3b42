import { accessSync, constants, existsSync } from 'node:fs'
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import { recordOf } from '../../store/record-line.ts'
import type { Access } from '../../store/sqlite/file-place.ts'
import { toStoreError } from '../../store/sqlite/sqlite-errors.ts'
import { SqliteFile } from '../../store/sqlite/sqlite-file.ts'

type Work<Result> = (file: SqliteFile) => Result | Promise<Result>

/** Opens a store, does the work, and closes it. @throws StoreError */
export async function withStore<Result>(path: string, access: Access, work: Work<Result>): Promise<Result> {
  const file = await SqliteFile.open(path, { access })
  try {
    return await work(file)
  } finally {
    file.close()
  }
}

/** Looks into a store that is there. One that may not be written is copied: SQLite has to write to read. @throws StoreError */
export async function inspectStore<Result>(path: string, work: Work<Result>): Promise<Result> {
  if (mayWrite(path) && mayWrite(dirname(path))) return withStore(path, 'look', work)
  const folder = await mkdtemp(join(tmpdir(), 'taskwright-store-'))
  const copy = join(folder, 'copy.db')
  try {
    await copyStore(path, copy)
    return await withStore(copy, 'look', work)
  } catch (thrown) {
    throw thrown instanceof StoreError ? named(thrown, copy, path) : thrown
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What was committed last lies beside the file. @throws StoreError */
async function copyStore(path: string, copy: string): Promise<void> {
  try {
    for (const end of existsSync(`${path}-wal`) ? ['', '-wal'] : ['']) {
      await copyFile(`${path}${end}`, `${copy}${end}`)
      await chmod(`${copy}${end}`, 0o600)
    }
  } catch (thrown) {
    throw toStoreError(thrown, path)
  }
}

function named({ code, message, cause }: StoreError, copy: string, path: string): StoreError {
  return new StoreError(code, message.replaceAll(copy, path), { cause })
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch (thrown) {
    // That it is not there, somebody else says.
    return !(thrown instanceof Error && 'code' in thrown && (thrown.code === 'EACCES' || thrown.code === 'EROFS'))
  }
}

/** The records of a store, oldest first. @throws StoreError `STORE_DAMAGED` at the first that does not pass its checksum */
export function* storedRecords(file: SqliteFile): Generator<JournalRecord> {
  for (const { line } of file.rows()) yield recordOf(line)
}
