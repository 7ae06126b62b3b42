import type { TaskContext } from 'taskwright'
import { defineTask, RefusedError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const working = (
  run: (task: TaskContext) => unknown,
  spec: Partial<Omit<Parameters<typeof defineTask>[0], 'run' | 'input' | 'output'>> = {},
) => defineTask({ type: 'working', kind: 'processing', input: z.unknown(), ...spec, run })

const sleeping = (ms: number, type = 'sleeping') =>
  working(
    async (task) => {
      await task.sleep(ms)
      return `slept ${ms}`
    },
    { type },
  )

describe('drain', () => {
  test('refuses what is new, waits for what was accepted, and resume opens again', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const accepted = await Promise.all([1, 2, 3].map((n) => runtime.submit(sleeping(n * 100), null)))
    const later = await runtime.submit(sleeping(1), null, { delay: '1h' })
    const drained = runtime.drain()
    expect(runtime.state).toBe('draining')
    expect(await refusal(runtime.submit(sleeping(1), null))).toMatchObject({ code: 'RUNTIME_DRAINING' })
    await run(Promise.all([drained, runtime.drain()]))
    expect([...accepted, later].map((handle) => handle.view().stage)).toEqual(Array(4).fill('completed'))
    runtime.resume()
    expect(await run((await runtime.submit(sleeping(1), null)).result())).toBe('slept 1')
    await advance(1)
  })

  test('of an idle or paused runtime is at once', async () => {
    const { runtime, run, environment } = await virtualWorld()
    await run(runtime.drain())
    runtime.resume()
    runtime.pause()
    const handle = await runtime.submit(sleeping(5), null)
    await run(runtime.drain())
    expect(handle.view().stage).toBe('completed')
    expect(environment.clock.now()).toBe(5)
  })
})

describe('stop', () => {
  test('cancels what is unfinished, rolls it back, and leaves no timer', async () => {
    const { runtime, run, advance, environment, events } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const undone: string[] = []
    const running = await runtime.submit(
      working(
        async (task) => {
          await task.step('effect', () => 1, { undo: () => undone.push('effect') })
          await task.sleep('1h')
        },
        { timeout: '2h', heartbeat: '90m' },
      ),
      null,
      { deadlineAt: 86_400_000 },
    )
    const queued = await runtime.submit(sleeping(1), null)
    const delayed = await runtime.submit(sleeping(1), null, { delay: '1d' })
    const dependent = await runtime.submit(sleeping(1), null, { after: [delayed] })
    await advance(10)
    await run(Promise.all([runtime.stop(), runtime.stop({ grace: 0 })]))
    for (const handle of [running, queued, delayed, dependent]) {
      expect(await handle.outcome()).toMatchObject({ status: 'cancelled' })
    }
    expect(undone).toEqual(['effect'])
    expect(environment.clock.nextAt()).toBeNull()
    expect(runtime.state).toBe('stopped')
    expect(events.at(-1)).toMatchObject({ type: 'supervisor.state', state: 'stopped' })
    await run(runtime.stop())
  })

  test('abandons what does not stop when the grace is over', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const deaf = await runtime.submit(
      working(() => new Promise(() => undefined), { grace: '1h' }),
      null,
    )
    const stuck = await runtime.submit(
      working((task) =>
        task.step('s', () => 1, { undo: () => new Promise(() => undefined) }).then(() => task.sleep('1h')),
      ),
      null,
    )
    await advance(10)
    await run(runtime.stop({ grace: '3s' }))
    expect(environment.clock.now()).toBe(3_010)
    expect(await deaf.outcome()).toMatchObject({ status: 'cancelled', failure: { code: 'SHUTDOWN' } })
    expect(await stuck.outcome()).toMatchObject({ status: 'failed', rollback: { standing: [{ step: 's' }] } })
    expect(environment.clock.nextAt()).toBeNull()
  })

  test('of a runtime that is idle, paused or draining is at once', async () => {
    for (const before of ['idle', 'pause', 'drain'] as const) {
      const { runtime, run } = await virtualWorld()
      if (before === 'pause') runtime.pause()
      if (before === 'drain') void runtime.drain()
      await run(runtime.stop())
      expect(runtime.state).toBe('stopped')
    }
  })

  test('every call afterwards has an answer', async () => {
    const { runtime, run, refusal } = await virtualWorld()
    const done = await runtime.submit(sleeping(1), null)
    await run(done.result())
    await run(runtime.stop())
    expect(await refusal(runtime.submit(sleeping(1), null))).toMatchObject({ code: 'RUNTIME_STOPPED' })
    expect(await refusal(runtime.resize('slots', 2))).toMatchObject({ code: 'RUNTIME_STOPPED' })
    await run(Promise.all([runtime.drain(), runtime.idle(), runtime.stop()]))
    runtime.pause()
    runtime.resume()
    expect(runtime.state).toBe('stopped')
    expect(await done.result()).toBe('slept 1')
    expect(await done.cancel()).toMatchObject({ status: 'completed' })
    expect(runtime.list()).toHaveLength(1)
    expect(runtime.stats().ended).toBe(1)
  })

  test('while an asynchronous schema reads an input refuses that submission', async () => {
    const { runtime, run, refusal } = await virtualWorld()
    const reading = Promise.withResolvers<boolean>()
    const definition = defineTask({
      type: 'slow-schema',
      kind: 'processing',
      input: z.string().refine(() => reading.promise),
      run: () => undefined,
    })
    const submitted = refusal(runtime.submit(definition, 'x'))
    await run(runtime.stop())
    reading.resolve(true)
    const thrown = await submitted
    expect(thrown).toBeInstanceOf(RefusedError)
    expect(thrown).toMatchObject({ code: 'RUNTIME_STOPPED' })
  })

  test('with a grace that is none is refused, and stops nothing', async () => {
    const { runtime, refusal } = await virtualWorld()
    expect(await refusal(runtime.stop({ grace: Number.NaN }))).toMatchObject({ code: 'OPTIONS_INVALID' })
    expect(runtime.state).toBe('running')
  })

  test('called by a handler of the runtime itself ends after the grace at the latest', async () => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(
      working(async () => {
        await runtime.stop({ grace: '2s' })
      }),
      null,
    )
    expect(await run(handle.outcome())).toMatchObject({ status: 'cancelled' })
    await run(runtime.stop())
    expect(runtime.state).toBe('stopped')
  })
})
