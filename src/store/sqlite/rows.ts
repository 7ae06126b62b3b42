import type { SQLOutputValue } from 'node:sqlite'
import type { JournalRecord } from '../../model/journal-record.ts'
import { checksumOf, lineOf, taskIdOf } from '../record-line.ts'

/** A line of the journal on its way to the file or from it. */
export interface Row {
  readonly seq: number
  /** `null`: an event of the runtime itself. */
  readonly taskId: string | null
  readonly line: string
}

export function rowOf(record: JournalRecord): Row {
  return { seq: record.event.seq, taskId: taskIdOf(record), line: lineOf(record) }
}

/** What one commit wrote of one task, as the file has it: a line is the seq of an event, a space, and the event. */
export interface StoredGroup {
  /** Of the first line. */
  readonly seq: number
  /** The seq of the last line of the whole commit. */
  readonly batch: number
  readonly taskId: string | null
  readonly lines: string
  /** It passes its checksum. */
  readonly isWhole: boolean
}

/** What follows `lastSeq`, by task: a row and an entry of the index for each line would be twice the work. */
export function groupByTask(
  rows: readonly Row[],
  lastSeq: number,
): Iterable<Pick<StoredGroup, 'seq' | 'taskId' | 'lines'>> {
  const groups = new Map<string | null, { seq: number; taskId: string | null; lines: string }>()
  for (const { seq, taskId, line } of rows) {
    if (seq <= lastSeq) continue
    const group = groups.get(taskId)
    if (group) group.lines += `\n${seq} ${line}`
    else groups.set(taskId, { seq, taskId, lines: `${seq} ${line}` })
  }
  return groups.values()
}

export function groupOf({ seq, batch, task, crc, lines }: Record<string, SQLOutputValue>): StoredGroup {
  return {
    seq: Number(seq),
    batch: Number(batch),
    taskId: typeof task === 'string' ? task : null,
    lines: String(lines),
    isWhole: typeof lines === 'string' && checksumOf(lines) === Number(crc),
  }
}

function rowsOf({ taskId, lines }: StoredGroup): Row[] {
  return lines.split('\n').map((line) => {
    const space = line.indexOf(' ')
    return { seq: Number(line.slice(0, space)), taskId, line: line.slice(space + 1) }
  })
}

/** What one commit wrote, in order: in the file the lines of a task stand together. */
export function rowsOfCommit(groups: readonly StoredGroup[]): Row[] {
  return groups.flatMap(rowsOf).sort((one, other) => one.seq - other.seq)
}

/** The lines of a group without some; `null`: nothing is left. */
export function linesWithout(group: StoredGroup, dropped: ReadonlySet<number>): string | null {
  const left = rowsOf(group).filter(({ seq }) => !dropped.has(seq))
  return left.length === 0 ? null : left.map(({ seq, line }) => `${seq} ${line}`).join('\n')
}

/** The lines of a group, each changed. */
export function linesChanged(group: StoredGroup, change: (line: string) => string): string {
  return rowsOf(group)
    .map(({ seq, line }) => `${seq} ${change(line)}`)
    .join('\n')
}

/** The highest seq in a group that is whole, else that of its first line. */
export function lastSeqOf(group: StoredGroup): number {
  return group.isWhole ? (rowsOf(group).at(-1)?.seq ?? group.seq) : group.seq
}
