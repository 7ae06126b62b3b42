import type { TaskContext, TaskSpec } from 'taskwright'
import { defineTask, sequence } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import { z } from 'zod'
import type { Process } from './crashing-host.ts'
import { CrashingHost, upTo } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({ type: 'working', kind: 'processing', input: z.unknown(), output: z.unknown(), ...spec, run })

const other = working(() => 'other', { type: 'other' })

async function ending({ runtime, run }: Process, id = 'task_1') {
  const outcome = runtime.get(id)?.outcome()
  if (!outcome) throw new Error('the task was lost')
  return run(outcome)
}

/** A task of `definition` was accepted, waits for a second, and its process ended. */
async function waiting(host: CrashingHost, definition: ReturnType<typeof working>, input: unknown = null) {
  const { runtime, advance } = await host.boot({ tasks: [definition] })
  await runtime.submit(definition, input, { delay: '1s', dedupeKey: 'key', labels: { of: 'mine' } })
  await advance(10)
  host.crash()
}

describe('a task whose definition is gone', () => {
  test('is parked, says why, raises an alert, and runs nothing', async () => {
    const host = new CrashingHost()
    await waiting(
      host,
      working(() => host.note('ran')),
    )
    const { runtime, advance } = await host.boot({ tasks: [other] })
    await advance(10_000)
    const view = runtime.get('task_1')?.view()
    expect(view).toMatchObject({ stage: 'waiting', labels: { of: 'mine' }, parked: expect.stringContaining('working') })
    expect(host.notes).toEqual([])
    expect(host.recorded('alert')).toMatchObject([{ code: 'TASK_PARKED', taskId: 'task_1' }])
    expect(host.recorded('task.parked')).toHaveLength(1)
  })

  test('can be cancelled, and stays so', async () => {
    const host = new CrashingHost()
    const definition = working(() => 'done')
    await waiting(host, definition)
    const second = await host.boot()
    expect(await second.run(second.runtime.get('task_1')?.cancel() ?? Promise.reject())).toMatchObject({
      status: 'cancelled',
    })
    await second.runtime.submit(definition, null)
    await second.run(second.runtime.idle())
    host.crash()
    expect(await ending(await host.boot({ tasks: [definition] }))).toMatchObject({ status: 'cancelled' })
  })

  test('goes on once its definition is submitted again, and everything settles', async () => {
    const host = new CrashingHost()
    const definition = working((_, input) => input)
    await waiting(host, definition, 5)
    const process = await host.boot()
    const { runtime, run } = process
    const parked = runtime.get('task_1')
    runtime.reprioritise('task_1', 'high')
    const again = await runtime.submit(definition, 6)
    expect(await run(again.result())).toBe(6)
    expect(runtime.get('task_1')?.view()).toMatchObject({ parked: null, priority: 3 })
    await run(runtime.idle())
    expect(await ending(process)).toMatchObject({ status: 'completed', output: 5 })
    expect(await parked?.outcome()).toMatchObject({ status: 'completed', output: 5 })
    expect(runtime.stats().byStage).toMatchObject({ waiting: 0, completed: 2 })
    expect(host.recorded('task.completed')).toHaveLength(2)
  })

  test('is cancelled at its deadline', async () => {
    const host = new CrashingHost()
    const first = await host.boot()
    await first.runtime.submit(
      working(() => 'done'),
      null,
      { delay: '1s', deadlineAt: 5_000 },
    )
    await first.advance(10)
    host.crash()
    const process = await host.boot()
    await process.advance(10_000)
    expect(process.runtime.get('task_1')?.view()).toMatchObject({
      stage: 'cancelled',
      endedAt: 5_000,
      outcome: { failure: { code: 'DEADLINE_EXCEEDED' } },
    })
  })

  test('keeps its dedupe key while it is parked', async () => {
    const host = new CrashingHost()
    await waiting(
      host,
      working(() => 'done'),
    )
    const { runtime } = await host.boot()
    expect((await runtime.submit(other, null, { dedupeKey: 'key' })).id).toBe('task_1')
  })

  test('does not start when what it waits for completes, and starts when it is unparked after that', async () => {
    const host = new CrashingHost()
    const slow = working((task) => task.sleep(100), { type: 'slow' })
    const definition = working(() => host.note('ran'))
    const first = await host.boot()
    const before = await first.runtime.submit(slow, null)
    await first.runtime.submit(definition, null, { after: [before] })
    await first.advance(10)
    host.crash()
    const process = await host.boot({ tasks: [slow] })
    await ending(process, before.id)
    await process.advance(100)
    expect(process.runtime.get('task_2')?.view()).toMatchObject({ stage: 'waiting' })
    await process.runtime.submit(definition, null)
    await process.run(process.runtime.idle())
    expect(host.notes).toEqual(['ran', 'ran'])
  })

  test('is cancelled once when what it waited for fails after it was unparked', async () => {
    const host = new CrashingHost()
    const bad = working(
      async (task) => {
        await task.sleep(5_000)
        throw new Error('bad')
      },
      { type: 'bad', retry: { attempts: 1 } },
    )
    const definition = working(() => host.note('ran'))
    const first = await host.boot()
    const before = await first.runtime.submit(bad, null)
    await first.runtime.submit(definition, 'parked', { after: [before] })
    await first.advance(10)
    host.crash()
    const process = await host.boot({ tasks: [bad] })
    await process.runtime.submit(definition, null)
    await process.run(process.runtime.idle())
    expect(await ending(process, 'task_2')).toMatchObject({ failure: { code: 'DEPENDENCY_FAILED' } })
    expect(host.recorded('task.cancelled')).toHaveLength(1)
    expect(host.notes).toEqual(['ran'])
  })

  test('finds its children again when it goes on', async () => {
    const host = new CrashingHost()
    const member = (type: string) =>
      defineTask({
        type,
        kind: 'processing',
        input: z.unknown(),
        run: async (task) => {
          host.note(type)
          await task.sleep(100)
        },
      })
    const [one, two] = [member('one'), member('two')]
    const flow = sequence({ type: 'flow', members: [one, two] })
    const first = await host.boot()
    await first.runtime.submit(flow, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [one, two] })
    await process.advance(5_000)
    await process.runtime.submit(other, null)
    expect(process.runtime.list({ type: 'one' })).toMatchObject([{ stage: 'completed' }])
    process.runtime.registry.add(flow)
    // Known from now on: the next definition that is new has the parked tried again.
    await process.runtime.submit(
      working(() => undefined, { type: 'new' }),
      null,
    )
    await process.run(process.runtime.idle())
    expect(process.runtime.list({ type: 'one' })).toHaveLength(1)
    expect(host.notes).toEqual(['one', 'one', 'two'])
  })

  test('is cancelled when its parent had ended', async () => {
    const host = new CrashingHost()
    const child = working((task) => task.sleep('1h'), { type: 'child' })
    const parent = working(
      async (task) => {
        await task.submit(child, null)
        await task.sleep(10)
      },
      { type: 'parent' },
    )
    const first = await host.boot({ diesAfter: upTo('task.completed') })
    await first.runtime.submit(parent, null)
    await host.untilDown(first)
    const process = await host.boot({ tasks: [parent] })
    await process.run(process.runtime.idle())
    expect(process.runtime.list({ type: 'child' })).toMatchObject([
      { stage: expect.stringMatching(/cancelled|failed/), outcome: { failure: { code: 'PARENT_ENDED' } } },
    ])
  })

  test('is cancelled with its parent', async () => {
    const host = new CrashingHost()
    const child = working((task) => task.sleep('1h'), { type: 'child' })
    const parent = working(async (task) => (await task.submit(child, null)).result(), { type: 'parent' })
    const first = await host.boot()
    await first.runtime.submit(parent, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [parent] })
    expect(process.runtime.list({ type: 'child' })).toMatchObject([{ parked: expect.anything() }])
    await process.run(process.runtime.get('task_1')?.cancel() ?? Promise.reject())
    await process.run(process.runtime.idle())
    expect(process.runtime.list({ type: 'child' })).toMatchObject([{ stage: 'cancelled' }])
  })
})

