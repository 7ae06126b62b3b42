import { isDeepStrictEqual } from 'node:util'
import type { TaskOutcome } from '../../model/outcome.ts'
import type { Plant } from './faults.ts'
import { shown } from './followed-task.ts'
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

/** One life of a task: what is planted in its handler, and what happens to it where. */
export interface Scenario {
  readonly input: unknown
  readonly plants: readonly Plant[]
  readonly stop: { readonly point: string; readonly act: Intervention } | null
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

/** Lives a scenario to its end. @param ends the handler comes to an end by itself; else it is cancelled */
export async function live(world: World, { input, plants, stop }: Scenario, ends: boolean): Promise<void> {
  const { pilot } = world
  pilot.plants = plants
  if (stop) pilot.holds = [{ point: stop.point, attempts: 'first', heeds: stop.act === 'hang' }]
  await world.submit(input, noGates)
  if (stop) {
    await world.until(() => world.isDone || world.isAt(stop.point), `come to ${stop.point}`)
    if (!world.isDone) await intervene(world, stop.point, stop.act)
  }
  if (!ends && !world.isDone) {
    await world.until(() => world.isDone || plants.every((plant) => pilot.sprung.has(plant)), 'what is planted')
    void world.handle.cancel('the path is at its end')
  }
  await world.until(() => world.isDone, 'its end')
  await world.end()
}

async function intervene(world: World, point: string, act: Intervention): Promise<void> {
  const { handle, runtime, root, pilot } = world
  const { context } = root.model
  switch (act) {
    case 'cancel':
      void handle.cancel('cancelled by the lifecycle test')
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
      await overrun(world)
      break
    case 'deadline':
      runtime.get(root.id)?.actor.send({
        type: 'deadline',
        failure: { code: 'DEADLINE_EXCEEDED', message: 'the deadline has passed', retryable: false },
      })
      break
    case 'shutdown':
      void runtime.stop({ unfinished: 'cancel', grace: '30d' })
      break
    case 'loseLease':
      if (context.leaseId !== null)
        runtime.actor.send({ type: 'lease.expired', leaseId: context.leaseId, epoch: context.epoch })
      break
    case 'hang':
      return hang(world)
    case 'late':
      void handle.cancel('cancelled by the lifecycle test')
      await world.until(() => world.isDone, 'its end, while its handler is deaf')
      break
    case 'unanswered':
      return world.until(() => world.isDone || !world.isAt(point), 'the end of a question that nobody answers')
  }
  await world.settle()
  world.letGo()
}

/** Something ends what hangs: its timeout, its silence, or else a cancel. */
async function hang({ handle, surroundings }: World): Promise<void> {
  const { timeoutMs, heartbeatMs } = surroundings.subject
  if (timeoutMs === null && heartbeatMs === null) void handle.cancel('cancelled by the lifecycle test')
}
