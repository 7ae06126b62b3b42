import { isDeepStrictEqual } from 'node:util'
import type { TaskOutcome } from '../../model/outcome.ts'
import type { Autopilot } from './autopilot.ts'
import type { Plant } from './faults.ts'
import { shown } from './followed-task.ts'
import { activityOf } from './life-walks.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { WayStep } from './machine-graph.ts'
import { isUnderWay, moveWords, perform } from './machine-moves.ts'
import { overrun } from './overrun.ts'
import { noGates } from './piloted-definition.ts'
import type { World } from './world.ts'

/** What is done to a task from outside while its handler stands at a point. */
export type Intervention =
  | 'hang'
  | 'late'
  | 'pause'
  | 'cancel'
  | 'cancelChild'
  | 'unanswered'
  | 'timeout'
  | 'deadline'
  | 'shutdown'
  | 'loseLease'

/** Where something is done to a task: before the user's code, while it runs, or after it. */
export interface Stop {
  readonly point: string
  /** `rest`: a machine stands there and waits. */
  readonly where: 'before' | 'during' | 'after' | 'rest'
  readonly act: Intervention
}

/** One life of a task: what is planted in its handler, and what happens to it where. */
export interface Scenario {
  readonly input: unknown
  /** The handler comes to an end by itself with that input; else it is cancelled in the end. */
  readonly ends: boolean
  readonly plants: readonly Plant[]
  readonly stop: Stop | null
  /** Of a handler that is a machine: where it goes first, and what goes on with it from there. */
  readonly way?: readonly WayStep[]
  readonly autopilot?: Autopilot | null
}

/** What a life was, as far as the same life again has to be the same. */
export interface LifeRecord {
  readonly places: readonly string[]
  readonly status: TaskOutcome['status'] | null
  readonly code: string | null
  readonly finished: readonly string[]
  readonly undone: readonly string[]
  readonly output: unknown
}

export function recordOf(world: World): LifeRecord {
  const { outcome, events, root } = world
  const of = (type: 'task.step.completed' | 'task.undo.completed') =>
    events.flatMap((event) => (event.type === type && event.taskId === root.id ? [event.step] : []))
  return {
    places: [...root.places],
    status: outcome?.status ?? null,
    code: outcome && 'failure' in outcome ? outcome.failure.code : null,
    finished: of('task.step.completed'),
    undone: of('task.undo.completed'),
    output: outcome?.status === 'completed' ? outcome.output : undefined,
  }
}

/** How a life differs from the one that was expected; one sentence each. @param withOutput outputs are compared too */
export function differences(actual: LifeRecord, expected: LifeRecord, withOutput: boolean): string[] {
  const parts: readonly (readonly [string, unknown, unknown])[] = [
    ['went', actual.places, expected.places],
    ['ended as', actual.status, expected.status],
    ['failed with', actual.code, expected.code],
    ['finished the steps', actual.finished, expected.finished],
    ['undid the steps', actual.undone, expected.undone],
    ...(withOutput ? [['gave', actual.output, expected.output] as const] : []),
  ]
  return parts.flatMap(([what, is, should]) =>
    isDeepStrictEqual(is, should) ? [] : [`it ${what} ${shown(is)}, and should as in rehearsal: ${shown(should)}`],
  )
}

/** Lives a scenario to its end. @throws LifecycleError */
export async function live(world: World, scenario: Scenario): Promise<void> {
  const { input, ends, plants, stop, way = [], autopilot = null } = scenario
  const { pilot } = world
  pilot.plants = plants
  pilot.holdsActors = autopilot !== null
  // Before the user's code the runtime lets nothing go on that was told to stop; in it, it is the user's affair.
  if (stop && stop.where !== 'during' && stop.where !== 'rest') {
    const heeds = stop.act === 'hang' || stop.where === 'before'
    pilot.holds = [{ point: stop.point, attempts: 'first', heeds }]
  }
  if (stop?.where === 'during') pilot.strike = { point: stop.point, act: () => strike(world, stop.act) }
  await world.submit(input, noGates)
  await goAlong(world, way)
  if (stop?.where === 'rest') await rest(world)
  world.autopilot = autopilot?.pilot() ?? null
  if (stop && stop.where !== 'during') {
    if (stop.where !== 'rest') await world.until(() => world.isDone || world.isAt(stop.point), `come to ${stop.point}`)
    if (!world.isDone) await intervene(world, stop)
  }
  if (!ends && !world.isDone) {
    await world.until(() => world.isDone || plants.every((plant) => pilot.sprung.has(plant)), 'what is planted')
    void world.handle.cancel('the path is at its end')
  }
  await world.until(() => world.isDone, 'its end')
  await world.end()
}

