import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { reasonOf, unusable } from '../input-file.ts'
import { asBadFile } from '../store/bad-file.ts'
import { inspectStore } from '../store/open-file.ts'

/** An audit log as it lies in a store or an export. */
export interface AuditSource {
  /** Oldest first. `hash` in hex, `null` in an export. */
  lines():
    | AsyncIterable<{ readonly line: string; readonly hash: string | null }>
    | Iterable<{
        readonly line: string
        readonly hash: string | null
      }>
  /** Signed checkpoints that lie beside it. */
  notes(): Promise<readonly string[]>
}

const checkpointStart = '{"checkpoint":'

async function isStore(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unusable(path, [reasonOf(error)], error)
  })
  try {
    const { buffer } = await file.read(Buffer.alloc(15), 0, 15, 0)
    return buffer.toString() === 'SQLite format 3'
  } finally {
    await file.close()
  }
}

async function* exportedLines(path: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== '') yield line
}

function exported(path: string): AuditSource {
  return {
    async *lines() {
      for await (const line of exportedLines(path)) if (!line.startsWith(checkpointStart)) yield { line, hash: null }
    },
    async notes() {
      const notes: string[] = []
      for await (const line of exportedLines(path)) {
        if (!line.startsWith(checkpointStart)) continue
        const read: unknown = JSON.parse(line)
        if (typeof read === 'object' && read !== null && 'checkpoint' in read) notes.push(String(read.checkpoint))
      }
      return notes
    },
  }
}

/** Looks into a log; a store that a running process has open is refused. @throws CommandError `FILE_INVALID` */
export async function inspectAudit<Result>(
  path: string,
  work: (source: AuditSource) => Promise<Result>,
): Promise<Result> {
  if (!(await isStore(path))) return work(exported(path))
  return asBadFile(
    path,
    inspectStore(path, ({ audit }) => work({ lines: () => audit.lines(), notes: async () => audit.notes() })),
  )
}

/** A log's export: each entry as it is stored, and each checkpoint behind the entry that it was made after. */
export function exportLineOf(note: string): string {
  return JSON.stringify({ checkpoint: note })
}
