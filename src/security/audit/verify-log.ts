import type { KeyObject } from 'node:crypto'
import { auditEntrySchema } from '../../model/audit.ts'
import { describeThrown } from '../../model/errors.ts'
import { canonicalLine, firstPrev } from './audit-chain.ts'
import { isSignedBy, readCheckpoint } from './checkpoint.ts'
import { leafHash, MerkleFrontier } from './merkle-tree.ts'

/** What verifying has found. `problems` are one sentence each, with the place. */
export interface AuditVerdict {
  readonly entries: number
  /** Root of the tree of all entries, in hex. */
  readonly root: string
  /** Checkpoints that hold, by size. */
  readonly confirmed: readonly number[]
  /** Entries at the end that no checkpoint covers: of these alone a rewrite would not show. */
  readonly uncovered: number
  readonly problems: readonly string[]
}

const shownProblems = 1_000

interface Expected {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly from: string
}

/**
 * Reads an audit log from its beginning and holds it against itself and against checkpoints. The chain shows what was
 * edited, deleted or swapped; only checkpoints that were kept elsewhere show that the tail, or the whole, is another.
 */
export class LogVerifier {
  readonly #frontier = new MerkleFrontier()
  readonly #publicKey: KeyObject | null
  readonly #problems: string[] = []
  readonly #roots = new Map<number, Buffer>()
  readonly #expected: Expected[] = []
  #prev = firstPrev
  #seq = 0

  /** @param publicKey Ed25519: checkpoints that it has not signed count for nothing; `null`: signatures are not looked at */
  constructor(publicKey: KeyObject | null) {
    this.#publicKey = publicKey
  }

  /** A checkpoint to hold the log against. Before the entries. @param from where it comes from, for messages */
  expect(note: string, from: string): void {
    const checkpoint = readCheckpoint(note)
    if (checkpoint === null) return this.#found(`${from}: it is no checkpoint`)
    if (this.#publicKey && !isSignedBy(note, this.#publicKey))
      return this.#found(`${from}: the checkpoint of ${checkpoint.size} entries is not signed by the key`)
    this.#expected.push({ ...checkpoint, from })
    this.#roots.set(checkpoint.size, Buffer.alloc(0))
  }

  /** @param hash as it is stored beside the line, in hex; `null`: none is */
  take(line: string, hash: string | null): void {
    const entry = this.#frontier.size + 1
    const actual = leafHash(line)
    if (hash !== null && hash !== actual.toString('hex'))
      this.#found(`entry ${entry}: it was changed: it does not match the hash that is stored with it`)
    this.#follow(line, entry)
    this.#frontier.add(actual)
    this.#prev = actual.toString('hex')
    if (this.#roots.has(entry)) this.#roots.set(entry, this.#frontier.root())
  }

  /** Something that is wrong with the file itself. */
  note(problem: string): void {
    this.#found(problem)
  }

  verdict(): AuditVerdict {
    const entries = this.#frontier.size
    if (entries === 0) this.#found('there is no entry: it was never audited, or all is gone')
    const confirmed: number[] = []
    for (const expected of this.#expected.sort((one, other) => one.size - other.size)) {
      if (this.#holds(expected, confirmed.at(-1) ?? 0)) confirmed.push(expected.size)
    }
    return {
      entries,
      root: this.#frontier.root().toString('hex'),
      confirmed,
      uncovered: Math.max(0, entries - (confirmed.at(-1) ?? 0)),
      problems: this.#problems,
    }
  }

  #follow(line: string, place: number): void {
    let read: unknown
    try {
      read = JSON.parse(line)
    } catch (thrown) {
      return this.#found(`entry ${place}: it is not JSON: ${describeThrown(thrown)}`)
    }
    const parsed = auditEntrySchema.safeParse(read)
    if (!parsed.success) return this.#found(`entry ${place}: ${describeThrown(parsed.error)}`)
    const { seq, prev } = parsed.data
    if (canonicalLine(read) !== line) this.#found(`entry ${seq}: it is not in canonical form`)
    this.#placeOf(seq)
    if (prev !== this.#prev)
      this.#found(
        seq === 1
          ? 'entry 1: it names an entry before it'
          : `entry ${seq}: the entry before it is not the one that it was written after; entry ${seq - 1} was changed, or what was there is gone`,
      )
  }

  #placeOf(seq: number): void {
    const expected = this.#seq + 1
    if (seq > expected) {
      const missing = seq - 1 === expected ? `entry ${expected} is` : `entries ${expected} to ${seq - 1} are`
      this.#found(`${missing} missing`)
    } else if (seq < expected) this.#found(`entry ${seq} stands behind entry ${this.#seq}`)
    this.#seq = Math.max(this.#seq, seq)
  }

  /** @param before size of the last checkpoint that holds */
  #holds({ size, root, from }: Expected, before: number): boolean {
    const entries = this.#frontier.size
    if (size > entries) {
      this.#found(
        `${from}: the log had ${size} entries, and has ${entries}: entries ${entries + 1} to ${size} are gone`,
      )
      return false
    }
    const actual = size === 0 ? new MerkleFrontier().root() : this.#roots.get(size)
    if (actual?.equals(root)) return true
    const where = size - before === 1 ? `entry ${size} is` : `something in entries ${before + 1} to ${size} is`
    this.#found(`${from}: ${where} not what it was: the root of the first ${size} entries is another`)
    return false
  }

  #found(problem: string): void {
    if (this.#problems.length < shownProblems) this.#problems.push(problem)
  }
}
