import type { TaskContext } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const pausing = (
  run: (task: TaskContext) => unknown,
  spec: Partial<Omit<Parameters<typeof defineTask>[0], 'run' | 'input' | 'output'>> = {},
) => defineTask({ type: 'pausing', kind: 'processing', input: z.unknown(), ...spec, run })

describe('pause', () => {
  test('keeps a queued task from starting, without a place in the queue', async () => {
    const { runtime, run, advance } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const first = await runtime.submit(
      pausing((task) => task.sleep(100)),
      null,
    )
    const held = await runtime.submit(
      pausing(() => 'held'),
      null,
    )
    const next = await runtime.submit(
      pausing(() => 'next'),
      null,
    )
    await advance(1)
    held.pause()
    expect(held.view().stage).toBe('waiting')
    await run(Promise.all([first.result(), next.result()]))
    await advance(3_600_000)
    expect(held.view().stage).toBe('waiting')
    held.resume()
    expect(await run(held.result())).toBe('held')
  })

  test('before the conditions are met holds the task after them; twice is once', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const handle = await runtime.submit(
      pausing(() => 'x'),
      null,
      { delay: 1_000 },
    )
    handle.pause()
    handle.pause()
    await advance(5_000)
    expect(handle.view().stage).toBe('waiting')
    handle.resume()
    expect(await run(handle.result())).toBe('x')
    handle.pause()
    handle.resume()
    expect(handle.view().stage).toBe('completed')
  })

  test('resume before the conditions are met does not start the task early', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const handle = await runtime.submit(
      pausing(() => 'x'),
      null,
      { delay: 1_000 },
    )
    handle.pause()
    handle.resume()
    await run(handle.result())
    expect(environment.clock.now()).toBe(1_000)
  })

  test('stops a running handler at its next step, and its timeout and heartbeat with it', async () => {
    const { runtime, run, advance, types } = await virtualWorld()
    const notes: string[] = []
    const definition = pausing(
      async (task) => {
        await task.sleep(500)
        notes.push('between')
        await task.step('next', () => notes.push('next'))
        await task.sleep(400)
        return 'over'
      },
      { timeout: '1s', heartbeat: '600ms' },
    )
    const handle = await runtime.submit(definition, null)
    await advance(100)
    handle.pause()
    expect(handle.view()).toMatchObject({ stage: 'executing', activity: 'paused' })
    await advance(86_400_000)
    expect(notes).toEqual(['between'])
    handle.resume()
    expect(await run(handle.result())).toBe('over')
    expect(types()).not.toContain('task.suspect')
    expect(types()).not.toContain('task.overdue')
  })

  test('a paused handler that completes without a further step completes', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const handle = await runtime.submit(
      pausing(async (task) => {
        await task.sleep(500)
        return 'over'
      }),
      null,
    )
    await advance(100)
    handle.pause()
    expect(await run(handle.result())).toBe('over')
  })

  test('a paused task can be cancelled: it goes on only to stop', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const notes: string[] = []
    const handle = await runtime.submit(
      pausing(async (task) => {
        await task.sleep(100)
        await task.step('never', () => notes.push('never'))
      }),
      null,
    )
    await advance(50)
    handle.pause()
    await advance(100)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(notes).toEqual([])
  })

  test('during a backoff holds the next attempt', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const definition = pausing(
      ({ attempt }) => {
        if (attempt === 1) throw new Error('once')
        return attempt
      },
      { retry: { attempts: 2, backoff: 1_000, jitter: false } },
    )
    const handle = await runtime.submit(definition, null)
    await advance(10)
    expect(handle.view().stage).toBe('retrying')
    handle.pause()
    await advance(10_000)
    expect(handle.view().stage).toBe('waiting')
    handle.resume()
    expect(await run(handle.result())).toBe(2)
  })

  test('of the runtime grants nothing more, while what executes goes on', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const running = await runtime.submit(
      pausing((task) => task.sleep(1_000)),
      null,
    )
    await advance(1)
    runtime.pause()
    runtime.pause()
    const waiting = await runtime.submit(
      pausing(() => 'waited'),
      null,
    )
    await advance(5_000)
    expect([running.view().stage, waiting.view().stage, runtime.state]).toEqual(['completed', 'queued', 'paused'])
    runtime.resume()
    expect(await run(waiting.result())).toBe('waited')
  })
})
