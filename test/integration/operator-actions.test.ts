import type { Runtime, TaskHandle } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from './crashing-host.ts'
import { virtualWorld } from './virtual-runtime.ts'

const sleeping = (type: string, ms = 10) =>
  defineTask({
    type,
    kind: 'processing',
    input: z.null(),
    run: async (task) => {
      await task.sleep(ms)
      return type
    },
  })

function handleOf(runtime: Runtime, id: string): TaskHandle {
  const handle = runtime.get(id)
  if (!handle) throw new Error(`no task ${id}`)
  return handle
}

const [red, blue] = [sleeping('red'), sleeping('blue')]

describe('a type that is paused', () => {
  test('starts nothing, of tasks that wait and of those that come later, until it is resumed', async () => {
    const { runtime, run, advance, types } = await virtualWorld({
      tasks: [red, blue],
      pools: { default: { slots: 1 } },
    })
    const first = await runtime.submit(red, null)
    await advance(1)
    const waiting = await runtime.submit(red, null)
    runtime.pauseType('red')
    const later = await runtime.submit(red, null)
    const other = await runtime.submit(blue, null)
    expect(await run(first.result())).toBe('red')
    expect(await run(other.result())).toBe('blue')
    await advance(60_000)
    expect([waiting, later].map((handle) => handle.view().stage)).toEqual(['queued', 'queued'])
    expect(runtime.pausedTypes()).toEqual(['red'])
    expect(runtime.explain(waiting.id)).toMatchObject({ isTypePaused: true, message: 'type red is paused' })
    expect(runtime.queue().map(({ reason }) => reason)).toEqual(['its type is paused', 'its type is paused'])
    runtime.pauseType('red')
    runtime.resumeType('red')
    expect(await run(Promise.all([waiting.result(), later.result()]))).toEqual(['red', 'red'])
    runtime.resumeType('red')
    expect(types().filter((type) => type.startsWith('type.'))).toEqual(['type.paused', 'type.resumed'])
  })

  test('gives up the start that was kept for one of it', async () => {
    const big = defineTask({ type: 'big', kind: 'processing', input: z.null(), demand: { slots: 4 }, run: () => 'big' })
    const { runtime, run, advance } = await virtualWorld({ tasks: [red, big], pools: { default: { slots: 4 } } })
    const running = await runtime.submit(sleeping('long', 1_000), null)
    await advance(1)
    const reserved = await runtime.submit(big, null)
    await advance(1)
    expect(runtime.explain(reserved.id)?.reservation).not.toBeNull()
    const small = await runtime.submit(sleeping('small', 5_000), null)
    await advance(1)
    expect(small.view().stage).toBe('queued')
    runtime.pauseType('big')
    await advance(1)
    expect([running, small].map((handle) => handle.view().stage)).toEqual(['executing', 'executing'])
    runtime.resumeType('big')
    expect(await run(reserved.result())).toBe('big')
  })

  test('stays so in the next process, whether the last crashed or was stopped, until it is resumed there', async () => {
    const host = new CrashingHost()
    const first = await host.boot({ tasks: [red, blue] })
    first.runtime.pauseType('red')
    first.runtime.pauseType('blue')
    first.runtime.resumeType('blue')
    const { id } = await first.run(first.runtime.submit(red, null))
    host.crash()
    const second = await host.boot({ tasks: [red, blue] })
    expect(second.runtime.pausedTypes()).toEqual(['red'])
    await second.run(second.runtime.stop())
    host.shutDown()
    const { runtime, run, advance } = await host.boot({ tasks: [red, blue] })
    await advance(60_000)
    expect(runtime.get(id)?.view().stage).toBe('queued')
    runtime.resumeType('red')
    expect(await run(handleOf(runtime, id).outcome())).toMatchObject({ status: 'completed' })
  })

  test('has to be one that is known', async () => {
    const { runtime } = await virtualWorld({ tasks: [red] })
    expect(() => runtime.pauseType('purple')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }))
    expect(() => runtime.resumeType('purple')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }))
  })
})

