import type { RuntimeEvent } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import type { AnyActorLogic, Subscribable } from 'xstate'
import { assign, fromCallback, fromObservable, fromPromise, fromTransition, sendParent, setup } from 'xstate'
import { z } from 'zod'
import { throwAsIs, untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

const machined = (
  logic: AnyActorLogic,
  spec: Partial<Omit<Parameters<typeof defineTask>[0], 'run' | 'input' | 'output'>> = {},
  output: z.ZodType = z.unknown(),
) => defineTask({ type: 'machined', kind: 'processing', input: z.unknown(), output, ...spec, run: logic })

const statesOf = (events: readonly RuntimeEvent[]) =>
  events.flatMap((event) => (event.type === 'task.handler' ? [event.state] : []))

/** Brews for three minutes, then pours; may be told to stop. */
const brewing = setup({
  types: { context: {} as { cups: number }, input: {} as { cups: number }, output: {} as { cups: number } },
}).createMachine({
  id: 'brewing',
  context: ({ input }) => ({ cups: input.cups }),
  initial: 'heating',
  states: {
    heating: { after: { 60000: 'steeping' } },
    steeping: { after: { 120000: 'poured' } },
    poured: { type: 'final' },
  },
  output: ({ context }) => context,
})

describe('a statechart as handler', () => {
  test('gets the input, runs on the clock of the runtime, and its output is the result', async () => {
    const { runtime, run, advance, environment, events } = await virtualWorld()
    const handle = await runtime.submit(machined(brewing), { cups: 2 })
    await advance(70_000)
    const actor = handle.handlerActor
    expect(actor?.getSnapshot()).toMatchObject({ value: 'steeping', context: { cups: 2 } })
    expect(actor?.id).toBe(`${handle.id}/handler`)
    expect(await run(handle.result())).toEqual({ cups: 2 })
    expect(environment.clock.now()).toBe(180_000)
    expect(statesOf(events)).toEqual(['heating', 'steeping', 'poured'])
    expect(handle.handlerActor).toBeNull()
  })

  test('shows nested and parallel states', async () => {
    const { runtime, run, events } = await virtualWorld()
    const machine = setup({}).createMachine({
      type: 'parallel',
      states: {
        a: { initial: 'one', states: { one: { after: { 10: 'two' } }, two: { type: 'final' } } },
        b: { initial: 'one', states: { one: { after: { 20: 'two' } }, two: { type: 'final' } } },
      },
    })
    await run((await runtime.submit(machined(machine), null)).result())
    expect(statesOf(events)).toEqual(['{"a":"one","b":"one"}', '{"a":"two","b":"one"}', '{"a":"two","b":"two"}'])
  })

  test('that is done at once completes its task', async () => {
    const { runtime, run } = await virtualWorld()
    const machine = setup({}).createMachine({ initial: 'a', states: { a: { type: 'final' } }, output: () => 'at once' })
    expect(await run((await runtime.submit(machined(machine), null)).result())).toBe('at once')
  })

  test('has its output checked', async () => {
    const { runtime, run } = await virtualWorld()
    const definition = machined(brewing, {}, z.object({ cups: z.number().max(4) }))
    expect(await run((await runtime.submit(definition, { cups: 9 })).outcome())).toMatchObject({
      status: 'failed',
      failure: { code: 'OUTPUT_INVALID', message: expect.stringContaining('cups') },
    })
  })

  test('can be sent events through its actor', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const counter = setup({ types: { context: {} as { n: number } } }).createMachine({
      context: { n: 0 },
      initial: 'counting',
      states: {
        counting: { on: { up: { actions: assign({ n: ({ context }) => context.n + 1 }) }, enough: 'over' } },
        over: { type: 'final' },
      },
      output: ({ context }) => context.n,
    })
    const handle = await runtime.submit(machined(counter), null)
    await advance(1)
    handle.handlerActor?.send({ type: 'up' })
    handle.handlerActor?.send({ type: 'up' })
    handle.handlerActor?.send({ type: 'enough' })
    expect(await run(handle.result())).toBe(2)
  })

  test('each of its snapshots is a sign of life', async () => {
    const { runtime, run, types } = await virtualWorld()
    const definition = machined(brewing, { heartbeat: '100s' })
    await run((await runtime.submit(definition, { cups: 1 })).result())
    expect(types().filter((type) => type === 'task.suspect')).toHaveLength(1)
  })

  test('what it sends to its parent does not disturb the task', async () => {
    const { runtime, run, types } = await virtualWorld()
    const names = [
      'hello',
      'ready',
      'start',
      'timeout',
      'handler.completed',
      'rollback.finished',
      'xstate.done.actor.x',
    ]
    const machine = setup({}).createMachine({
      entry: names.map((type) => sendParent({ type })),
      initial: 'a',
      states: { a: { after: { 10: 'b' } }, b: { type: 'final' } },
      output: () => 'mine',
    })
    expect(await run((await runtime.submit(machined(machine), null)).result())).toBe('mine')
    expect(types()).not.toContain('supervisor.crash')
  })
})