describe('another version', () => {
  const versioned = (version: number, spec: Spec = {}) =>
    working((_, input) => ({ version, input }), { version, ...spec })

  test('without migrate leaves the task parked; its own version lets it go on', async () => {
    const host = new CrashingHost()
    await waiting(host, versioned(1), 'a')
    const second = await host.boot({ tasks: [versioned(2)] })
    await second.advance(5_000)
    expect(second.runtime.get('task_1')?.view().parked).toContain('version 1')
    host.crash()
    const process = await host.boot({ tasks: [versioned(1), versioned(2)] })
    expect(await ending(process)).toMatchObject({ output: { version: 1, input: 'a' } })
  })

  test.each([
    { name: 'at once', migrate: (from: number) => `from ${from}` },
    { name: 'later', migrate: async (from: number) => `from ${from}` },
  ])('migrates the input $name, and for good', async ({ migrate }) => {
    const host = new CrashingHost()
    await waiting(host, versioned(1), 'a')
    const second = await host.boot({ tasks: [versioned(2, { migrate })] })
    expect(second.runtime.get('task_1')?.view()).toMatchObject({ version: 2, parked: null })
    expect(host.recorded('task.migrated')).toHaveLength(0)
    await second.advance(1)
    expect(host.recorded('task.migrated')).toMatchObject([{ fromVersion: 1, version: 2 }])
    host.crash()
    const process = await host.boot({ tasks: [versioned(2)] })
    expect(await ending(process)).toMatchObject({ output: { version: 2, input: 'from 1' } })
  })

  test('is given the stage, the old input and the results of the finished steps', async () => {
    const host = new CrashingHost()
    const old = working(async (task) => {
      await task.step('a', () => new Date(5))
      await task.sleep(100)
    })
    const first = await host.boot({ tasks: [old] })
    await first.runtime.submit(old, 'old input')
    await first.advance(50)
    host.crash()
    const seen: unknown[] = []
    const migrate = (from: number, state: unknown) => {
      seen.push(from, state)
      return 'new input'
    }
    const process = await host.boot({
      tasks: [working((task) => task.step('a', () => 'again'), { version: 2, migrate })],
    })
    expect(seen).toEqual([1, { stage: 'executing', input: 'old input', steps: { a: new Date(5) } }])
    expect(await ending(process)).toMatchObject({ status: 'completed', output: new Date(5) })
  })

  test.each([
    { name: 'throws', migrate: () => Promise.reject(new Error('cannot')), says: 'cannot' },
    {
      name: 'throws at once',
      migrate: () => {
        throw new Error('cannot')
      },
      says: 'cannot',
    },
    { name: 'gives an input that does not fit', migrate: () => 7, says: 'expected string' },
  ])('whose migrate $name leaves the task parked', async ({ migrate, says }) => {
    const host = new CrashingHost()
    await waiting(host, versioned(1), 'a')
    const next = defineTask({
      type: 'working',
      kind: 'processing',
      version: 2,
      input: z.string(),
      migrate: (): string => JSON.parse(JSON.stringify(migrate())),
      run: () => 'ran',
    })
    const failing = says === 'cannot' ? working(() => 'ran', { version: 2, migrate }) : next
    const { runtime } = await host.boot({ tasks: [failing] })
    expect(runtime.get('task_1')?.view().parked).toContain(says)
  })

  test('of a machine: a changed structure parks the task, the same one goes on, migrate takes it over', async () => {
    const machine = (states: readonly string[]) =>
      setup({}).createMachine({
        initial: 'work',
        states: {
          work: { after: { 100: 'done' } },
          done: { type: 'final' },
          ...Object.fromEntries(states.map((s) => [s, {}])),
        },
      })
    const define = (states: readonly string[], spec: Spec = {}) =>
      defineTask({ type: 'machine', kind: 'processing', input: z.unknown(), ...spec, run: machine(states) })
    const host = new CrashingHost()
    const first = await host.boot()
    await first.runtime.submit(define([]), null)
    await first.advance(50)
    host.crash()
    const changed = await host.boot({ tasks: [define(['more'])] })
    expect(changed.runtime.get('task_1')?.view().parked).toContain('changed')
    host.crash()
    const migrated = await host.boot({ tasks: [define(['more'], { migrate: () => null })] })
    expect(migrated.runtime.get('task_1')?.view().parked).toBeNull()
    await migrated.advance(10)
    host.crash()
    expect(await ending(await host.boot({ tasks: [define(['more'])] }))).toMatchObject({ status: 'completed' })
  })

  test('that asks for more than the pools have parks the task', async () => {
    const host = new CrashingHost()
    const big = working(() => 'done', { demand: { slots: 8 } })
    await waiting(host, big)
    const small = await host.boot({ tasks: [big], pools: { default: { slots: 4 } } })
    expect(small.runtime.get('task_1')?.view().parked).toContain('more than there is')
    host.crash()
    const none = await host.boot({ tasks: [big], pools: {} })
    expect(none.runtime.get('task_1')?.view().parked).toContain('cannot be met')
    host.crash()
    expect(await ending(await host.boot({ tasks: [big] }))).toMatchObject({ status: 'completed' })
  })

  test('that migrates for long does not bring back what was cancelled meanwhile', async () => {
    const host = new CrashingHost()
    await waiting(host, versioned(1), 'a')
    const process = await host.boot()
    const { runtime, run, clock } = process
    const migrate = () => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 1_000))
    const submitted = runtime.submit(versioned(2, { migrate }), 'b')
    await process.advance(10)
    void runtime.get('task_1')?.cancel()
    await run(submitted)
    await run(runtime.idle())
    expect(await ending(process)).toMatchObject({ status: 'cancelled' })
    expect(host.recorded('task.migrated')).toEqual([])
  })
})
