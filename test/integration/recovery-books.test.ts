import type { TaskContext, TaskSpec } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, MemoryStore } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({ type: 'working', kind: 'processing', input: z.unknown(), output: z.unknown(), ...spec, run })

describe('what was spent', () => {
  const pools = { default: { slots: 8 }, money: { usd: { budget: 100 } } }

  test('of a budget stays spent: as used, as reserved where nothing was said, also by what is forgotten', async () => {
    const host = new CrashingHost()
    const thrifty = working((task) => task.used({ usd: 3 }), { type: 'thrifty', demand: { usd: 10 } })
    const silent = working(() => undefined, { type: 'silent', demand: { usd: 20 } })
    const crashed = working((task) => task.sleep('1h'), { type: 'crashed', demand: { usd: 5 }, onCrash: 'fail' })
    const options = { tasks: [thrifty, silent, crashed], pools, retainFor: '1m' as const }
    const first = await host.boot(options)
    for (const definition of [thrifty, silent, crashed]) await first.runtime.submit(definition, null)
    await first.advance(100)
    host.crash()
    const free = (process: typeof first) => process.runtime.resources().find(({ resource }) => resource === 'usd')
    const second = await host.boot(options)
    await second.run(second.runtime.idle())
    const after = free(second)
    await second.advance(120_000)
    expect(second.runtime.list()).toEqual([])
    await second.run(second.runtime.stop())
    expect(host.records().filter(({ event }) => 'taskType' in event)).toEqual([])
    host.shutDown()
    const third = await host.boot(options)
    expect(free(third)).toEqual(after)
    const tooMuch = await third.runtime.submit(silent, null, { demand: { usd: 73 } })
    await third.advance(1_000)
    expect(tooMuch.view().stage).toBe('queued')
    const fits = await third.runtime.submit(silent, null, { demand: { usd: 1 }, priority: 'critical' })
    expect(await third.run(fits.outcome())).toMatchObject({ status: 'completed' })
  })

  test('of a rate stays drawn until it has come back', async () => {
    const host = new CrashingHost()
    const calling = working((task) => task.now(), { demand: { calls: 1 } })
    const options = { tasks: [calling], pools: { api: { calls: { rate: 2, per: 'second' as const } } } }
    const first = await host.boot(options)
    const early = await Promise.all([1, 2].map((n) => first.runtime.submit(calling, n)))
    await Promise.all(early.map((handle) => first.run(handle.result())))
    host.crash({ downMs: 100 })
    const { runtime, run } = await host.boot(options)
    const late = await runtime.submit(calling, 3)
    expect(await run(late.result())).toBeGreaterThanOrEqual(500)
  })
})

