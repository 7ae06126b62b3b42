import { randomBytes } from 'node:crypto'
import type { Environment } from '../model/environment.ts'

/** Node takes longer delays for 1 ms; whoever needs more arms again. */
const longestDelayMs = 2 ** 31 - 1

/** Real time (monotonic, anchored to the wall clock at start), real chance, ids unique over processes. */
export function createSystemEnvironment(): Environment {
  const process = randomBytes(5).toString('hex')
  let issued = 0
  return {
    clock: {
      now: () => performance.timeOrigin + performance.now(),
      // The numeric form of a timer, so that an id is plain data.
      setTimeout: (callback, delayMs) =>
        setTimeout(callback, Math.min(Math.max(0, delayMs), longestDelayMs))[Symbol.toPrimitive](),
      clearTimeout: (id) => {
        if (typeof id === 'number') clearTimeout(id)
      },
      soon: (callback) => {
        setImmediate(callback)
      },
    },
    random: { next: () => Math.random() },
    ids: {
      next: (prefix) => {
        issued += 1
        return `${prefix}_${process}${issued.toString(36)}`
      },
    },
  }
}
