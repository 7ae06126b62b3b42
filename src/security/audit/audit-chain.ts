import type { KeyObject } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AuditCheckpoint, AuditLine, AuditNote } from '../../model/audit.ts'
import { signCheckpoint } from './checkpoint.ts'
import { leafHash, MerkleFrontier } from './merkle-tree.ts'

/** What stands in for the entry before the first. */
export const firstPrev = '0'.repeat(64)

/** The one way in which a value is written, so that equal values have equal hashes. Source: RFC 8785. */
export function canonicalLine(value: unknown): string {
  return canonicalize(wellFormed(value)) ?? ''
}

/** Half a character, and what is no number, have no canonical form, and must not keep anything from being recorded. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]))
}

/** The end of an audit log: what is added is chained to what is there. */
export class AuditChain {
  readonly #frontier = new MerkleFrontier()
  #head = firstPrev

  get size(): number {
    return this.#frontier.size
  }

  /** Goes on behind what is stored: the last checkpoint, and the lines after it. */
  continueAfter(checkpoint: AuditCheckpoint | null, lines: readonly AuditLine[]): void {
    if (checkpoint) {
      this.#frontier.restore(
        checkpoint.size,
        checkpoint.frontier.map((root) => Buffer.from(root, 'hex')),
      )
      this.#head = checkpoint.head
    }
    for (const { line } of lines) this.#add(leafHash(line))
  }

  append({ at, by, action, on, outcome, rule, details }: AuditNote): AuditLine {
    const seq = this.size + 1
    const entry = {
      seq,
      at,
      prev: this.#head,
      by,
      action,
      on,
      outcome,
      ...(rule !== undefined && { rule }),
      ...(details !== undefined && { details }),
    }
    const line = canonicalLine(entry)
    const hash = leafHash(line)
    this.#add(hash)
    const { id } = on
    return { seq, taskId: on.kind === 'task' && typeof id === 'string' ? id : null, line, hash: hash.toString('hex') }
  }

  /** Where the log stands, signed if there is a key. */
  checkpoint(origin: string, key: KeyObject | null): AuditCheckpoint {
    const { size } = this
    return {
      size,
      head: this.#head,
      frontier: this.#frontier.roots.map((root) => root.toString('hex')),
      note: key && signCheckpoint({ origin, size, root: this.#frontier.root() }, key),
    }
  }

  #add(hash: Buffer): void {
    this.#frontier.add(hash)
    this.#head = hash.toString('hex')
  }
}
