import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { pino } from 'pino'
import type { Runtime } from 'taskwright'
import { createVirtualEnvironment, defineTask } from 'taskwright'
import type { LifecycleCase, Machines, Subject } from 'taskwright/testing'
import { ownMachines } from 'taskwright/testing'
import type { InspectionEvent, SnapshotFrom } from 'xstate'
import { initialTransition, transition } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { z } from 'zod'
import { readChart, statesOf } from '../../src/machines/chart.ts'
import { compiledSupervisor } from '../../src/machines/supervisor-engine.ts'
import type { SupervisorMachineEvent } from '../../src/machines/supervisor-machine.ts'
import { supervisorMachine } from '../../src/machines/supervisor-machine.ts'
import type { RuntimeEvent } from '../../src/model/events.ts'
import { createRuntimeOn } from '../../src/runtime/create-runtime.ts'
import { LifeTraces, traceOf } from '../../src/testing/lifecycle/life-trace.ts'
import { within } from '../../src/testing/lifecycle/real-time.ts'
import { Tally } from '../../src/testing/lifecycle/tally.ts'
import type { PathSuite } from '../../src/testing/mutation/judge.ts'

type State = SnapshotFrom<typeof supervisorMachine>
type Path = readonly SupervisorMachineEvent[]

const graceMs = 1_000
/** Of the clock, at the end of a path. */
const mostSteps = 200
/** Of real time, for a fault that keeps a path from its end. */
const watchdogMs = 2_000
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
  { type: 'lease.renew', leaseId: 'none', epoch: 1, expiresAt: 10 },
  { type: 'lease.use', taskId: 'nobody', leaseId: 'none', epoch: 1, usage: { usd: 2 } },
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

/** Holds the only slot until it is let go: whatever comes after it waits. */
function holderOf(held: Promise<void>) {
  return defineTask({
    type: 'holder',
    kind: 'processing',
    input: z.null(),
    demand: { slots: 1, usd: 1 },
    run: () => held,
  })
}

/** One path on a real runtime; the interpreted machine is told the same, and must agree. */
class SupervisorWalk {
  readonly events: RuntimeEvent[] = []
  readonly told: string[] = []
  readonly taken = new Set<string>()
  readonly #environment = createVirtualEnvironment()
  readonly #children: (() => Promise<unknown>)[] = []
  #model = initialTransition(supervisorMachine)[0]
  #mismatch: unknown = null
  /** Ids of the task that holds the slot, and of one that waits for it. */
  #holder = ''
  #waiter = ''

