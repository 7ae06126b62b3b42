import { createReadStream, existsSync, rmSync } from 'node:fs'
import { describeThrown } from '../../model/errors.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { problemsOfLine } from '../../model/journal-record-schema.ts'
import { mapStoredValues } from '../../model/stored-values.ts'
import { recordOf } from '../../store/record-line.ts'
import type { Row } from '../../store/sqlite/rows.ts'
import { rowOf } from '../../store/sqlite/rows.ts'
import { decodeValue } from '../../store/value-codec.ts'
import { CommandError } from '../command-error.ts'
import { reasonOf, unusable } from '../input-file.ts'
import { JournalChecker } from './check-journal.ts'
import { withStore } from './open-file.ts'

const lineFeed = 10

/** The lines of a stream as bytes, without their line feeds. */
async function* linesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  for await (const chunk of stream) {
    let rest = chunk instanceof Buffer ? chunk : Buffer.from(String(chunk))
    for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)])
      parts = []
      rest = rest.subarray(end + 1)
    }
    if (rest.length > 0) parts.push(rest)
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('it is not text in UTF-8', { cause })
  }
}

/** @throws Error for a value that cannot be read; what is encrypted only its key can tell */
export function assertReadable(record: JournalRecord): void {
  mapStoredValues(record, (value, _, field) => {
    try {
      decodeValue(value)
    } catch (thrown) {
      throw new Error(`its ${field} cannot be read: ${describeThrown(thrown)}`, { cause: thrown })
    }
    return value
  })
}

/** Lines one after the other, each held against those before it. */
export class LineReader {
  readonly rows: Row[] = []
  readonly problems: string[] = []
  readonly #checker = new JournalChecker((problem) => this.#found(problem))
  #number = 0
  #areWellFormed = true

  take(bytes: Buffer): void {
    this.#number += 1
    try {
      const text = textOf(bytes).trim()
      if (text === '') return
      const value: unknown = JSON.parse(text)
      const found = problemsOfLine(value)
      for (const problem of found) this.#found(problem)
      if (found.length > 0) this.#areWellFormed = false
      else this.#hold(text)
    } catch (thrown) {
      this.#areWellFormed = false
      this.#found(describeThrown(thrown))
    }
  }

  /** Once a line is missing, what those after it say is no fault of theirs. */
  #hold(text: string): void {
    const record = recordOf(text)
    assertReadable(record)
    if (!this.#areWellFormed) return
    this.#checker.take(record)
    this.rows.push(rowOf(record))
  }

  #found(problem: string): void {
    this.problems.push(`line ${this.#number}: ${problem}`)
  }
}

/** @param from `undefined`: standard input. @throws CommandError `FILE_INVALID` with every bad line */
async function readLines(from: string | undefined): Promise<readonly Row[]> {
  const reader = new LineReader()
  try {
    for await (const line of linesOf(from === undefined ? process.stdin : createReadStream(from))) reader.take(line)
  } catch (error) {
    throw unusable(from ?? 'standard input', [reasonOf(error)], error)
  }
  const { rows, problems } = reader
  if (rows.length === 0 && problems.length === 0) problems.push('it has no lines')
  if (problems.length > 0) throw new CommandError('FILE_INVALID', `cannot import ${from ?? 'standard input'}`, problems)
  return rows
}

/** Makes a store of exported lines: of all of them, or none. @returns how many. @throws CommandError, StoreError */
export async function importInto(path: string, from: string | undefined): Promise<number> {
  const rows = await readLines(from)
  const isNew = !existsSync(path)
  try {
    await withStore(path, 'write', (file) => {
      if (file.lastSeq > 0) throw unusable(path, ['it holds tasks already; import into a new file'])
      file.commit({ rows, forgotten: [] })
    })
  } catch (thrown) {
    if (isNew) for (const left of [path, `${path}-wal`]) rmSync(left, { force: true })
    throw thrown
  }
  return rows.length
}
