import type FastCheck from 'fast-check'
import type { Arbitrary, AsyncCommand } from 'fast-check'
import { describeThrown } from '../../model/errors.ts'
import { LifecycleError } from './lifecycle-error.ts'

/** How many random walks, and how long each may be. */
export interface WalkOptions {
  readonly runs: number
  readonly length: number
  readonly seed: number
}

export type Nothing = Record<string, never>

/** What a walk has come by so far, in words: moves are chosen as it goes, so only a walk that was walked can tell. */
export interface Way {
  readonly went: string[]
}

/**
 * Walks by chance. The walk that fails is made as short as it can be, and told as it went.
 * @param walk makes a world, goes on in it by the moves of one walk, and ends it
 * @throws LifecycleError
 */
export async function walkByChance<Real extends Way>(
  fc: typeof FastCheck,
  move: Arbitrary<AsyncCommand<Nothing, Real>>,
  { runs, length, seed }: WalkOptions,
  walk: (went: string[], goOn: (real: Real) => Promise<void>) => Promise<void>,
): Promise<void> {
  const moves = fc.commands([move], { maxCommands: length, size: 'max' })
  const property = fc.asyncProperty(moves, async (commands) => {
    const went: string[] = []
    const goOn = (real: Real) => fc.asyncModelRun(() => ({ model: {}, real }), commands)
    await walk(went, goOn).catch((thrown: unknown) => {
      throw new LifecycleError('LIFECYCLE_BROKEN', `after ${went.join(', ') || 'nothing'}:`, [describeThrown(thrown)], {
        cause: thrown,
      })
    })
  })
  const { failed, errorInstance, numRuns, numShrinks, counterexamplePath } = await fc.check(property, {
    numRuns: runs,
    seed,
  })
  if (!failed) return
  const how = `walk ${numRuns} fails; it was made shorter ${numShrinks} times (seed ${seed}, path ${counterexamplePath})`
  throw new LifecycleError('LIFECYCLE_BROKEN', `${how}:`, [describeThrown(errorInstance)], { cause: errorInstance })
}