describe('what has ended', () => {
  test('is listed after a restart as it was, oldest first, with its outcome', async () => {
    const host = new CrashingHost()
    const value = {
      at: new Date(7),
      map: new Map([['k', 1n]]),
      set: new Set([undefined]),
      nothing: undefined,
      zero: -0,
    }
    const echo = working((_, input) => input, { type: 'echo' })
    const bad = working(() => Promise.reject(new Error('bad')), { type: 'bad', retry: { attempts: 1 } })
    const refused = working(() => undefined, { type: 'refused', validate: () => 'no' })
    const tasks = [echo, bad, refused]
    const first = await host.boot({ tasks })
    const slow = await first.runtime.submit(echo, value, { delay: 100, labels: { of: 'mine' }, principal: 'agent-7' })
    for (const definition of [bad, refused]) await first.runtime.submit(definition, null)
    await (await first.runtime.submit(echo, null, { delay: 5_000 })).cancel()
    await first.run(slow.result())
    const views = first.runtime.list()
    host.crash()
    const { runtime } = await host.boot({ tasks })
    const comparable = ({ outcome, ...view }: (typeof views)[number]) => ({
      ...view,
      progress: null,
      outcome: outcome && 'failure' in outcome ? { ...outcome, failure: { ...outcome.failure, cause: null } } : outcome,
    })
    expect(runtime.list().map(comparable)).toEqual(views.map(comparable))
    expect(await runtime.get(slow.id)?.outcome()).toEqual({ status: 'completed', output: value, attempts: 1 })
    expect(await runtime.get(slow.id)?.result()).toEqual(value)
  })

  test('is forgotten by count in the order in which it ended', async () => {
    const host = new CrashingHost()
    const plain = working((task) => task.sleep(1))
    const options = { tasks: [plain], retain: 2 }
    const first = await host.boot(options)
    const late = await first.runtime.submit(plain, null, { delay: 1_000 })
    const early = await first.runtime.submit(plain, null)
    await first.run(late.result())
    host.crash()
    const { runtime, run } = await host.boot(options)
    await run((await runtime.submit(plain, null)).result())
    expect(runtime.get(early.id)).toBeUndefined()
    expect(runtime.get(late.id)?.view().stage).toBe('completed')
  })

  test('is forgotten after its time, counted from its end, also while the process was down', async () => {
    const host = new CrashingHost()
    const plain = working((task) => task.sleep(1))
    const options = { tasks: [plain], retainFor: '1h' as const }
    const first = await host.boot(options)
    const late = await first.runtime.submit(plain, null, { delay: '30m' })
    const early = await first.runtime.submit(plain, null)
    await first.run(late.result())
    host.crash({ downMs: 20 * 60_000 })
    const second = await host.boot(options)
    expect(second.runtime.list()).toHaveLength(2)
    await second.advance(15 * 60_000)
    expect(second.runtime.get(early.id)).toBeUndefined()
    expect(second.runtime.get(late.id)).toBeDefined()
    host.crash({ downMs: 3_600_000 })
    const third = await host.boot(options)
    await third.advance(1)
    expect(third.runtime.list()).toEqual([])
  })
})

describe('values', () => {
  test('that JSON cannot hold survive as inputs; a function is refused, and nothing is taken on', async () => {
    const host = new CrashingHost()
    const echo = working((_, input) => input)
    const value = { at: new Date(7), map: new Map([[1, new Set([2n])]]), $devalue: 'a name of ours' }
    const first = await host.boot({ tasks: [echo] })
    const handle = await first.runtime.submit(echo, value, { delay: 100 })
    await expect(first.runtime.submit(echo, { run: () => 1 })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('written down'),
    })
    await first.advance(10)
    host.crash()
    const { runtime, run } = await host.boot({ tasks: [echo] })
    expect(await run(runtime.get(handle.id)?.result() ?? Promise.reject())).toEqual(value)
    expect(runtime.list()).toHaveLength(1)
  })

  test('an output that cannot be written down fails its task', async () => {
    const host = new CrashingHost()
    const odd = working(() => () => 1, { retry: { attempts: 3 } })
    const { runtime, run } = await host.boot({ tasks: [odd] })
    expect(await run((await runtime.submit(odd, null)).outcome())).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { code: 'OUTPUT_INVALID' },
    })
  })
})

