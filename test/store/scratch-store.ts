import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalRecord } from 'taskwright'
import { onTestFinished } from 'vitest'
import { recordOf } from '../../src/store/record-line.ts'
import { rowOf } from '../../src/store/sqlite/rows.ts'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'

/** A folder for the length of a test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskwright-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What is on disk. */
export async function recordsIn(path: string): Promise<JournalRecord[]> {
  const file = await SqliteFile.open(path, { access: 'look' })
  try {
    return [...file.rows()].map(({ line }) => recordOf(line))
  } finally {
    file.close()
  }
}

/** Writes what the runtime of a process would. */
export async function writeRecords(path: string, records: readonly JournalRecord[]): Promise<void> {
  const file = await SqliteFile.open(path)
  try {
    file.commit({ rows: records.map(rowOf), forgotten: [] })
  } finally {
    file.close()
  }
}
