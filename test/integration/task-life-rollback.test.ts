import type { RollbackReport, TaskContext } from 'taskwright'
import { defineTask, parallel } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { throwAsIs } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

const undoing = (undo: (signal: AbortSignal) => unknown, rollback?: () => unknown) =>
  defineTask({
    type: 'undoing',
    kind: 'integration',
    input: z.unknown(),
    rollbackRetry: { attempts: 3, backoff: 100, jitter: false },
    rollbackTimeout: '1s',
    ...(rollback && { rollback }),
    async run(task: TaskContext) {
      await task.step('first', () => 1, { undo: () => undefined })
      await task.step('shaky', () => 2, { undo: (_, { signal }) => undo(signal) })
      await task.step('last', () => 3, { undo: () => undefined })
      throw new Error('after all')
    },
  })

describe('rollback', () => {
  test('an undo that fails twice and then succeeds is complete', async () => {
    const { runtime, run, events } = await virtualWorld()
    let tries = 0
    const definition = undoing(() => {
      tries += 1
      if (tries < 3) throwAsIs(undefined)
    })
    expect(await run((await runtime.submit(definition, null)).outcome())).toMatchObject({
      status: 'failed',
      failure: { code: 'HANDLER_FAILED' },
      rollback: { status: 'complete', undone: ['last', 'shaky', 'first'] },
    })
    expect(events.flatMap((event) => (event.type === 'task.undo.failed' ? [event.attempt] : []))).toEqual([1, 2])
    expect(events.some(({ type }) => type === 'alert')).toBe(false)
  })

  test('one that keeps failing stands, is said to, and the rest is undone all the same', async () => {
    const { runtime, run, events } = await virtualWorld()
    const definition = undoing(() => Promise.reject(new Error('the ticket is closed')))
    const handle = await runtime.submit(definition, null)
    const rollback = {
      status: 'incomplete',
      undone: ['last', 'first'],
      standing: [{ step: 'shaky', message: 'the ticket is closed' }],
    }
    expect(await run(handle.outcome())).toMatchObject({ status: 'failed', rollback })
    expect(events.at(-1)).toMatchObject({ type: 'task.failed', rollback })
    expect(events.filter(({ type }) => type === 'alert')).toMatchObject([
      { code: 'ROLLBACK_INCOMPLETE', taskId: handle.id, message: expect.stringContaining('1 effect(s) still stand') },
    ])
  })

  test('one that hangs is given its time, told to stop, and tried again', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const told: boolean[] = []
    const definition = undoing(
      (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => told.push(signal.aborted))
        }),
    )
    expect(await run((await runtime.submit(definition, null)).outcome())).toMatchObject({
      status: 'failed',
      rollback: { standing: [{ step: 'shaky', message: 'the undo took longer than 1000 ms' }] },
    })
    expect(told).toEqual([true, true, true])
    expect(environment.clock.now()).toBe(3 * 1_000 + 100 + 200)
  })

  test('a cancelled task whose rollback is incomplete has failed', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const definition = defineTask({
      type: 'stuck',
      kind: 'integration',
      input: z.unknown(),
      rollbackRetry: { attempts: 1 },
      rollback: () => {
        throw Object.freeze([])
      },
      run: (task) => task.sleep('1h'),
    })
    const handle = await runtime.submit(definition, null)
    await advance(10)
    expect(await run(handle.cancel())).toMatchObject({
      status: 'failed',
      failure: { code: 'CANCELLED' },
      rollback: { status: 'incomplete', undone: [], standing: [{ step: 'rollback' }] },
    })
  })

  test('the definition’s own rollback gets the output if there was one', async () => {
    const { runtime, run } = await virtualWorld()
    const got: unknown[] = []
    const definition = defineTask({
      type: 'valued',
      kind: 'integration',
      input: z.unknown(),
      output: z.number(),
      rollback: (output) => {
        got.push(output)
      },
      run: (task) => {
        if (task.attempt === 1) return 7
        throw new Error('no')
      },
    })
    const handle = await runtime.submit(definition, null)
    await run(handle.result())
    expect(got).toEqual([])
    expect(await run(handle.rollBack())).toEqual({ status: 'complete', undone: ['rollback'] })
    expect(got).toEqual([7])
    expect(handle.view()).toMatchObject({ stage: 'completed', compensated: true })
  })

  test('messages to a task that rolls back change nothing, and it ends once', async () => {
    const { runtime, run, advance, types, environment } = await virtualWorld()
    const slow = defineTask({
      type: 'slow-undo',
      kind: 'integration',
      input: z.unknown(),
      rollback: () => new Promise<void>((resolve) => void environment.clock.setTimeout(() => resolve(), 500)),
      run: (task) => task.sleep('1h'),
    })
    const handle = await runtime.submit(slow, null)
    await advance(1)
    const first = handle.cancel('one')
    await advance(1)
    expect(handle.view().stage).toBe('rollingBack')
    const second = handle.cancel('two')
    handle.pause()
    handle.resume()
    expect(await run(first)).toMatchObject({ status: 'cancelled', failure: { message: 'one' } })
    expect(await run(second)).toEqual(await first)
    expect(types().filter((type) => type === 'task.cancelled')).toHaveLength(1)
  })
})

