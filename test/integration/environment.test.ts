import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Runtime, TaskEvent, VirtualEnvironment } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, VirtualTimeStuckError } from 'taskwright'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createMachine, fromPromise } from 'xstate'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

/** A load with chance in it: jittered retries, questions, two principals, children. */
async function liveALittle(seed: number): Promise<string> {
  const { runtime, environment, run } = await virtualWorld({ seed, pools: { default: { slots: 3 } } })
  const child = defineTask({
    type: 'child',
    kind: 'analysis',
    input: z.number(),
    demand: {},
    run: (task, ms) => task.sleep(ms),
  })
  const flaky = defineTask({
    type: 'flaky',
    kind: 'processing',
    input: z.number(),
    retry: { attempts: 4, backoff: '10s', jitter: true },
    run: async (task, n) => {
      await task.step('child', async () => (await task.submit(child, n)).result(), { undo: () => undefined })
      if (task.random() < 0.5) throw new Error('unlucky')
      if (n % 5 === 0) await task.ask(z.boolean(), 'go on?', { timeout: '1m', default: true })
      return n
    },
  })
  for (let n = 0; n < 20; n++) await runtime.submit(flaky, n, { principal: n % 2 ? 'odd' : 'even', priority: n % 3 })
  await run(runtime.idle())
  await run(runtime.stop())
  expect(environment.clock.nextAt()).toBeNull()
  return [...runtime.journal()].map((event) => JSON.stringify(event)).join('\n')
}

describe('the environment', () => {
  test('gives the same journal for the same seed, byte for byte, and another for another', async () => {
    const journals = await Promise.all([liveALittle(7), liveALittle(7), liveALittle(8)])
    expect(journals[0]).toBe(journals[1])
    expect(journals[0]).not.toBe(journals[2])
    expect(journals[0]?.split('\n').length).toBeGreaterThan(300)
  })

  test('waits 24 hours in no time', async () => {
    const { runtime, environment, run } = await virtualWorld()
    const daily = defineTask({
      type: 'daily',
      kind: 'control',
      input: z.null(),
      retry: { attempts: 3, backoff: '24h', factor: 1, jitter: false },
      run: ({ attempt }) => (attempt < 3 ? Promise.reject(new Error('not yet')) : attempt),
    })
    expect(await run((await runtime.submit(daily, null)).result())).toBe(3)
    expect(environment.clock.now()).toBe(2 * 24 * 3_600_000)
  })

  test('fires nested timers on time, equal ones in order, and runs XState machines on the same time', async () => {
    const environment = createVirtualEnvironment()
    const fired: string[] = []
    const note = (name: string) => fired.push(`${name} ${environment.clock.now()}`)
    environment.clock.setTimeout(() => {
      note('outer')
      environment.clock.setTimeout(() => note('inner'), 10)
    }, 10)
    environment.clock.setTimeout(() => note('second'), 10)
    environment.clock.setTimeout(() => note('late'), 100)
    const cancelled = environment.clock.setTimeout(() => note('never'), 50)
    environment.clock.clearTimeout(cancelled)
    await environment.clock.advance(100)
    expect(fired).toEqual(['outer 10', 'second 10', 'inner 20', 'late 100'])
    const { runtime, run, environment: other } = await virtualWorld()
    const after = createMachine({
      initial: 'a',
      states: { a: { after: { 3600000: 'b' } }, b: { type: 'final' } },
      output: 'done',
    })
    const waits = defineTask({ type: 'waits', kind: 'control', input: z.null(), run: after })
    const handle = await runtime.submit(waits, null)
    await other.clock.settle()
    expect(handle.handlerActor?.getSnapshot()).toMatchObject({ value: 'a' })
    expect(await run(handle.result())).toBe('done')
    expect(other.clock.now()).toBe(3_600_000)
  })

  test('says so when it waits for what can never come', async () => {
    const environment = createVirtualEnvironment()
    await expect(environment.run(new Promise(() => undefined))).rejects.toThrow(VirtualTimeStuckError)
  })
})