describe('a machine that goes wrong', () => {
  const throwing = setup({}).createMachine({
    initial: 'a',
    states: { a: { after: { 10: 'b' } }, b: { entry: () => throwAsIs(undefined) } },
  })
  const throwingAtStart = setup({}).createMachine({ context: () => throwAsIs(new Error('no context')) })
  const failingInside = setup({
    actors: { inner: fromPromise(() => Promise.reject(new Error('inner'))) },
  }).createMachine({
    invoke: { src: 'inner' },
  })

  test.each<[string, AnyActorLogic, string]>([
    ['throws in an action', throwing, 'undefined'],
    ['throws at its start', throwingAtStart, 'no context'],
    ['does not handle the error of what it invokes', failingInside, 'inner'],
    ['rejects', fromPromise(() => Promise.reject(Object.freeze({ no: 'error' }))), '{"no":"error"}'],
    ['throws as a promise', fromPromise(() => throwAsIs(new Error('sync'))), 'sync'],
    ['throws as a callback', fromCallback(() => throwAsIs(new Error('called back'))), 'called back'],
    ['is no logic', untyped<AnyActorLogic>({ transition: 'none' }), ''],
  ])('%s: the task fails, is retried, and harms nobody', async (_, logic, message) => {
    const { runtime, run, types } = await virtualWorld()
    const definition = machined(logic, { retry: { attempts: 2, backoff: 1 } })
    const bystander = await runtime.submit(machined(brewing), { cups: 1 })
    const outcome = await run((await runtime.submit(definition, null)).outcome())
    expect(outcome).toMatchObject({ status: 'failed', attempts: 2, failure: { code: 'HANDLER_FAILED' } })
    expect(outcome.status === 'failed' && outcome.failure.message).toContain(message)
    expect(await run(bystander.result())).toEqual({ cups: 1 })
    expect(types()).not.toContain('supervisor.crash')
    expect(runtime.state).toBe('running')
  })
})

