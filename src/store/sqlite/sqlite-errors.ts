import { describeThrown } from '../../model/errors.ts'
import type { StoreErrorCode } from '../../model/store-error.ts'
import { StoreError } from '../../model/store-error.ts'

type Meaning = readonly [code: StoreErrorCode, advice: string]

const inUse: Meaning = ['STORE_LOCKED', 'another process, or another runtime of this one, has it open; stop that first']
const unwritable: Meaning = ['STORE_READ_ONLY', 'it cannot be written; check its permissions, and those of its folder']

/** By SQLite's primary result code. Source: sqlite.org/rescode.html. */
const meanings: Readonly<Record<number, Meaning>> = {
  5: inUse,
  6: inUse,
  8: unwritable,
  10: ['STORE_IO', 'the disk does not read or write it; check the disk, and the limits on the size of files'],
  11: ['STORE_DAMAGED', 'it is damaged; see `taskwright store check`, and restore it from a copy'],
  13: ['STORE_FULL', 'the disk is full; make room'],
  14: ['STORE_IO', 'it cannot be opened; check that its folder exists and may be written'],
  26: ['STORE_FOREIGN', 'it is no SQLite file; name another, or restore it from a copy'],
}

/** What the file system says before SQLite sees the file. */
const systemMeanings: Readonly<Record<string, Meaning>> = {
  EACCES: unwritable,
  EPERM: unwritable,
  EROFS: ['STORE_READ_ONLY', 'its file system is read-only'],
  ENOENT: ['STORE_IO', 'its folder does not exist; make it first'],
  ENOTDIR: ['STORE_IO', 'a part of its path is no folder'],
  ENOSPC: ['STORE_FULL', 'the disk is full; make room'],
}

function meaningOf(thrown: unknown): Meaning {
  const system = thrown instanceof Error && 'code' in thrown ? systemMeanings[String(thrown.code)] : undefined
  if (system) return system
  const primary =
    typeof thrown === 'object' && thrown !== null && 'errcode' in thrown ? Number(thrown.errcode) & 0xff : -1
  return meanings[primary] ?? ['STORE_FAILED', 'see the cause']
}

/** For a Node that is too old. */
export function unsupported(cause?: unknown): StoreError {
  return new StoreError(
    'STORE_UNSUPPORTED',
    `a file store needs node:sqlite, which this Node (${process.version}) does not have; use Node 22.13 or newer, or store: 'memory'`,
    { cause },
  )
}

/** What SQLite or the file system threw, as one of the store's own errors. */
export function toStoreError(thrown: unknown, path: string): StoreError {
  if (thrown instanceof StoreError) return thrown
  const [code, advice] = meaningOf(thrown)
  return new StoreError(code, `${path}: ${advice} (${describeThrown(thrown)})`, { cause: thrown })
}