describe('undoing what has completed', () => {
  const compensable = (undo: () => unknown, rollbacks: string[] = []) =>
    defineTask({
      type: 'compensable',
      kind: 'integration',
      input: z.unknown(),
      rollbackRetry: { attempts: 2, backoff: 10 },
      rollback: () => {
        rollbacks.push('rollback')
      },
      run: (task) => task.step('book', () => 'booked', { undo }),
    })

  test('is done once, however often and however much at once it is asked for', async () => {
    const { runtime, run } = await virtualWorld()
    const rollbacks: string[] = []
    const handle = await runtime.submit(
      compensable(() => rollbacks.push('undo'), rollbacks),
      null,
    )
    await run(handle.result())
    const both = await run(Promise.all([handle.rollBack(), handle.rollBack()]))
    expect(both[0]).toEqual(both[1])
    expect(await run(handle.rollBack())).toEqual({ status: 'none' })
    expect(rollbacks).toEqual(['undo', 'rollback'])
  })

  test('what stands raises an alert, and only that is tried again at the next call', async () => {
    const { runtime, run, events } = await virtualWorld()
    const rollbacks: string[] = []
    let closed = true
    const definition = compensable(() => {
      if (closed) throw new Error('closed')
      rollbacks.push('undo')
    }, rollbacks)
    const handle = await runtime.submit(definition, null)
    await run(handle.result())
    expect(await run(handle.rollBack())).toMatchObject({ status: 'incomplete', standing: [{ step: 'book' }] })
    expect(handle.view().compensated).toBe(false)
    expect(events.at(-1)).toMatchObject({ type: 'alert', code: 'ROLLBACK_INCOMPLETE', taskId: handle.id })
    closed = false
    expect(await run(handle.rollBack())).toEqual({ status: 'complete', undone: ['book'] })
    expect(rollbacks).toEqual(['rollback', 'undo'])
    expect(handle.view().compensated).toBe(true)
  })

  test('is nothing for a task that did not complete', async () => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(
      compensable(() => undefined),
      null,
      { delay: '1h' },
    )
    expect(await run(handle.rollBack())).toEqual({ status: 'none' })
    await run(handle.cancel())
    expect(await run(handle.rollBack())).toEqual({ status: 'none' })
  })

  test('a flow whose member cannot be undone says so, and does not take the second try for a success', async () => {
    const { runtime, run, events } = await virtualWorld()
    const standing = compensable(() => {
      throw new Error('closed')
    })
    const failing = defineTask({
      type: 'failing',
      kind: 'processing',
      input: z.unknown(),
      run: async (task) => {
        await task.sleep(100)
        throw new Error('down')
      },
    })
    const flow = parallel({ type: 'flow', members: { standing, failing } })
    const outcome = await run((await runtime.submit(flow, null)).outcome())
    const rollback: RollbackReport | undefined = outcome.status === 'failed' ? outcome.rollback : undefined
    expect(rollback).toMatchObject({ status: 'incomplete', standing: [{ step: 'standing' }] })
    expect(events.filter((event) => event.type === 'alert' && event.code === 'ROLLBACK_INCOMPLETE')).not.toHaveLength(0)
  })
})