describe('stopping a machine', () => {
  test('that handles taskwright.stop ends in good order, within its grace', async () => {
    const { runtime, run, advance, environment, events } = await virtualWorld()
    const tidy = setup({}).createMachine({
      initial: 'working',
      states: {
        working: { on: { 'taskwright.stop': 'tidying' } },
        tidying: { after: { 2000: 'tidy' } },
        tidy: { type: 'final' },
      },
    })
    const handle = await runtime.submit(machined(tidy), null)
    await advance(1_000)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(environment.clock.now()).toBe(3_000)
    expect(statesOf(events)).toEqual(['working', 'tidying', 'tidy'])
  })

  test('that handles it and then ignores it is abandoned after the grace', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const deaf = setup({}).createMachine({ on: { '*': { actions: () => undefined } } })
    const handle = await runtime.submit(machined(deaf, { grace: '4s' }), null)
    await advance(1_000)
    const actor = handle.handlerActor
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(environment.clock.now()).toBe(5_000)
    expect(actor?.getSnapshot().status).toBe('stopped')
  })

  test('that does not handle it is stopped at once, with what it invoked', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const cleaned: string[] = []
    const machine = setup({
      actors: {
        callback: fromCallback(() => () => cleaned.push('callback')),
        promise: fromPromise(
          ({ signal }) => new Promise(() => signal.addEventListener('abort', () => cleaned.push('promise'))),
        ),
      },
    }).createMachine({ invoke: [{ src: 'callback' }, { src: 'promise' }] })
    const handle = await runtime.submit(machined(machine), null)
    await advance(1_000)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(environment.clock.now()).toBe(1_000)
    expect(cleaned.sort()).toEqual(['callback', 'promise'])
  })

  test('whose guard throws when asked whether it handles it is stopped at once', async () => {
    const { runtime, run, advance, types } = await virtualWorld()
    const machine = setup({}).createMachine({
      on: { 'taskwright.stop': { guard: () => throwAsIs(new Error('no idea')), actions: () => undefined } },
    })
    const handle = await runtime.submit(machined(machine), null)
    await advance(10)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(types()).not.toContain('supervisor.crash')
  })

  test('at its timeout: the attempt is over and the next starts afresh', async () => {
    const { runtime, run, events } = await virtualWorld()
    const definition = machined(brewing, { timeout: '90s', retry: { attempts: 2, backoff: 1 } })
    expect(await run((await runtime.submit(definition, { cups: 1 })).outcome())).toMatchObject({
      status: 'failed',
      attempts: 2,
      failure: { code: 'TIMEOUT' },
    })
    expect(statesOf(events)).toEqual(['heating', 'steeping', 'heating', 'steeping'])
  })
})

describe('other actor logic', () => {
  test('a promise gets the input and a signal, and its value is the result', async () => {
    const { runtime, run } = await virtualWorld()
    const logic = fromPromise<string, { name: string }>(async ({ input, signal }) => `${input.name} ${signal.aborted}`)
    expect(await run((await runtime.submit(machined(logic), { name: 'Ada' })).result())).toBe('Ada false')
  })

  test('a promise that is deaf to its signal is given up with its task', async () => {
    const { runtime, run, advance, types } = await virtualWorld()
    const late = Promise.withResolvers<string>()
    const handle = await runtime.submit(machined(fromPromise(() => late.promise)), null)
    await advance(10)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    late.resolve('late')
    await advance(10)
    expect(types().at(-1)).toBe('task.cancelled')
  })

  test('a callback never is done by itself: it runs until it is stopped, and cleans up', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const notes: string[] = []
    const logic = fromCallback(({ input }) => {
      notes.push(`started ${String(input)}`)
      return () => notes.push('cleaned')
    })
    const outcome = await run((await runtime.submit(machined(logic, { timeout: '10s' }), 'x')).outcome())
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'TIMEOUT' } })
    expect(environment.clock.now()).toBe(10_000)
    expect(notes).toEqual(['started x', 'cleaned'])
  })

  test('a reducer runs until it is stopped; an observable until it completes', async () => {
    const { runtime, run } = await virtualWorld()
    const reducer = fromTransition((count: number) => count + 1, 0)
    const stopped = await runtime.submit(machined(reducer, { timeout: '1s' }), null)
    expect(await run(stopped.outcome())).toMatchObject({ failure: { code: 'TIMEOUT' } })
    const logic: AnyActorLogic = fromObservable(() =>
      untyped<Subscribable<number>>({
        subscribe: (observer: { next(value: number): void; complete(): void }) => {
          observer.next(1)
          observer.complete()
          return { unsubscribe: () => undefined }
        },
      }),
    )
    const completed = await runtime.submit(machined(logic), null)
    expect(await run(completed.outcome())).toMatchObject({ status: 'completed' })
  })
})
