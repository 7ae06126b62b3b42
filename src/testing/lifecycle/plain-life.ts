import type { AnyStateMachine, EventObject } from 'xstate'
import { StateMachine } from 'xstate'
import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import { parseOnce } from '../../model/parse-once.ts'
import type { PoolsInput } from '../../model/resources.ts'
import { Autopilot } from './autopilot.ts'
import type { HandlerFacts } from './life-driver.ts'
import type { Abilities } from './life-walks.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { MachineGraph } from './machine-graph.ts'
import { MachineExplorer } from './machine-graph.ts'
import { refusedBy } from './piloted-definition.ts'
import { live } from './scenario.ts'
import type { PlainLife } from './scenario-plan.ts'
import type { Surroundings } from './surroundings.ts'
import { World } from './world.ts'

/** Enough of a resource for anything that asks for it. */
const plenty = 1_000_000

/** How often pools are made larger for what a life turns out to ask for. */
const poolRounds = 20

/** What is known of a definition's handler once it has run with nothing planted in it. */
export interface Rehearsed {
  readonly life: PlainLife
  readonly facts: HandlerFacts
  readonly surroundings: Surroundings
  /** Of a handler that is a machine. */
  readonly graph: MachineGraph | null
  readonly autopilot: Autopilot | null
  /** The definition asks for resources with this input. */
  readonly asks: boolean
  /** Why the life failed, with nothing planted in it; `null`: it did not. */
  readonly failure: string | null
}

/** The machine that is a definition's handler; `null`: its handler is something else. */
export function machineOf({ handler }: TaskDefinition): AnyStateMachine | null {
  return handler.form === 'actor' && handler.logic instanceof StateMachine ? handler.logic : null
}

function poolsFor(demanded: ReadonlyMap<string, number>): PoolsInput {
  const resources = [...demanded].map(([resource, amount]) => [resource, Math.max(plenty, 100 * amount)])
  return { default: { slots: plenty, ...Object.fromEntries(resources) } }
}

/**
 * Lives one input with nothing planted. If no pools were given, they are made for what is asked for on the way.
 * @param pools as the user gave them; `null`: to be found
 * @throws LifecycleError if the definition cannot be walked with this input
 */
export async function rehearsePlainly(
  surroundings: Surroundings,
  pools: PoolsInput | null,
  input: unknown,
  events: readonly EventObject[],
): Promise<Rehearsed> {
  const { subject } = surroundings
  const machine = machineOf(subject)
  const demanded = await demandOf(subject, input)
  const asks = demanded.size > 0
  for (let round = 0; ; round += 1) {
    const before = demanded.size
    const fitted = { ...surroundings, pools: pools ?? poolsFor(demanded) }
    const graph = machine && (await new MachineExplorer(fitted, machine, input, events).explore())
    const autopilot = graph && new Autopilot(graph)
    const world = new World(fitted)
    const mayEnd = !graph || !autopilot || autopilot.knows(graph.start.key) || graph.start.isOver
    const ends = await livesPlainly(world, input, autopilot, mayEnd)
    for (const [resource, amount] of world.pilot.demanded)
      demanded.set(resource, Math.max(amount, demanded.get(resource) ?? 0))
    if (pools === null && demanded.size > before && round < poolRounds) continue
    const { outcome } = world
    const failure = outcome?.status === 'failed' ? outcome.failure.message : null
    const life = lifeOf(world, input, ends)
    return { life, facts: factsOf(world, ends), surroundings: fitted, graph, autopilot, asks, failure }
  }
}

/** @throws LifecycleError for an input that the schema refuses */
async function demandOf(definition: TaskDefinition, input: unknown): Promise<Map<string, number>> {
  const parsed = await parseOnce(definition.input, input)
  if (!parsed.ok)
    throw new LifecycleError('LIFECYCLE_UNFIT', `a sample input does not fit the input schema of ${definition.type}:`, [
      ...parsed.problems,
      'give inputs as a caller of submit would',
    ])
  return new Map(Object.entries(definition.demandOf(parsed.data) ?? {}))
}

/** @returns whether it ended by itself */
async function livesPlainly(
  world: World,
  input: unknown,
  autopilot: Autopilot | null,
  mayEnd: boolean,
): Promise<boolean> {
  try {
    await live(world, { input, ends: mayEnd, plants: [], stop: null, autopilot })
    return mayEnd
  } catch (thrown) {
    if (!(thrown instanceof LifecycleError)) throw unfit(world, thrown)
    if (thrown.code !== 'LIFECYCLE_STUCK') return world.isDone
  }
  // It may be one that runs until it is told to stop.
  const { root, handle } = world
  void handle.cancel('the lifecycle test cannot wait any longer')
  await world.until(() => world.isDone, 'its end after it was cancelled')
  await world.end()
  if (root.places.includes('executing')) return false
  throw new LifecycleError('LIFECYCLE_UNFIT', `${world.surroundings.subject.type} never came to execute:`, [
    `it went ${root.places.join(' → ')}`,
    'give runtime.pools that hold what its demand asks for',
  ])
}

function unfit({ surroundings }: World, thrown: unknown): LifecycleError {
  const subject = `${surroundings.subject.type} cannot be walked:`
  return new LifecycleError('LIFECYCLE_UNFIT', subject, [describeThrown(thrown)], { cause: thrown })
}

function lifeOf({ pilot }: World, input: unknown, ends: boolean): PlainLife {
  const { visits, undoable, asked } = pilot
  const expiring = new Set(asked.filter(({ expires }) => expires).map(({ point }) => point))
  return { input, ends, visits: [...visits], undoable: [...undoable], expiring }
}

function factsOf({ pilot, surroundings, outcome }: World, ends: boolean): HandlerFacts {
  const own = pilot.visits.filter(({ path, attempt }) => path === '' && attempt === 1)
  const start = own.find(({ kind }) => kind === 'start')
  const end = own.find(({ kind }) => kind === 'end')
  const isAtOnce = start !== undefined && end?.at === start.at
  const isAlone = pilot.visits.every(({ path }) => path === '') && own.every(({ kind }) => kind !== 'question')
  const isFunction = surroundings.subject.handler.form === 'function'
  const rests = isFunction && isAtOnce && isAlone ? 'the end of its handler' : 'the start of its handler'
  const steps = pilot.undoable.filter(({ path, step }) => path === '' && step !== 'rollback').map(({ step }) => step)
  const lastStep = rests === 'the end of its handler' ? (steps.at(-1) ?? null) : null
  const returned = pilot.deeds.find(({ what, path }) => what === 'output' && path === '')
  return {
    restsAt: rests,
    ends,
    completes: isFunction ? ends && end !== undefined : outcome?.status === 'completed',
    returned: returned?.value,
    undoable: surroundings.subject.rollback ? 'rollback' : lastStep,
  }
}

/** What can happen in the lives of a definition's tasks. */
export async function abilitiesOf(definition: TaskDefinition, facts: readonly HandlerFacts[]): Promise<Abilities> {
  return {
    retries: definition.retry.attempts > 1,
    times: definition.timeoutMs !== null,
    beats: definition.heartbeatMs !== null,
    validates: definition.validate !== undefined,
    refusesOutput: (await refusedBy(definition.output)) !== null,
    undoes: facts.some(({ undoable }) => undoable !== null),
    calls: definition.handler.form === 'function',
    completes: facts.some(({ completes }) => completes),
  }
}
