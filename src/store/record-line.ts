import { crc32 } from 'node:zlib'
import type { JournalRecord } from '../model/journal-record.ts'
import { StoreError } from '../model/store-error.ts'

/** A record as one line of JSON: the event's own fields, and `payload` if there is one. */
export function lineOf({ event, payload }: JournalRecord): string {
  return JSON.stringify(payload === null ? event : { ...event, payload })
}

/** The task that a record is about, and is forgotten with; `null`: it is about the runtime itself. */
export function taskIdOf({ event }: JournalRecord): string | null {
  return 'taskId' in event ? event.taskId : null
}

/** What tells a damaged line from a whole one. */
export function checksumOf(line: string): number {
  return crc32(line)
}

/** @throws StoreError `STORE_DAMAGED` for what is no record: not even an event's envelope */
export function recordOf(line: string): JournalRecord {
  const read = parse(line)
  if (!isRecord(read)) throw damaged(line)
  const { payload = null, ...event } = read
  return { event, payload }
}

function damaged(line: string, cause?: unknown): StoreError {
  return new StoreError('STORE_DAMAGED', `not a line of a journal: ${line.slice(0, 80)}`, { cause })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw damaged(line, cause)
  }
}

type Line = JournalRecord['event'] & { readonly payload?: JournalRecord['payload'] }

/** What was written by {@link lineOf} is taken at its word: a checksum guards it. */
function isRecord(value: unknown): value is Line {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    Number.isSafeInteger(value.seq) &&
    'at' in value &&
    typeof value.at === 'number' &&
    'type' in value &&
    typeof value.type === 'string'
  )
}
