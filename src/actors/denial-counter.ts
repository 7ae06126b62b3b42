import type { AuditEntry, AuditNote } from '../model/audit.ts'

const windowMs = 60_000

/** Refusals of one principal in a window that have entries of their own; further ones are counted. */
const ownEntries = 100

interface Window {
  readonly by: AuditEntry['by']
  readonly since: number
  count: number
}

/** Keeps who is refused over and over from filling the disk: from then on refusals are summed up, a minute at a time. */
export class DenialCounter {
  readonly #summed: (by: AuditEntry['by'], count: number, since: number) => void
  readonly #windows = new Map<string, Window>()

  /** @param summed is told how many refusals had no entry of their own, since when (ms since the epoch) */
  constructor(summed: (by: AuditEntry['by'], count: number, since: number) => void) {
    this.#summed = summed
  }

  isWorthAnEntry({ by, at }: AuditNote): boolean {
    this.#close(at)
    const window = this.#windows.get(by.id) ?? { by, since: at, count: 0 }
    this.#windows.set(by.id, window)
    window.count += 1
    return window.count <= ownEntries
  }

  /** Sums up all that is open. */
  flush(): void {
    this.#close(Number.POSITIVE_INFINITY)
  }

  /** Windows are in the order of their beginning. */
  #close(now: number): void {
    for (const [id, { by, since, count }] of this.#windows) {
      if (now - since < windowMs) return
      this.#windows.delete(id)
      if (count > ownEntries) this.#summed(by, count - ownEntries, since)
    }
  }
}
