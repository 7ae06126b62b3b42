import { z } from 'zod'

/** How much one task may be, do and say. Bytes are those of the JSON; `null`: no limit. */
export interface LimitsInput {
  /** Of an input with its submit options; looked at before the schema is. Default: no limit. */
  inputBytes?: number | null
  /** Of an output; a definition's `maxOutputBytes` may be less. Default: no limit. */
  outputBytes?: number | null
  /** Of the result of a step. Default: no limit. */
  resultBytes?: number | null
  /** Of the answer to a question; looked at before its schema is. Default: no limit. */
  answerBytes?: number | null
  /** Of a text that is told: a log line and its data each, a progress message, a prompt, an error. More is cut. Default 64 KiB. */
  textBytes?: number
  /** Log lines of one attempt; further ones are dropped. Default 10,000. */
  logLines?: number
  /** Steps of one task. Default 100,000. */
  steps?: number
  /** Children that one task submits. Default 100,000. */
  children?: number
  /** How deep tasks may submit tasks. Default 10,000. */
  depth?: number
}

const bytes = z.int().min(1).nullable().default(null)

export const limitsSchema = z.strictObject({
  inputBytes: bytes,
  outputBytes: bytes,
  resultBytes: bytes,
  answerBytes: bytes,
  textBytes: z.int().min(100).default(65_536),
  logLines: z.int().min(0).default(10_000),
  steps: z.int().min(0).default(100_000),
  children: z.int().min(0).default(100_000),
  depth: z.int().min(0).default(10_000),
})

export type Limits = z.output<typeof limitsSchema>

/** About how long a scalar is in JSON, in bytes. */
function scalarBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return new TextEncoder().encode(value).length + 2
    case 'number':
    case 'bigint':
      return String(value).length
    default:
      return 4
  }
}

/** The parts of a value, and the names before them. */
function partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value].flat()
  if (value instanceof Set || Array.isArray(value)) return value
  return Object.entries(value).flat()
}

/**
 * Whether a value is larger than that many bytes, about as JSON counts them. Stops counting when it is; a part that is
 * there twice counts once.
 */
export function isLarger(value: unknown, limit: number): boolean {
  let left = limit
  const seen = new Set<object>()
  const open: unknown[] = [value]
  while (open.length > 0) {
    const part = open.pop()
    if (typeof part !== 'object' || part === null) left -= scalarBytes(part)
    else if (ArrayBuffer.isView(part)) left -= part.byteLength
    else if (!seen.has(part)) {
      seen.add(part)
      left -= 2
      for (const inner of partsOf(part)) {
        left -= 1
        // What is long is not even looked through.
        if (left < 0) return true
        open.push(inner)
      }
    }
    if (left < 0) return true
  }
  return false
}

/** A text cut to about that many bytes, saying so. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text
  return `${text.slice(0, limit).toWellFormed()}… (${text.length - limit} characters more)`
}
