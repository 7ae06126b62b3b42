import type { CaseRunner, LifecycleCase } from './case-runner.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { CoverageGoal } from './lifecycle-options.ts'
import type { MachineNode } from './machine-graph.ts'
import { machineWalkable } from './machine-graph.ts'
import type { MachineMove } from './machine-moves.ts'
import { moveWords } from './machine-moves.ts'
import type { Rehearsed } from './plain-life.ts'
import { live } from './scenario.ts'
import type { Walk, Walks } from './walks.ts'
import { walksFor } from './walks.ts'
import type { World } from './world.ts'

export interface MachineWalk {
  readonly walk: Walk<MachineNode, MachineMove>
  readonly rehearsed: Rehearsed
}

/** The walks of a handler that is a machine, over all inputs: what an earlier input came by is not walked again. */
export function machineWalks(
  rehearsed: readonly Rehearsed[],
  goal: CoverageGoal,
  limit: number,
): { readonly walks: readonly MachineWalk[]; readonly cutOff: number } {
  const seen = new Set<string>()
  const walks: MachineWalk[] = []
  let cutOff = 0
  for (const one of rehearsed) {
    if (!one.graph) continue
    const found: Walks<MachineNode, MachineMove> = walksFor(goal, machineWalkable(one.graph), limit)
    cutOff += found.cutOff
    for (const walk of found.walks) {
      if (seen.has(walk.target)) continue
      seen.add(walk.target)
      walks.push({ walk, rehearsed: one })
    }
  }
  return { walks: walks.slice(0, limit), cutOff: cutOff + Math.max(0, walks.length - limit) }
}

function nameOf({ walk: { steps, target }, rehearsed: { graph } }: MachineWalk): string {
  const places = [graph?.start.words ?? '', ...steps.map(({ next }) => next.words)]
  const words = places.filter((place, index) => place !== places[index - 1])
  const last = steps.at(-1)
  return `its handler goes ${words.join(' → ')}${last ? `, ${moveWords(last.move)}` : ''} (${target})`
}

function missed({ steps }: Walk<MachineNode, MachineMove>, { tally }: World): string[] {
  const transitions = new Set(steps.flatMap(({ takes }) => takes))
  return [...transitions]
    .filter((id) => tally.hits('transitions', 'handler', id) === 0)
    .map((id) => `transition ${id} was not taken`)
}

/** One case for each walk of the user's machine. */
export function machineCases(walks: readonly MachineWalk[], runner: CaseRunner): LifecycleCase[] {
  return walks.map((one) => ({
    name: nameOf(one),
    run: () =>
      runner.run(nameOf(one), async (world) => {
        const { walk, rehearsed } = one
        const { life, autopilot } = rehearsed
        const way = walk.steps.map(({ move, next }) => ({ move, to: next }))
        await live(world, { input: life.input, ends: life.ends, plants: [], stop: null, way, autopilot })
        const problems = missed(walk, world)
        if (problems.length > 0) throw new LifecycleError('LIFECYCLE_BROKEN', 'the path was not walked:', problems)
      }),
  }))
}
