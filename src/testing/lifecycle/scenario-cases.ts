import type { CaseRunner, LifecycleCase } from './case-runner.ts'
import { pathWords } from './life-path.ts'
import { LifecycleError } from './lifecycle-error.ts'
import { within } from './real-time.ts'
import type { LifeRecord } from './scenario.ts'
import { differences, live, recordOf } from './scenario.ts'
import type { LeftOut, Planned } from './scenario-plan.ts'
import type { Surroundings } from './surroundings.ts'
import { World } from './world.ts'

/** How a scenario went when it was rehearsed. */
export interface Rehearsal {
  readonly planned: Planned
  /** `null`: it did not come to its end. */
  readonly record: LifeRecord | null
  readonly words: string
}

/** So many rehearsals may get stuck before the rest are left to the cases themselves. */
const mostStuck = 3

/** Whether what was planted, or done from outside, came to pass. */
function cameAbout(world: World, { scenario }: Planned): boolean {
  const { pilot } = world
  const stop = scenario.stop
  return (
    scenario.plants.every((plant) => pilot.sprung.has(plant)) &&
    (stop === null || stop.where === 'rest' || pilot.visits.some(({ point }) => point === stop.point))
  )
}

/**
 * Lives each scenario once, to see where it leads: the handler may make something of a fault that only it knows.
 * What did not come about is left out, with the reason.
 */
export async function rehearse(
  planned: readonly Planned[],
  surroundings: Surroundings,
  watchdogMs: number,
): Promise<{ readonly rehearsals: readonly Rehearsal[]; readonly leftOut: readonly LeftOut[] }> {
  const rehearsals: Rehearsal[] = []
  const leftOut: LeftOut[] = []
  let stuck = 0
  for (const one of planned) {
    if (stuck >= mostStuck) {
      rehearsals.push({ planned: one, record: null, words: one.words })
      continue
    }
    const world = new World(surroundings)
    let record: LifeRecord | null = null
    try {
      const late = () => new LifecycleError('LIFECYCLE_STUCK', 'it takes too long', [])
      await within(watchdogMs, live(world, one.scenario), late)
      record = recordOf(world)
    } catch (thrown) {
      // The case will find the same, and say so.
      if (thrown instanceof LifecycleError && thrown.code === 'LIFECYCLE_STUCK') stuck += 1
    }
    if (record && !cameAbout(world, one)) {
      const why = `it did not come about: the handler went on to ${world.pilot.visits.at(-1)?.point ?? 'nowhere'}`
      if (one.fault !== null) leftOut.push({ point: one.point, fault: one.fault, why })
      continue
    }
    const words = record ? `${pathWords(record.places)}, ${one.words}` : one.words
    rehearsals.push({ planned: one, record, words })
  }
  return { rehearsals, leftOut }
}

/** One case for each scenario that was rehearsed. @param isOther something else runs than what was rehearsed */
export function scenarioCases(rehearsals: readonly Rehearsal[], runner: CaseRunner, isOther: boolean): LifecycleCase[] {
  return rehearsals.map(({ planned, record, words }) => ({
    name: words,
    run: () =>
      runner.run(words, async (world) => {
        await live(world, planned.scenario)
        if (planned.fault !== null && cameAbout(world, planned))
          runner.hit('pairs', 'handler', `${planned.point} × ${planned.fault}`)
        if (!record)
          throw new LifecycleError('LIFECYCLE_BROKEN', 'it did not come to its end when it was rehearsed', [])
        const problems = differences(recordOf(world), record, isOther)
        if (problems.length > 0) throw unlike(problems)
      }),
  }))
}

function unlike(problems: readonly string[]): LifecycleError {
  return new LifecycleError('LIFECYCLE_BROKEN', 'the same life again went another way:', [
    ...problems,
    'what the handler works with has to be new for each path (services), and time and chance have to come from its task',
  ])
}