describe('a handle', () => {
  async function one(): Promise<{ runtime: Runtime; environment: VirtualEnvironment }> {
    const { runtime, environment } = await virtualWorld()
    return { runtime, environment }
  }

  test('tells what happens, as it happens, until the end', async () => {
    const { runtime, environment } = await one()
    const talks = defineTask({
      type: 'talks',
      kind: 'analysis',
      input: z.string(),
      run: async (task, who) => {
        task.progress(0.5, 'half')
        task.log.info('signed in', { user: who, password: 'hunter2', header: 'Bearer abc.def.ghi' })
        await task.sleep(10)
        return `hello ${who}`
      },
    })
    const handle = await runtime.submit(talks, 'you')
    const seen: TaskEvent[] = []
    const read = (async () => {
      for await (const event of handle.changes()) seen.push(event)
    })()
    await environment.run(read)
    expect(seen.map(({ type }) => type)).toEqual([
      'task.allocating',
      'task.executing',
      'task.running',
      'task.progress',
      'task.log',
      'task.completing',
      'task.completed',
    ])
    expect(seen.find(({ type }) => type === 'task.log')).toMatchObject({
      data: { user: 'you', password: '[redacted]', header: 'Bearer [redacted]' },
    })
    expect(handle.view()).toMatchObject({ stage: 'completed', progress: { fraction: 0.5, message: 'half' } })
  })

  test("'s actor is XState's: it can be subscribed to, asked and persisted", async () => {
    const { runtime, environment } = await one()
    const handle = await runtime.submit(
      defineTask({ type: 'slow', kind: 'analysis', input: z.null(), run: (task) => task.sleep(10) }),
      null,
    )
    const values: unknown[] = []
    handle.actor.subscribe((snapshot) => values.push(snapshot.value))
    await environment.clock.settle()
    expect(handle.actor.getSnapshot().matches({ executing: { work: 'running' } })).toBe(true)
    expect(() => JSON.stringify(handle.actor.getPersistedSnapshot())).not.toThrow()
    await environment.run(handle.result())
    expect(values.at(-1)).toBe('completed')
    expect(handle.actor.getSnapshot()).toMatchObject({ status: 'done', output: { status: 'completed' } })
  })

  test('of a machine shows its chart, and its states are events', async () => {
    const { runtime, environment } = await one()
    const chart = createMachine({
      initial: 'draft',
      states: { draft: { after: { 10: 'sent' } }, sent: { type: 'final' } },
      output: 42,
    })
    const states: string[] = []
    runtime.on('task.handler', ({ state }) => states.push(state))
    const handle = await runtime.submit(
      defineTask({ type: 'm', kind: 'control', input: z.null(), output: z.number(), run: chart }),
      null,
    )
    const result = await environment.run(handle.result())
    expectTypeOf(result).toEqualTypeOf<number>()
    expect([result, states]).toEqual([42, ['draft', 'sent']])
    const promised = defineTask({
      type: 'p',
      kind: 'control',
      input: z.string(),
      run: fromPromise(async ({ input }) => `got ${input}`),
    })
    expect(await environment.run((await runtime.submit(promised, 'it')).result())).toBe('got it')
  })
})

describe('the runtime', () => {
  test('types its events by pattern', async () => {
    const { runtime } = await virtualWorld()
    runtime.on('task.completed', (event) => expectTypeOf(event.attempts).toEqualTypeOf<number>())
    runtime.on('task.step.*', (event) => expectTypeOf(event.step).toEqualTypeOf<string>())
    runtime.on('task.*', (event) => expectTypeOf(event).toEqualTypeOf<TaskEvent>())
    runtime.on('alert', (event) => expectTypeOf(event.message).toEqualTypeOf<string>())
    expect(runtime.state).toBe('running')
  })

  test('lists, filters and counts', async () => {
    const { runtime, run } = await virtualWorld()
    const work = defineTask({
      type: 'work',
      kind: 'processing',
      input: z.boolean(),
      run: async (task, fails) => {
        await task.sleep(100)
        if (fails) throw new Error('no')
      },
    })
    for (const fails of [false, false, false, true]) {
      await runtime.submit(work, fails, { principal: fails ? 'unlucky' : 'lucky', labels: { fails: `${fails}` } })
    }
    await run(runtime.idle())
    expect(runtime.list({ principal: 'lucky' })).toHaveLength(3)
    expect(runtime.list({ stage: 'failed', labels: { fails: 'true' } })).toHaveLength(1)
    expect(runtime.list({ type: 'work', limit: 2 })).toHaveLength(2)
    const stats = runtime.stats()
    expect(stats).toMatchObject({
      supervisor: 'running',
      ended: 4,
      successRate: 0.75,
      errorsByCode: { HANDLER_FAILED: 1 },
      errorRateByCode: { HANDLER_FAILED: 0.25 },
      byStage: { completed: 3, failed: 1, executing: 0 },
    })
    expect(stats.byType.work?.runTime.p50Ms).toBeGreaterThan(99)
    expect(stats.byType.work?.runTime.p50Ms).toBeLessThan(102)
    expect(stats.resources[0]?.reservedOfCapacity).toBeCloseTo(4 / 32)
  })

  test('lets the process of its host exit, stopped or only idle, and is not ended by what nobody caught', async () => {
    const program = (last: string) => `
      import { createRuntime, defineTask } from 'taskwright'
      import { z } from 'zod'
      const runtime = await createRuntime()
      const bad = defineTask({ type: 'bad', kind: 'control', input: z.null(), timeout: '1m', run: async (task) => {
        void task.step('dropped', async () => { throw new Error('dropped') })
        void task.ask(z.string(), 'dropped too')
        throw undefined
      } })
      runtime.on('*', () => { throw new Error('a listener') })
      const handle = await runtime.submit(bad, null)
      handle.result()
      console.log((await handle.outcome()).status)
      ${last}`
    for (const last of ['await runtime.stop()', '']) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--conditions=source', '--input-type=module', '-e', program(last)],
        { cwd: new URL('../../', import.meta.url), timeout: 20_000 },
      )
      expect(stdout.trim()).toBe('failed')
    }
  })

  test('is one of two in a process, and knows nothing of the other', async () => {
    const [one, two] = [await virtualWorld(), await virtualWorld()]
    const work = defineTask({ type: 'work', kind: 'control', input: z.string(), run: (_, text) => text })
    const [first, second] = [await one.runtime.submit(work, '1'), await two.runtime.submit(work, '2')]
    expect(await one.run(first.result())).toBe('1')
    await one.run(one.runtime.stop())
    expect(await two.run(second.result())).toBe('2')
    expect(two.runtime.list()).toHaveLength(1)
    const real = await createRuntime()
    await Promise.all([real.stop(), real.stop()])
    expect(real.state).toBe('stopped')
  })
})