/** The machine, or other logic, has started, if the task comes so far. */
function rest(world: World): Promise<void> {
  const { handler, pilot, root } = world
  const isThere = () => (pilot.machine ? handler.place !== null : activityOf(root.model.value) === 'running')
  return world.until(() => world.isDone || isThere(), 'start its machine')
}

/** Takes a machine along a way, and sees that it comes by the same places. @throws LifecycleError */
async function goAlong(world: World, way: readonly WayStep[]): Promise<void> {
  if (way.length === 0) return
  await rest(world)
  for (const { move, to } of way) {
    await perform(world, move)
    const { place } = world.handler
    if (to.isOver ? !isUnderWay(world) : place?.key === to.key) continue
    throw new LifecycleError('LIFECYCLE_BROKEN', `${moveWords(move)} the machine goes another way than before:`, [
      `it is in ${place?.words ?? 'no state'}: ${place?.key ?? ''}`,
      `it should be in ${to.words}${to.isOver ? ', and over' : `: ${to.key}`}`,
    ])
  }
}

/** What is done at once, whatever the handler does. */
function strike(world: World, act: Intervention): void {
  const { runtime, root } = world
  const { context } = root.model
  const task = runtime.get(root.id)
  switch (act) {
    case 'cancel':
    case 'late':
      void task?.cancel('cancelled by the lifecycle test')
      return
    case 'deadline':
      task?.actor.send({
        type: 'deadline',
        failure: { code: 'DEADLINE_EXCEEDED', message: 'the deadline has passed', retryable: false },
      })
      return
    case 'shutdown':
      void runtime.stop({ unfinished: 'cancel', grace: '30d' })
      return
    case 'loseLease':
      if (context.leaseId !== null)
        runtime.actor.send({ type: 'lease.expired', leaseId: context.leaseId, epoch: context.epoch })
      return
    default:
    // It takes its time.
  }
}

async function intervene(world: World, { point, act }: Stop): Promise<void> {
  const { handle, runtime, pilot } = world
  strike(world, act)
  switch (act) {
    case 'cancel':
    case 'deadline':
    case 'shutdown':
    case 'loseLease':
      break
    case 'cancelChild': {
      const visit = pilot.standing.find((standing) => standing.point === point)
      void runtime.get(visit?.taskId ?? '')?.cancel('cancelled by the lifecycle test')
      break
    }
    case 'pause':
      handle.pause()
      await world.settle()
      world.letGo()
      await world.settle()
      handle.resume()
      break
    case 'timeout':
      if (!(await overrun(world))) sendTimeout(world)
      break
    case 'hang':
      return hang(world)
    case 'late':
      await world.until(() => world.isDone, 'its end, while its handler is deaf')
      break
    case 'unanswered':
      return world.until(() => world.isDone || !world.isAt(point), 'the end of a question that nobody answers')
  }
  await world.settle()
  world.letGo()
}

/** Its time is too long to be waited for with all its signs of life. */
function sendTimeout({ runtime, root }: World): void {
  const { epoch } = root.model.context
  const failure = { code: 'TIMEOUT', message: 'the attempt took longer than its timeout', retryable: true }
  runtime.get(root.id)?.actor.send({ type: 'timeout', epoch, failure })
}

/** Something ends what hangs: its timeout, its silence, or else a cancel. */
async function hang({ handle, surroundings }: World): Promise<void> {
  const { timeoutMs, heartbeatMs } = surroundings.subject
  if (timeoutMs === null && heartbeatMs === null) void handle.cancel('cancelled by the lifecycle test')
}
