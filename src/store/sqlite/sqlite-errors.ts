import { describeThrown } from '../../model/errors.ts'
import type { StoreErrorCode } from '../../model/store-error.ts'
import { StoreError } from '../../model/store-error.ts'

/** By SQLite's primary result code. Source: sqlite.org/rescode.html. */
const codes: Readonly<Record<number, readonly [StoreErrorCode, string]>> = {
  5: ['STORE_LOCKED', 'another process, or another runtime of this one, has it open; stop that first'],
  6: ['STORE_LOCKED', 'another process, or another runtime of this one, has it open; stop that first'],
  8: ['STORE_READ_ONLY', 'it cannot be written; check its permissions, and those of its folder'],
  10: ['STORE_IO', 'the disk failed; what was acknowledged is safe, and the rest is tried again'],
  11: ['STORE_DAMAGED', 'the file is damaged; see `taskwright store check`, and restore it from a copy'],
  13: ['STORE_FULL', 'the disk is full; make room, and it goes on'],
  14: ['STORE_IO', 'it cannot be opened; check that its folder exists and may be written'],
  26: ['STORE_DAMAGED', 'it is no SQLite file; name another, or restore it from a copy'],
}

/** What the file system says before SQLite sees the file. */
const systemCodes: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  EACCES: ['STORE_READ_ONLY', 'it cannot be written; check its permissions, and those of its folder'],
  EROFS: ['STORE_READ_ONLY', 'its file system is read-only'],
  ENOENT: ['STORE_IO', 'its folder does not exist; make it first'],
  EISDIR: ['STORE_IO', 'it is a folder; name a file'],
  ENOSPC: ['STORE_FULL', 'the disk is full; make room, and try again'],
}

/** What SQLite threw, as one of the store's own errors. */
export function toStoreError(thrown: unknown, path: string): StoreError {
  if (thrown instanceof StoreError) return thrown
  const system = thrown instanceof Error && 'code' in thrown ? systemCodes[String(thrown.code)] : undefined
  if (system) return new StoreError(system[0], `${path}: ${system[1]} (${describeThrown(thrown)})`, { cause: thrown })
  const primary =
    typeof thrown === 'object' && thrown !== null && 'errcode' in thrown ? Number(thrown.errcode) & 0xff : -1
  const known = codes[primary]
  const [code, advice] = known ?? ['STORE_FAILED' as const, 'see the cause']
  return new StoreError(code, `${path}: ${advice} (${describeThrown(thrown)})`, { cause: thrown })
}
