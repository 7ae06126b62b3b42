import { open, rm } from 'node:fs/promises'
import { StoreError } from '../../model/store-error.ts'
import { toStoreError } from '../../store/sqlite/sqlite-errors.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { unusable } from '../input-file.ts'

const linesAtATime = 1_000

function* batchesOf(file: SqliteFile): Generator<string> {
  let lines: string[] = []
  for (const { line } of file.rows()) {
    lines.push(`${line}\n`)
    if (lines.length < linesAtATime) continue
    yield lines.join('')
    lines = []
  }
  yield lines.join('')
}

function isExisting(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'
}

/**
 * Writes a store to a new file that nobody else may read, as the store itself. Whole, or not at all.
 * @throws CommandError `FILE_INVALID`, StoreError
 */
export async function exportTo(out: string, file: SqliteFile): Promise<void> {
  const problem = (thrown: unknown) =>
    unusable(
      out,
      [isExisting(thrown) ? 'it exists already; name a new file' : toStoreError(thrown, out).message],
      thrown,
    )
  const written = await open(out, 'wx', 0o600).catch((thrown: unknown) => {
    throw problem(thrown)
  })
  try {
    for (const text of batchesOf(file)) await written.appendFile(text)
    await written.sync()
  } catch (thrown) {
    await rm(out)
    throw thrown instanceof StoreError ? thrown : problem(thrown)
  } finally {
    await written.close()
  }
}
