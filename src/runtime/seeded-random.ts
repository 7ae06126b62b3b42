import type { Random } from '../model/environment.ts'

/** Source: mulberry32, T. Ettinger 2017 (public domain): 32 bits of state, enough for tests. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return {
    next: () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
