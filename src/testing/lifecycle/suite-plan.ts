import type { TaskSnapshot } from '../../machines/task-engine.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { PoolsInput } from '../../model/resources.ts'
import type { CutOff } from './coverage-report.ts'
import { faultNames } from './faults.ts'
import { lifeWalks } from './life-cases.ts'
import type { Abilities, LifeMove } from './life-walks.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'
import type { MachineWalk } from './machine-cases.ts'
import { machineWalks } from './machine-cases.ts'
import type { Rehearsed } from './plain-life.ts'
import { abilitiesOf, rehearsePlainly } from './plain-life.ts'
import { realNow } from './real-time.ts'
import { inputSample } from './samples.ts'
import type { Rehearsal } from './scenario-cases.ts'
import { rehearse } from './scenario-cases.ts'
import type { LeftOut } from './scenario-plan.ts'
import { pointsLimit, ScenarioPlan } from './scenario-plan.ts'
import type { Surroundings } from './surroundings.ts'
import { surroundingsOf } from './surroundings-of.ts'
import type { Walk } from './walks.ts'

/** The paths of a definition, found by running it: whatever runs on them later, this is what it is held to. */
export interface SuitePlan {
  readonly definition: TaskDefinition
  readonly options: LifecycleOptions
  readonly surroundings: Surroundings
  readonly watchdogMs: number
  /** One for each input, and the one among them that the life of a task is walked with. */
  readonly rehearsed: readonly Rehearsed[]
  readonly first: Rehearsed
  readonly abilities: Abilities
  readonly rehearsals: readonly Rehearsal[]
  readonly leftOut: readonly LeftOut[]
  readonly machineWalks: readonly MachineWalk[]
  readonly lifeWalks: readonly Walk<TaskSnapshot, LifeMove>[]
  readonly cutOff: readonly CutOff[]
  readonly planningMs: number
}

const defaultLimit = 5_000
const defaultWatchdogMs = 10_000

/** @throws LifecycleError if the definition cannot be walked */
export async function planSuite(definition: TaskDefinition, options: LifecycleOptions): Promise<SuitePlan> {
  const since = realNow()
  const { coverage: goal = 'exhaustive', limit = defaultLimit, faults = faultNames } = options
  const { watchdogMs = defaultWatchdogMs } = options
  const { rehearsed, first, surroundings } = await rehearseInputs(definition, options)
  const abilities = await abilitiesOf(
    definition,
    rehearsed.map(({ facts }) => facts),
  )
  const plan = new ScenarioPlan(faults, abilities)
  for (const { life, graph, autopilot } of rehearsed) {
    if (graph) plan.addMachine(life, graph, autopilot)
    else plan.add(life)
  }
  const { rehearsals, leftOut } = await rehearse(plan.planned.slice(0, limit), surroundings, watchdogMs)
  const machines = machineWalks(rehearsed, goal, limit - rehearsals.length)
  const lives = lifeWalks(abilities, goal, Math.max(0, limit - rehearsals.length - machines.walks.length))
  const count = lives.cutOff + machines.cutOff + Math.max(0, plan.planned.length - limit)
  return {
    definition,
    options,
    surroundings,
    watchdogMs,
    rehearsed,
    first,
    abilities,
    rehearsals,
    leftOut: [...plan.leftOut, ...leftOut],
    machineWalks: machines.walks,
    lifeWalks: lives.walks,
    cutOff: [
      { what: 'paths', count, limit: `the limit of ${limit} paths` },
      { what: 'points of the handler', count: plan.cutOff, limit: `the limit of ${pointsLimit} points` },
    ].filter((one) => one.count > 0),
    planningMs: realNow() - since,
  }
}

/** Lives each input once with nothing planted. */
async function rehearseInputs(definition: TaskDefinition, options: LifecycleOptions) {
  const { runtime, events = [] } = options
  const plain = surroundingsOf(definition, { ...options, runtime: { ...runtime, machines: {} } })
  const rehearsed: Rehearsed[] = []
  for (const input of await inputsOf(definition, options))
    rehearsed.push(await rehearsePlainly(plain, runtime?.pools ?? null, input, events))
  const first = rehearsed.find(({ facts }) => facts.completes) ?? rehearsed[0]
  if (!first) throw new LifecycleError('LIFECYCLE_UNFIT', `${definition.type} has no inputs:`, ['give at least one'])
  if (rehearsed.every(({ failure }) => failure !== null))
    throw new LifecycleError('LIFECYCLE_UNFIT', `${definition.type} completes with none of its inputs:`, [
      ...new Set(rehearsed.map(({ failure }) => `it fails with: ${failure}`)),
      'give inputs, services or events with which it completes',
    ])
  // Pools that are found are large enough for each.
  const pools = merged(rehearsed.map(({ surroundings }) => surroundings.pools))
  return { rehearsed, first, surroundings: { ...plain, pools } }
}

async function inputsOf(
  definition: TaskDefinition,
  { inputs, seed = 1 }: LifecycleOptions,
): Promise<readonly unknown[]> {
  return inputs ?? [await inputSample(definition, seed)]
}

/** Pools with the resources of all; what several have is as the last has it. */
function merged(all: readonly PoolsInput[]): PoolsInput {
  const pools: Record<string, PoolsInput[string]> = {}
  for (const one of all)
    for (const [name, resources] of Object.entries(one)) pools[name] = { ...pools[name], ...resources }
  return pools
}
