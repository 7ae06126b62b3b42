/**
 * Time. `now` is in ms since the Unix epoch, may be fractional, and never runs backwards in one process.
 * Fits XState's `Clock`, so that a user's machine with `after` runs on the same time.
 */
export interface Clock {
  now(): number
  setTimeout(callback: (...args: never[]) => void, delayMs: number): unknown
  clearTimeout(id: unknown): void
  /** Calls back at this instant, once everything that is due at it has been done. */
  soon(callback: () => void): void
}

/** Chance: `next` gives a number from 0 (inclusive) to 1 (exclusive). */
export interface Random {
  next(): number
}

/** Identity: `next` gives a name never given before by this environment, with the prefix in front. */
export interface Ids {
  next(prefix: string): string
}

/** The only way in for time, chance and identity. */
export interface Environment {
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
}
