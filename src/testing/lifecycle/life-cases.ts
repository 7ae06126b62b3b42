import type { TaskSnapshot } from '../../machines/task-engine.ts'
import type { CaseRunner, LifecycleCase } from './case-runner.ts'
import { handlerControl } from './handler-control.ts'
import { LifeDriver } from './life-driver.ts'
import { lifePath, pathWords, placeWords } from './life-path.ts'
import type { Abilities, LifeMove } from './life-walks.ts'
import { lifeWalkable } from './life-walks.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { CoverageGoal } from './lifecycle-options.ts'
import type { Rehearsed } from './plain-life.ts'
import type { Walk, Walks } from './walks.ts'
import { walksFor } from './walks.ts'
import type { World } from './world.ts'

/** Walks depend on the abilities alone: definitions that are able to do the same share them. */
const known = new Map<string, Walks<TaskSnapshot, LifeMove>>()

export function lifeWalks(abilities: Abilities, goal: CoverageGoal, limit: number): Walks<TaskSnapshot, LifeMove> {
  const key = JSON.stringify([abilities, goal, limit])
  const walks = known.get(key) ?? walksFor(goal, lifeWalkable(abilities), limit)
  known.set(key, walks)
  return walks
}

function nameOf({ steps, target }: Walk<TaskSnapshot, LifeMove>): string {
  const last = steps.at(-1)?.move
  const places = ['created', ...steps.map(({ next }) => placeWords(next.value))]
  return `${pathWords(places)}, on ${last?.isStale ? 'a late ' : ''}${last?.event.type ?? 'nothing'} (${target})`
}

/** What of a walk the real task did not do. */
function missed({ steps }: Walk<TaskSnapshot, LifeMove>, { tally, root }: World): string[] {
  const transitions = new Set(steps.flatMap(({ takes }) => takes))
  const pairs = new Set(steps.flatMap((step) => step.pairs))
  return [
    ...[...transitions].filter((id) => tally.hits('transitions', 'task', id) === 0).map((id) => `transition ${id}`),
    ...[...pairs].filter((id) => tally.hits('pairs', 'task', id) === 0).map((id) => `the pair ${id}`),
  ].map((what) => `${what} did not come about: the task went ${root.places.join(' → ')}`)
}

/** One case for each walk of the statechart of a task's life. */
export function lifeCases(
  walks: readonly Walk<TaskSnapshot, LifeMove>[],
  runner: CaseRunner,
  abilities: Abilities,
  rehearsed: Rehearsed,
): LifecycleCase[] {
  const { facts, life } = rehearsed
  return walks.map((walk) => ({
    name: nameOf(walk),
    run: () =>
      runner.run(nameOf(walk), async (world) => {
        const driver = new LifeDriver(world, facts, handlerControl(world, rehearsed))
        await driver.run(life.input, lifePath(walk, abilities))
        const problems = missed(walk, world)
        if (problems.length > 0) throw new LifecycleError('LIFECYCLE_BROKEN', 'the path was not walked:', problems)
      }),
  }))
}
