import { pino } from 'pino'
import type { Runtime } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask } from 'taskwright'
import { afterAll, describe, expect, test } from 'vitest'
import type { InspectionEvent, SnapshotFrom } from 'xstate'
import { initialTransition, transition } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { z } from 'zod'
import { readChart, statesOf } from '../../src/machines/chart.ts'
import { compiledSupervisor } from '../../src/machines/supervisor-engine.ts'
import type { SupervisorMachineEvent } from '../../src/machines/supervisor-machine.ts'
import { supervisorMachine } from '../../src/machines/supervisor-machine.ts'

type State = SnapshotFrom<typeof supervisorMachine>

const graceMs = 1_000
const reply = { done: () => undefined, refused: () => undefined }

const samples: readonly SupervisorMachineEvent[] = [
  { type: 'task.submit', submission: { parentId: null } },
  { type: 'task.submit', submission: { parentId: 'task_1' } },
  { type: 'task.ready', taskId: 'nobody' },
  { type: 'task.withdraw', taskId: 'nobody' },
  { type: 'task.reprioritise', taskId: 'nobody', priority: 1 },
  {
    type: 'task.cancel',
    taskId: 'nobody',
    failure: { code: 'CANCELLED', message: 'no longer needed', retryable: false },
  },
  { type: 'lease.release', leaseId: 'none', epoch: 1 },
  { type: 'lease.renew', leaseId: 'none', epoch: 1, expiresAt: null },
  { type: 'lease.use', taskId: 'nobody', leaseId: 'none', epoch: 1, usage: {} },
  { type: 'lease.expired', leaseId: 'none', epoch: 1 },
  { type: 'pool.resize', resource: 'slots', capacity: 4, reply },
  { type: 'type.pause', name: 'echo' },
  { type: 'type.resume', name: 'echo' },
  { type: 'dispatch' },
  { type: 'pause' },
  { type: 'resume' },
  { type: 'drain' },
  { type: 'stop', graceMs, unfinished: 'cancel' },
  { type: 'grace.expired' },
  { type: 'idle' },
  { type: 'intensity.spent' },
  { type: 'intensity.recovered' },
  { type: 'store.failed', error: 'the disk is full' },
  { type: 'store.healed' },
  { type: 'xstate.done.actor.*', actorId: 'nobody', output: { status: 'completed', output: null, attempts: 1 } },
  { type: 'xstate.error.actor.*', actorId: 'nobody', error: 'crash' },
]

const alike = ({ value, context }: State) => JSON.stringify([value, context.intensitySpent, context.storeFailed])

const quiet = pino({ level: 'silent' })

const echo = defineTask({ type: 'echo', kind: 'processing', input: z.string(), run: (_, text) => text })

/** Runs until its runtime is stopped, and hands out children on demand. */
function parentOf(children: (() => Promise<unknown>)[]) {
  return defineTask({
    type: 'parent',
    kind: 'control',
    input: z.null(),
    demand: {},
    grace: 10 * graceMs,
    run: (task) => {
      children.push(() => task.submit(echo, 'child'))
      return new Promise(() => undefined)
    },
  })
}

const taken = new Set<string>()

/** Makes the events of a path happen on a real runtime; the interpreted machine is told the same, and must agree. */
async function live(path: readonly SupervisorMachineEvent[]): Promise<void> {
  const environment = createVirtualEnvironment()
  let [model] = initialTransition(supervisorMachine)
  const follow = (inspected: InspectionEvent) => {
    if (inspected.type !== '@xstate.snapshot' || !('id' in inspected.actorRef)) return
    if (inspected.actorRef.id !== 'supervisor' || inspected.event.type === 'xstate.init') return
    const { event, snapshot } = inspected
    if (!isSupervisorEvent(event)) return
    const step = compiledSupervisor.step(compiledSupervisor.configurationOf(model.value), model.context, event)
    for (const { id } of step?.transitions ?? []) taken.add(id)
    const [after] = transition(supervisorMachine, model, event)
    expect(snapshot, event.type).toMatchObject({ value: after.value, context: after.context, status: after.status })
    model = after
  }
  const children: (() => Promise<unknown>)[] = []
  const runtime = await createRuntime({ environment, logger: quiet, inspect: follow })
  await environment.clock.settle()
  await runtime.submit(parentOf(children), null)
  await environment.clock.settle()
  for (const event of path.slice(1)) {
    if (model.status === 'done') break
    await cause(runtime, event, children, environment.clock)
    await environment.clock.settle()
    expect(runtime.state).toBe(model.value)
  }
  await environment.run(runtime.stop({ grace: graceMs }))
  expect(runtime.state).toBe('stopped')
  expect(model.value).toBe('stopped')
  for (const { held } of runtime.resources()) expect(held).toBe(0)
  await environment.clock.settle()
  expect(environment.clock.nextAt(), 'a timer is left').toBeNull()
}

