import type { ActorRefLike, AnyActorLogic, AnyStateMachine } from 'xstate'
import { assertEvent, fromPromise, StateMachine, setup, transition } from 'xstate'
import { z } from 'zod'
import type { Pilot, PointActions, PointKind } from './pilot.ts'

/** Nothing can be asked of a handler that has no task at hand. */
const noActions: PointActions = {
  ask: () => Promise.resolve(),
  heartbeat: () => undefined,
  progress: () => undefined,
  overrunBudget: () => undefined,
}

/** Of logic made by `fromPromise`: what makes its promise; `null` for any other. */
function promiseMaker(logic: unknown): ((args: unknown) => unknown) | null {
  if (!isLogic(logic) || logic instanceof StateMachine || !('config' in logic)) return null
  const { config } = logic
  if (typeof config !== 'function') return null
  try {
    const active = { status: 'active', output: undefined, error: undefined, input: undefined }
    const [next] = transition(logic, active, { type: 'xstate.promise.resolve', data: 1 })
    return next.status === 'done' ? (args) => Reflect.apply(config, undefined, [args]) : null
  } catch {
    // Logic of another kind, which makes nothing of the question.
    return null
  }
}

const logicSchema = z.custom<AnyActorLogic>(
  (value) => typeof value === 'object' && value !== null && 'transition' in value && 'getInitialSnapshot' in value,
)

function isLogic(value: unknown): value is AnyActorLogic {
  return logicSchema.safeParse(value).success
}

/** The id of the task that an actor works for: handlers are called `TASK/handler`, and stand above what they invoke. */
function taskIdOf(self: ActorRefLike & { _parent?: unknown }): string {
  const id = 'id' in self && typeof self.id === 'string' ? self.id : ''
  if (id.includes('/handler')) return id.slice(0, id.indexOf('/handler'))
  const { _parent: parent } = self
  return isRef(parent) ? taskIdOf(parent) : id
}

function isRef(value: unknown): value is ActorRefLike & { _parent?: unknown } {
  return typeof value === 'object' && value !== null && 'send' in value
}

/** The promise of an actor, which can be held back and made to fail before it is made, and after. */
function pilotedPromise(
  make: (args: unknown) => unknown,
  pilot: Pilot,
  path: string,
  points: (id: string) => readonly (readonly [PointKind, string])[],
): AnyActorLogic {
  return fromPromise(async (args) => {
    const { self, signal } = args
    const place = { path, taskId: taskIdOf(self), attempt: pilot.attemptOf(path), name: self.id }
    const [before, after] = points(self.id)
    const at = (point: string) => (path === '' ? point : `${path}: ${point}`)
    if (before) await pilot.reach({ ...place, kind: before[0], point: at(before[1]) }, signal, noActions)
    const output = await pilot.running(place.taskId, `actor ${self.id}`, () => make(args))
    if (after) await pilot.reach({ ...place, kind: after[0], point: at(after[1]) }, signal, noActions)
    return output
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapped(record: unknown, map: (value: unknown) => unknown): unknown {
  if (!isRecord(record)) return record
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

/** A machine's config with the actors that stand in it, rather than by name, replaced. */
function withActors(node: unknown, replace: (logic: unknown) => unknown): Record<string, unknown> {
  if (!isRecord(node)) return {}
  const { invoke, states } = node
  const inner = (one: unknown) => (isRecord(one) ? { ...one, src: replace(one['src']) } : one)
  return {
    ...node,
    ...(invoke !== undefined && { invoke: Array.isArray(invoke) ? invoke.map(inner) : inner(invoke) }),
    ...(states !== undefined && { states: mapped(states, (state) => withActors(state, replace)) }),
  }
}

const configSchema = z.custom<ConstructorParameters<typeof StateMachine>[0]>()
const partsSchema = z.custom<ConstructorParameters<typeof StateMachine>[1]>()

/** A machine that takes more microsteps for one event than this goes round in circles: it fails, rather than hang the test. */
const mostMicrosteps = 10_000

function pilotedMachine(machine: AnyStateMachine, pilot: Pilot, path: string): AnyStateMachine {
  const replace = (value: unknown) => {
    if (value instanceof StateMachine) return pilotedMachine(value, pilot, path)
    const make = promiseMaker(value)
    return make ? pilotedPromise(make, pilot, path, (id) => [['actor', actorPoint(id)]]) : value
  }
  const { config, implementations } = machine
  const parts = { ...implementations, actors: mapped(implementations.actors, replace) }
  const options = { maxIterations: mostMicrosteps, ...config.options }
  return new StateMachine(configSchema.parse({ ...withActors(config, replace), options }), partsSchema.parse(parts))
}

/** What the point is called at which a promise that a machine has invoked is held. */
function actorPoint(id: string): string {
  return `actor "${id}"`
}

/** A machine, or other actor logic, with a pilot on board: the promises that it makes can be held back and made to fail. */
export function pilotedLogic(logic: AnyActorLogic, pilot: Pilot, path: string): AnyActorLogic {
  if (logic instanceof StateMachine) {
    const machine = pilotedMachine(logic, pilot, path)
    if (path === '') pilot.machine = machine
    return machine
  }
  const make = promiseMaker(logic)
  if (!make) return logic
  return pilotedPromise(make, pilot, path, () => [
    ['start', 'the start of its handler'],
    ['end', 'the end of its handler'],
  ])
}

/** The events by which a handler that is held back is told to begin, or to fail. */
export const goEvent = 'lifecycle.go'
export const failEvent = 'lifecycle.fail'

/** Logic that does nothing until it is told to begin. */
export function heldLogic(logic: AnyActorLogic): AnyActorLogic {
  return setup({
    types: {} as {
      input: unknown
      context: { input: unknown; output: unknown }
      events: { type: typeof goEvent } | { type: typeof failEvent; reason: unknown }
    },
    actors: { real: logic },
    actions: {
      fail: ({ event }) => {
        assertEvent(event, failEvent)
        throw event.reason
      },
    },
  }).createMachine({
    context: ({ input }) => ({ input, output: undefined }),
    initial: 'held',
    states: {
      held: { on: { [goEvent]: 'going', [failEvent]: { actions: 'fail' } } },
      going: {
        invoke: {
          id: 'real',
          src: 'real',
          input: ({ context }: { context: { input: unknown } }) => context.input,
          onDone: 'done',
        },
      },
      done: { type: 'final' },
    },
    output: ({ event }) => ('output' in event ? event.output : undefined),
  })
}
