/** Real time, for what virtual time does not see: the user's own I/O, and code that never comes back. */
export function realNow(): number {
  return performance.now()
}

function realPause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** The promise, unless real time runs out before: then what `late` makes. The promise's own rejection is then nobody's. */
export async function within<Result>(ms: number, promise: Promise<Result>, late: () => Error): Promise<Result> {
  promise.catch(() => undefined)
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}

/** How long code that does something real is waited for, ms, before virtual time goes on without it. */
const firstPatienceMs = 1_000
/** The same where it was waited for in vain before. */
const spentPatienceMs = 20

/** Waits for real work, and not twice for the same that does not end. */
export class Patience {
  readonly #spent = new Set<string>()
  #waitsFor = ''
  #since = 0

  /** Waits a moment. @returns whether there is still hope */
  async wait(whereabouts: string): Promise<boolean> {
    const now = realNow()
    if (this.#waitsFor !== whereabouts) {
      this.#waitsFor = whereabouts
      this.#since = now
    }
    const limit = this.#spent.has(whereabouts) ? spentPatienceMs : firstPatienceMs
    if (now - this.#since > limit) {
      this.#spent.add(whereabouts)
      return false
    }
    await realPause(now - this.#since < 2 ? 0 : 1)
    return true
  }

  /** Something went on: what comes next is waited for anew. */
  reset(): void {
    this.#waitsFor = ''
  }
}
