import type { TaskContext, TaskHandle } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const working = (run: (task: TaskContext) => unknown, type = 'working') =>
  defineTask({ type, kind: 'processing', input: z.unknown(), run })

const link = working(() => undefined, 'link')

describe('children', () => {
  test('act for the principal of their parent, and are cancelled when it is', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const order: string[] = []
    const child = working(async (task) => {
      await task.step('child', () => 1, { undo: () => order.push('child undone') })
      await task.sleep('1h')
    }, 'child')
    const parent = working(async (task) => {
      await task.step('parent', () => 1, { undo: () => order.push('parent undone') })
      const handle = await task.submit(child, null)
      return handle.result()
    }, 'parent')
    const handle = await runtime.submit(parent, null, { principal: 'agent-7' })
    await advance(100)
    const [view] = runtime.list({ parentId: handle.id })
    expect(view).toMatchObject({ type: 'child', principal: 'agent-7', stage: 'executing' })
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    expect(runtime.get(view?.id ?? '')?.view()).toMatchObject({
      stage: 'cancelled',
      outcome: { failure: { code: 'PARENT_ENDED' } },
    })
    expect(order).toEqual(['child undone', 'parent undone'])
  })

  test('do not outlive a parent that completes without them', async () => {
    const { runtime, run } = await virtualWorld()
    const parent = working(
      async (task) =>
        (
          await task.submit(
            working((own) => own.sleep('1h')),
            null,
          )
        ).id,
    )
    const id = await run((await runtime.submit(parent, null)).result())
    await run(runtime.idle())
    expect(runtime.get(String(id))?.view()).toMatchObject({ stage: 'cancelled' })
  })

  test('a failing one fails its parent only if the parent lets it', async () => {
    const { runtime, run } = await virtualWorld()
    const failing = working(() => Promise.reject(new Error('down')), 'failing')
    const strict = working(async (task) => (await task.submit(failing, null)).result())
    const mild = working(async (task) => {
      const child = await task.submit(failing, null)
      return child.result().catch((thrown: unknown) => (thrown instanceof Error ? thrown.name : ''))
    })
    const [one, other] = await Promise.all([runtime.submit(strict, null), runtime.submit(mild, null)])
    expect(await run(one.outcome())).toMatchObject({ status: 'failed', failure: { cause: { code: 'HANDLER_FAILED' } } })
    expect(await run(other.result())).toBe('TaskFailedError')
  })

  test('of children, 2,000 deep, are cancelled from the top', async () => {
    const { runtime, run, advance, types } = await virtualWorld({ pools: {} })
    const nested: ReturnType<typeof working> = working(async (task) => {
      if (task.id !== 'task_2000') await task.submit(nested, null)
      await task.sleep('1h')
    }, 'nested')
    const handle = await runtime.submit(nested, null)
    await advance(1_000)
    expect(runtime.list({ stage: 'executing' })).toHaveLength(2_000)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled' })
    await run(runtime.idle())
    expect(runtime.list({ stage: 'cancelled' })).toHaveLength(2_000)
    expect(types()).not.toContain('supervisor.crash')
  })
})

describe('after', () => {
  const chain = async (length: number, submit: (after: TaskHandle[]) => Promise<TaskHandle>) => {
    const handles: TaskHandle[] = []
    for (let number = 0; number < length; number += 1) handles.push(await submit(handles.slice(-1)))
    return handles
  }

  test('a chain of 100,000 runs in order', async () => {
    const { runtime, run } = await virtualWorld({
      pools: { default: { slots: 4 } },
      retain: 200_000,
      queueLimit: 200_000,
    })
    let ran = 0
    let inOrder = true
    const linked = defineTask({
      type: 'linked',
      kind: 'processing',
      input: z.number(),
      run: (_, number) => {
        inOrder &&= number === ran
        ran += 1
      },
    })
    let submitted = 0
    const handles = await chain(100_000, (after) => {
      submitted += 1
      return runtime.submit(linked, submitted - 1, { after })
    })
    await run(handles.at(-1)?.result() ?? Promise.reject(new Error('no chain')))
    expect(ran).toBe(100_000)
    expect(inOrder).toBe(true)
    expect(runtime.stats().byStage.completed).toBe(100_000)
  })

  test('a chain of 100,000 whose head is cancelled is cancelled to its end', async () => {
    const { runtime, run } = await virtualWorld({ retain: 200_000, queueLimit: 200_000 })
    const head = await runtime.submit(link, null, { delay: '1h' })
    const handles = await chain(100_000, ([before]) => runtime.submit(link, null, { after: [before ?? head] }))
    await run(head.cancel())
    await run(runtime.idle())
    expect(runtime.stats().byStage.cancelled).toBe(100_001)
    expect(await handles.at(-1)?.outcome()).toMatchObject({
      failure: { code: 'DEPENDENCY_FAILED', message: expect.stringContaining('was cancelled') },
    })
    expect(runtime.stats().errorsByCode).toEqual({ CANCELLED: 1, DEPENDENCY_FAILED: 100_000 })
  })

  test('10,000 that wait for one start together; one that waits for 10,000 starts last', async () => {
    const { runtime, run } = await virtualWorld({ queueLimit: 50_000, retain: 50_000 })
    const head = await runtime.submit(link, null, { delay: 10 })
    const fan = await Promise.all(Array.from({ length: 10_000 }, () => runtime.submit(link, null, { after: [head] })))
    const last = await runtime.submit(link, null, { after: fan })
    await run(last.result())
    expect(runtime.stats().byStage.completed).toBe(10_002)
  })

  test('takes handles, ids, repetitions, and tasks that have completed', async () => {
    const { runtime, run } = await virtualWorld()
    const done = await runtime.submit(link, null)
    await run(done.result())
    const before = await runtime.submit(link, null, { delay: 5 })
    const handle = await runtime.submit(link, null, { after: [done, done.id, before, before, before.id] })
    expect(handle.view().stage).toBe('waiting')
    expect(await run(handle.outcome())).toMatchObject({ status: 'completed' })
  })

  test('one that has failed, failed before, or was rejected cancels, and leaves no timer', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const failing = working(() => Promise.reject(new Error('down')), 'failing')
    const bad = await runtime.submit(failing, null)
    const during = await runtime.submit(link, null, { after: [bad] })
    expect(await run(during.outcome())).toMatchObject({ status: 'cancelled', failure: { code: 'DEPENDENCY_FAILED' } })
    const afterwards = await runtime.submit(link, null, { after: [bad], delay: '1d', deadlineAt: 1e9 })
    expect(await run(afterwards.outcome())).toMatchObject({ status: 'cancelled' })
    expect(environment.clock.nextAt()).toBeNull()
  })

  test('a task that is unknown, forgotten, or of another runtime is refused', async () => {
    const { runtime, run, refusal } = await virtualWorld({ retain: 1 })
    const old = await runtime.submit(link, null)
    await run(old.result())
    await run((await runtime.submit(link, null)).result())
    expect(await refusal(runtime.submit(link, null, { after: [old, 'nobody'] }))).toMatchObject({
      code: 'DEPENDENCY_UNKNOWN',
      message: expect.stringContaining(`${old.id}, nobody`),
    })
  })
})
