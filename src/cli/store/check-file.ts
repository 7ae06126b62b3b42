import { StoreError } from '../../model/store-error.ts'
import { recordOf, taskIdOf } from '../../store/record-line.ts'
import type { Row } from '../../store/sqlite/rows.ts'
import { rowsOfCommit } from '../../store/sqlite/rows.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import type { JournalContents } from './check-journal.ts'
import { JournalChecker } from './check-journal.ts'
import { inspectStore } from './open-file.ts'

/** What a store holds, and what is wrong with it. */
export interface FileCheck extends JournalContents {
  readonly problems: readonly string[]
}

const shownProblems = 1_000

/** Checks a store, to the last record even if some are damaged. @throws StoreError if the file is no store, or cannot be had */
export async function checkFile(path: string): Promise<FileCheck> {
  const problems: string[] = []
  let left = 0
  const note: Note = (problem) => {
    if (problems.length < shownProblems) problems.push(problem)
    else left += 1
  }
  const checker = new JournalChecker(note)
  try {
    await inspectStore(path, (file) => takeAll(file, checker, note))
  } catch (thrown) {
    if (!(thrown instanceof StoreError && thrown.code === 'STORE_DAMAGED')) throw thrown
    note('it is so damaged that it cannot be read; restore it from a copy')
  }
  if (left > 0) problems.push(`and ${left} more`)
  return { ...checker.contents(), problems }
}

type Note = (problem: string) => void

function takeAll(file: SqliteFile, checker: JournalChecker, note: Note): void {
  for (const problem of file.problems()) note(problem)
  try {
    for (const groups of file.commits()) {
      for (const { seq, isWhole } of groups)
        if (!isWhole) note(`record ${seq} is damaged: it does not pass its checksum`)
      for (const row of rowsOfCommit(groups.filter(({ isWhole }) => isWhole))) take(row, checker, note)
    }
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown
    note(`its records cannot be read, or not to the end: ${thrown.message}`)
  }
}

function take({ seq, taskId, line }: Row, checker: JournalChecker, note: Note): void {
  try {
    const record = recordOf(line)
    if (record.event.seq !== seq || taskIdOf(record) !== taskId)
      note(`record ${seq} is damaged: its row says otherwise than its line`)
    checker.take(record)
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown
    note(`record ${seq}: ${thrown.message}`)
  }
}
