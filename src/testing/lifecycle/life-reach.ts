import type { TaskSnapshot } from '../../machines/task-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import type { CoverageKind } from './coverage-report.ts'
import { judgedGuards } from './followed-task.ts'
import type { Abilities, LifeMove } from './life-walks.ts'
import { everyAbility, lackFor, lifeWalkable, stageOf } from './life-walks.ts'
import { guardId } from './tally.ts'
import type { Step } from './walks.ts'
import { shortestWalks } from './walks.ts'

/** What can be come by in the life of a task, each with the shortest walk to it. */
type Reach = Readonly<Record<CoverageKind, ReadonlyMap<string, readonly Step<TaskSnapshot, LifeMove>[]>>>

const known = new Map<string, Reach>()

/** What a definition of these abilities can come by. */
function reachOf(abilities: Abilities): Reach {
  const key = JSON.stringify(abilities)
  const reach = known.get(key) ?? explore(abilities)
  known.set(key, reach)
  return reach
}

function explore(abilities: Abilities): Reach {
  const walkable = lifeWalkable(abilities)
  const reach = { states: new Map(), transitions: new Map(), guards: new Map(), pairs: new Map() }
  const note = (kind: CoverageKind, id: string, walk: readonly Step<TaskSnapshot, LifeMove>[]) => {
    if (!reach[kind].has(id)) reach[kind].set(id, walk)
  }
  for (const { steps, end } of shortestWalks(walkable)) {
    const { active } = compiledTask.configurationOf(end.value)
    for (const { id } of active) note('states', id, steps)
    for (const step of walkable.lastSteps(end)) {
      const walk = [...steps, step]
      for (const pair of step.pairs) note('pairs', pair, walk)
      for (const id of step.takes) note('transitions', id, walk)
      for (const [id, held] of judgedGuards(active, step.move.event.type, new Set(step.takes)))
        note('guards', guardId(id, held), walk)
    }
  }
  return reach
}

/** Why a definition cannot come by something; `null`: it can. */
export function whyUnreachable(kind: CoverageKind, id: string, abilities: Abilities): string | null {
  if (reachOf(abilities)[kind].has(id)) return null
  const walk = reachOf(everyAbility)[kind].get(id)
  if (!walk) return 'the statechart leaves it unanswered: nothing happens'
  for (const { move, next } of walk) {
    const lack = lackFor(move, abilities)
    if (lack !== null) return lack
    if (!abilities.retries && stageOf(next.value) === 'retrying') return 'the definition makes one attempt'
  }
  if (!abilities.retries && walk.some(({ next }) => next.context.attempt > 1)) return 'the definition makes one attempt'
  return 'a handler that is a machine is stopped on the spot'
}