async function cause(
  runtime: Runtime,
  event: SupervisorMachineEvent,
  children: readonly (() => Promise<unknown>)[],
  clock: ReturnType<typeof createVirtualEnvironment>['clock'],
): Promise<void> {
  const ignore = () => undefined
  switch (event.type) {
    case 'task.submit':
      if (event.submission.parentId === null) runtime.submit(echo, 'root').catch(ignore)
      else children[0]?.().catch(ignore)
      return
    case 'pool.resize':
      await runtime.resize('slots', 4)
      return
    case 'pause':
      runtime.pause()
      return
    case 'resume':
      runtime.resume()
      return
    case 'drain':
      runtime.drain().catch(ignore)
      return
    case 'stop':
      runtime.stop({ grace: graceMs }).catch(ignore)
      return
    case 'grace.expired':
      if (runtime.state === 'stopping') await clock.advance(graceMs)
      else runtime.actor.send(event)
      return
    case 'idle':
      // Nothing is idle while the parent runs: only a stop ends it.
      if (runtime.state === 'stopping') await clock.advance(graceMs)
      else runtime.actor.send(event)
      return
    default:
      // Messages about tasks and leases that nobody knows change nothing; the intensity is spent by crashes elsewhere.
      runtime.actor.send(event)
  }
}

const types: ReadonlySet<string> = new Set(['supervisor.start', ...samples.map(({ type }) => type)])

function isSupervisorEvent(event: { type: string }): event is SupervisorMachineEvent {
  return (
    types.has(event.type) || event.type.startsWith('xstate.done.actor.') || event.type.startsWith('xstate.error.actor.')
  )
}

/** What can happen in a state: nobody reaches the supervisor before it has started. */
function possible(state: State): SupervisorMachineEvent[] {
  return state.matches('starting') ? [{ type: 'supervisor.start' }] : [...samples]
}

const paths = getShortestPaths(supervisorMachine, { events: possible, serializeState: alike })
const byTransition = new Map<string, readonly SupervisorMachineEvent[]>()
for (const { state, steps } of [...paths].sort((a, b) => a.steps.length - b.steps.length)) {
  const before = steps.slice(1).map(({ event }) => event)
  for (const sample of possible(state)) {
    const step = compiledSupervisor.step(compiledSupervisor.configurationOf(state.value), state.context, sample)
    for (const { id } of step?.transitions ?? []) if (!byTransition.has(id)) byTransition.set(id, [...before, sample])
  }
}

const declared = statesOf(readChart(supervisorMachine)).flatMap((state) =>
  [...state.transitions.values()].flat().map(({ id }) => id),
)

describe('every transition of the supervisor machine, on the real runtime', () => {
  test('the machine declares no transition that cannot be taken', () => {
    expect(declared.filter((id) => !byTransition.has(id))).toEqual([])
  })

  test.each([...byTransition].map(([id, path]) => ({ id, path, words: path.map(({ type }) => type).join(', ') })))(
    '$id after $words',
    async ({ id, path }) => {
      await live(path)
      expect([...taken], 'the real supervisor took it').toContain(id)
    },
  )
})

afterAll(() => {
  console.log(
    `supervisor machine: ${paths.length} states explored, ${taken.size} of ${declared.length} transitions taken`,
  )
})