  async live(path: Path, machines: Machines): Promise<void> {
    const { clock } = this.#environment
    const runtime = await createRuntimeOn(machines, {
      environment: this.#environment,
      logger: quiet,
      pools: { default: { slots: 1, usd: { budget: 5 } } },
      inspect: (inspected) => this.#follow(inspected),
    })
    runtime.on('*', (event) => this.events.push(event))
    await clock.settle()
    await runtime.submit(parentOf(this.#children), null)
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    this.#holder = (await runtime.submit(holderOf(held), null)).id
    await runtime.submit(echo, 'waits for the slot')
    this.#waiter = (await runtime.submit(echo, 'waits behind it')).id
    await clock.settle()
    for (const event of path.slice(1)) {
      if (this.#model.status === 'done') break
      await this.#cause(runtime, event)
      await clock.settle()
      this.#check(runtime)
    }
    // A lease that was renewed for a moment runs out.
    await clock.advance(20)
    this.told.push(`resources: ${JSON.stringify(runtime.resources())}`)
    // Whether what waits is granted the slot is what tells the states apart.
    letGo()
    await clock.settle()
    this.#check(runtime)
    await this.#ends(runtime.stop({ grace: graceMs }))
    this.#check(runtime)
    assert.equal(runtime.state, 'stopped')
    for (const { resource, form, held: amount } of runtime.resources())
      if (form === 'reusable') assert.equal(amount, 0, `${resource} is held`)
    await clock.settle()
    assert.equal(clock.nextAt(), null, 'a timer is left')
  }

  /** Lets time pass until something has ended, and no further than any path needs: with a fault it may never end. */
  async #ends(promise: Promise<void>): Promise<void> {
    const { clock } = this.#environment
    let isOver = false
    const note = () => {
      isOver = true
    }
    promise.then(note, note)
    for (let steps = 0; steps < mostSteps && !isOver; steps += 1) {
      await clock.settle()
      if (!isOver) await clock.step()
    }
    assert.ok(isOver, 'it never came to its end')
    await promise
  }

  #check(runtime: Runtime): void {
    if (this.#mismatch !== null) throw this.#mismatch
    assert.equal(runtime.state, this.#model.value)
  }

  #follow(inspected: InspectionEvent): void {
    if (!('id' in inspected.actorRef) || inspected.actorRef.id !== 'supervisor') return
    if (inspected.type === '@xstate.event') this.told.push(inspected.event.type)
    if (inspected.type !== '@xstate.snapshot' || inspected.event.type === 'xstate.init') return
    const { event, snapshot } = inspected
    if (!isSupervisorEvent(event)) return
    const { value, context } = this.#model
    const step = compiledSupervisor.step(compiledSupervisor.configurationOf(value), context, event)
    for (const { id } of step?.transitions ?? []) this.taken.add(id)
    const [after] = transition(supervisorMachine, this.#model, event)
    this.#model = after
    const expected = { value: after.value, context: after.context, status: after.status }
    try {
      assert.partialDeepStrictEqual(snapshot, expected, `after ${event.type}`)
    } catch (thrown) {
      this.#mismatch ??= thrown
    }
  }

  async #cause(runtime: Runtime, event: SupervisorMachineEvent): Promise<void> {
    const ignore = () => undefined
    const { clock } = this.#environment
    switch (event.type) {
      case 'task.submit':
        if (event.submission.parentId === null) runtime.submit(echo, 'root').catch(ignore)
        else this.#children[0]?.().catch(ignore)
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
      case 'idle':
        // Nothing is idle while the parent runs: only a stop ends it.
        if (runtime.state === 'stopping') await clock.advance(graceMs)
        else runtime.actor.send(event)
        return
      case 'type.resume':
        runtime.pauseType('echo')
        await clock.settle()
        runtime.resumeType('echo')
        return
      default:
        // The intensity is spent by crashes elsewhere: it is told as it is.
        runtime.actor.send(this.#about(runtime, event))
    }
  }

  /** The same message about a task, or its lease, that is there. */
  #about(runtime: Runtime, event: SupervisorMachineEvent): SupervisorMachineEvent {
    const context = runtime.get(this.#holder)?.actor.getSnapshot().context
    const lease = { leaseId: context?.leaseId ?? 'none', epoch: context?.epoch ?? 0 }
    switch (event.type) {
      case 'task.reprioritise':
      case 'task.withdraw':
        return { ...event, taskId: this.#waiter }
      case 'task.cancel':
        return { ...event, taskId: this.#holder }
      case 'xstate.error.actor.*':
        return { ...event, actorId: this.#holder }
      case 'lease.use':
        return { ...event, taskId: this.#holder, ...lease }
      case 'lease.release':
      case 'lease.renew':
      case 'lease.expired':
        return { ...event, ...lease }
      default:
        return event
    }
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

/** A shortest path for each transition, and for each message in each state: one that changes something, if there is one. */
function shortest(): ReadonlyMap<string, Path> {
  const found = new Map<string, { readonly path: Path; readonly changes: boolean }>()
  const paths = getShortestPaths(supervisorMachine, { events: possible, serializeState: alike })
  for (const { state, steps } of paths.toSorted((a, b) => a.steps.length - b.steps.length)) {
    const before = steps.slice(1).map(({ event }) => event)
    for (const sample of possible(state)) {
      const step = compiledSupervisor.step(compiledSupervisor.configurationOf(state.value), state.context, sample)
      const ids = (step?.transitions ?? []).map(({ id }) => id)
      const changes = step !== null && alike(step.snapshot) !== alike(state)
      for (const id of [...ids, `${state.value} ${sample.type}`]) {
        const known = found.get(id)
        if (!known || (changes && !known.changes)) found.set(id, { path: [...before, sample], changes })
      }
    }
  }
  return new Map([...found].map(([id, { path }]) => [id, path]))
}

/** Ids of the transitions that the machine declares. */
export const declared: readonly string[] = statesOf(readChart(supervisorMachine)).flatMap((state) =>
  [...state.transitions.values()].flat().map(({ id }) => id),
)

/** The paths of the supervisor's machine, each on a real runtime. */
export function supervisorSuite(subject: Subject | null = null, traces: LifeTraces | null = null): PathSuite {
  const tally = new Tally()
  const machines: Machines = { ...ownMachines, ...subject?.machines }
  const cases = [...shortest()].map(([id, path]): LifecycleCase => {
    const name = `${id} after ${path.map(({ type }) => type).join(', ')}`
    const run = async () => {
      const walk = new SupervisorWalk()
      await within(watchdogMs, walk.live(path, machines), () => new Error('it never came to its end'))
      for (const one of walk.taken) tally.hit('transitions', 'supervisor', one)
      if (declared.includes(id)) assert.ok(walk.taken.has(id), `the real supervisor did not take ${id}`)
      else tally.hit('pairs', 'supervisor', id)
      if (subject === null) traces?.note(name, traceOf(walk))
      else assert.equal(traces?.difference(name, traceOf(walk)) ?? null, null)
    }
    return { name, run }
  })
  const items = (kind: 'transitions' | 'pairs', ids: readonly string[]) =>
    ids.map((id) => ({ chart: 'supervisor', id, hits: tally.hits(kind, 'supervisor', id), unreachable: null }))
  const pairs = [...shortest().keys()].filter((id) => !declared.includes(id))
  return {
    definition: { type: 'supervisor' },
    paths: cases.length,
    coverage: () => ({
      states: [],
      transitions: items('transitions', declared),
      guards: [],
      pairs: items('pairs', pairs),
    }),
    recorded: () => Promise.resolve(supervisorSuite(subject, new LifeTraces())),
    against: (other) => Promise.resolve(supervisorSuite(other, traces)),
    [Symbol.iterator]: () => cases[Symbol.iterator](),
  }
}

/** Every state that the supervisor can come to, a representative of each that guards can tell apart. */
const reachable: readonly State[] = getShortestPaths(supervisorMachine, {
  events: possible,
  serializeState: alike,
}).map(({ state }) => state)

/** Whether an engine answers every message that can come in every state as our own does: same state, same effects. */
export function supervisesAlike({ supervisor }: Partial<Machines>): boolean {
  const answer = (by: Machines['supervisor'], { value, context }: State, event: SupervisorMachineEvent) => {
    const step = by.step(by.configurationOf(value), context, event)
    return step && { value: step.snapshot.value, context: step.snapshot.context, effects: step.effects }
  }
  return (
    supervisor !== undefined &&
    reachable.every((state) =>
      possible(state).every((event) =>
        isDeepStrictEqual(answer(supervisor, state, event), answer(compiledSupervisor, state, event)),
      ),
    )
  )
}