/** Three steps, of which the second fails as long as it is told to; the first can be undone. */
function threeSteps(notes: string[], trouble: { isThere: boolean; undoFails: boolean }) {
  return defineTask({
    type: 'threeSteps',
    kind: 'processing',
    input: z.null(),
    rollbackRetry: { attempts: 1 },
    run: async (task) => {
      const draft = await task.step(
        'draft',
        ({ idempotencyKey }) => `draft of ${notes.push(`draft ${idempotencyKey}`)}`,
      )
      await task.step('reserve', () => notes.push('reserve'), {
        undo: (_, { idempotencyKey }) => {
          if (trouble.undoFails) throw new Error('not now')
          notes.push(`unreserve ${idempotencyKey}`)
        },
      })
      await task.step('send', () => {
        notes.push('send')
        if (trouble.isThere) throw new Error('the line is dead')
      })
      return draft
    },
  })
}

describe('a task that failed is tried again', () => {
  test('from the start: with every step', async () => {
    const notes: string[] = []
    const trouble = { isThere: true, undoFails: false }
    const task = threeSteps(notes, trouble)
    const { runtime, run } = await virtualWorld({ tasks: [task] })
    const failed = await runtime.submit(task, null)
    await run(failed.outcome())
    trouble.isThere = false
    notes.length = 0
    const again = await runtime.retry(failed.id)
    await run(again.result())
    expect(notes).toEqual([`draft ${again.id}:draft`, 'reserve', 'send'])
  })

  test('from the step that failed: what had finished and stands is not done again, what was undone is', async () => {
    const notes: string[] = []
    const trouble = { isThere: true, undoFails: false }
    const task = threeSteps(notes, trouble)
    const { runtime, run } = await virtualWorld({ tasks: [task] })
    const failed = await runtime.submit(task, null)
    await run(failed.outcome())
    trouble.isThere = false
    notes.length = 0
    const again = await runtime.retry(failed.id, { from: 'failedStep' })
    expect(await run(again.result())).toBe('draft of 1')
    expect(notes).toEqual(['reserve', 'send'])
  })

  test('an effect that could not be undone is gone on with, and undone under the key that it was made with', async () => {
    const notes: string[] = []
    const trouble = { isThere: true, undoFails: true }
    const task = threeSteps(notes, trouble)
    const { runtime, run } = await virtualWorld({ tasks: [task] })
    const failed = await runtime.submit(task, null)
    expect(await run(failed.outcome())).toMatchObject({ rollback: { status: 'incomplete' } })
    trouble.undoFails = false
    notes.length = 0
    const again = await runtime.retry(failed.id, { from: 'failedStep' })
    expect(await run(again.outcome())).toMatchObject({ rollback: { status: 'complete', undone: ['reserve'] } })
    expect(notes).toEqual(['send', `unreserve ${failed.id}:reserve`])
  })

  test('nothing is kept of a task that its definition has rolled back as a whole', async () => {
    const notes: string[] = []
    const task = defineTask({
      type: 'whole',
      kind: 'processing',
      input: z.null(),
      run: async (context) => {
        await context.step('one', () => notes.push('one'))
        throw new Error('no')
      },
      rollback: () => void notes.push('all undone'),
    })
    const { runtime, run } = await virtualWorld({ tasks: [task] })
    const failed = await runtime.submit(task, null)
    await run(failed.outcome())
    await run((await runtime.retry(failed.id, { from: 'failedStep' })).outcome())
    expect(notes).toEqual(['one', 'all undone', 'one', 'all undone'])
  })

  test('in another process, which crashes as well: the steps are on record with the new task', async () => {
    const host = new CrashingHost()
    const trouble = { isThere: true, undoFails: false }
    const notes: string[] = []
    const task = threeSteps(notes, trouble)
    const first = await host.boot({ tasks: [task] })
    const { id } = await first.run(first.runtime.submit(task, null))
    await first.run(handleOf(first.runtime, id).outcome())
    host.crash()
    const second = await host.boot({ tasks: [task] })
    second.runtime.pauseType('threeSteps')
    const again = await second.run(second.runtime.retry(id, { from: 'failedStep' }))
    host.crash()
    trouble.isThere = false
    notes.length = 0
    const third = await host.boot({ tasks: [task] })
    third.runtime.resumeType('threeSteps')
    expect(await third.run(handleOf(third.runtime, again.id).outcome())).toMatchObject({ output: 'draft of 1' })
    expect(notes).toEqual(['reserve', 'send'])
  })
})