describe('stop', () => {
  const long = (host: CrashingHost) =>
    working(async (task, ms) => {
      await task.step('a', () => host.note('a'), { undo: () => host.note('undo a') })
      await task.sleep(Number(ms))
      return task.attempt
    })

  test('keeps what is unfinished: what can end in the grace ends, the next runtime finishes the rest', async () => {
    const host = new CrashingHost()
    const definition = long(host)
    const options = { tasks: [definition], pools: { default: { slots: 2 } } }
    const first = await host.boot(options)
    const [brief, endless, queued] = [
      await first.runtime.submit(definition, 100),
      await first.runtime.submit(definition, 60_000),
      await first.runtime.submit(definition, 1),
    ]
    await first.advance(10)
    await first.run(first.runtime.stop({ grace: '1s' }))
    expect(await brief.outcome()).toMatchObject({ status: 'completed' })
    expect(queued.view().stage).toBe('queued')
    host.shutDown()
    const { runtime, run } = await host.boot(options)
    await run(runtime.idle())
    expect(runtime.get(endless.id)?.view().outcome).toMatchObject({ status: 'completed', output: 2 })
    expect(runtime.get(queued.id)?.view().outcome).toMatchObject({ status: 'completed', output: 1 })
    expect(host.notes).toEqual(['a', 'a', 'a'])
  })

  test('keeps a task whose handler fails as soon as it is told to stop', async () => {
    const host = new CrashingHost()
    const touchy = working(
      (task) =>
        host.notes.length > 0
          ? 'done'
          : new Promise((_, reject) => {
              task.signal.addEventListener('abort', () => {
                host.note('told')
                reject(new Error('told to stop'))
              })
            }),
      { retry: { attempts: 1 } },
    )
    const first = await host.boot({ tasks: [touchy] })
    await first.runtime.submit(touchy, null)
    await first.advance(10)
    await first.run(first.runtime.stop({ grace: 100 }))
    host.shutDown()
    expect(host.recorded('task.rollingBack')).toEqual([])
    const { runtime, run } = await host.boot({ tasks: [touchy] })
    expect(await run(runtime.get('task_1')?.outcome() ?? Promise.reject())).toMatchObject({ output: 'done' })
  })

  test('in the middle of a rollback leaves it to the next runtime', async () => {
    const host = new CrashingHost()
    const undo = async (name: string) => {
      host.note(`undo ${name}`)
      if (host.notes.length < 3) await new Promise(() => undefined)
    }
    const doomed = working(
      async (task) => {
        for (const name of ['a', 'b']) await task.step(name, () => name, { undo: () => undo(name) })
        host.note('down')
        throw new Error('down')
      },
      { retry: { attempts: 1 } },
    )
    const first = await host.boot({ tasks: [doomed] })
    await first.runtime.submit(doomed, null)
    await first.advance(10)
    await first.run(first.runtime.stop({ grace: 100 }))
    await first.advance(1_000)
    host.shutDown()
    const { runtime, run } = await host.boot({ tasks: [doomed] })
    expect(await run(runtime.get('task_1')?.outcome() ?? Promise.reject())).toMatchObject({
      status: 'failed',
      rollback: { status: 'complete', undone: ['b', 'a'] },
    })
    // The replay that finds the undos goes no further than them.
    expect(host.notes).toEqual(['down', 'undo b', 'undo b', 'undo a'])
    expect(host.recorded('alert')).toEqual([])
  })

  test('in good order is no crash, however often', async () => {
    const host = new CrashingHost()
    const definition = working((task, ms) => task.sleep(Number(ms)), { retry: { attempts: 1 }, crashLimit: 1 })
    for (let boot = 0; boot < 4; boot += 1) {
      const { runtime, run, advance } = await host.boot({ tasks: [definition] })
      if (boot === 0) await runtime.submit(definition, 20_000)
      await advance(5_000)
      await run(runtime.stop({ grace: 1 }))
      host.shutDown()
    }
    const { runtime, run } = await host.boot({ tasks: [definition] })
    expect(await run(runtime.get('task_1')?.outcome() ?? Promise.reject())).toMatchObject({ status: 'completed' })
  })

  test('cancels what is unfinished when it is told to', async () => {
    const host = new CrashingHost()
    const definition = long(host)
    const first = await host.boot({ tasks: [definition] })
    const handle = await first.runtime.submit(definition, 60_000)
    const waits = await first.runtime.submit(definition, 1, { delay: '1h' })
    await first.advance(10)
    await first.run(first.runtime.stop({ unfinished: 'cancel' }))
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled', rollback: { undone: ['a'] } })
    host.shutDown()
    const { runtime } = await host.boot({ tasks: [definition] })
    expect(runtime.get(handle.id)?.view().stage).toBe('cancelled')
    expect(runtime.get(waits.id)?.view().stage).toBe('cancelled')
    expect(host.notes).toEqual(['a', 'undo a'])
  })

  test('leaves a store in memory to the next runtime of the process', async () => {
    const store = new MemoryStore()
    const environment = createVirtualEnvironment()
    const definition = working((_, input) => input)
    const first = await createRuntime({ environment, store, tasks: [definition] })
    const handle = await first.submit(definition, 5, { delay: 100 })
    await environment.run(first.stop())
    const next = await createRuntime({ environment, store, tasks: [definition] })
    expect(await environment.run(next.get(handle.id)?.result() ?? Promise.reject())).toBe(5)
  })
})
