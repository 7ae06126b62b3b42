import type { TaskContext, TaskSpec } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost, upTo } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({ type: 'working', kind: 'processing', input: z.unknown(), output: z.unknown(), ...spec, run })

const hour = 3_600_000

describe('a task that was accepted', () => {
  test('and crashed while validating is validated anew', async () => {
    const host = new CrashingHost()
    const slow = working(() => 'done', { validate: async () => undefined })
    const first = await host.boot({ tasks: [slow], diesAfter: upTo('task.validating') })
    void first.runtime.submit(slow, null)
    await host.untilDown(first)
    const { runtime, run } = await host.boot({ tasks: [slow] })
    expect(await run(runtime.get('task_1')?.result() ?? Promise.reject())).toBe('done')
  })

  test('and is refused by its validation after the crash is rejected', async () => {
    const host = new CrashingHost()
    const slow = working(() => 'done', { validate: async () => 'no' })
    const first = await host.boot({ tasks: [slow], diesAfter: upTo('task.validating') })
    void first.runtime.submit(slow, null)
    await host.untilDown(first)
    const { runtime, run } = await host.boot({ tasks: [slow] })
    expect(await run(runtime.get('task_1')?.outcome() ?? Promise.reject())).toMatchObject({ status: 'rejected' })
  })

  test('is gone if its acceptance was not on record', async () => {
    const host = new CrashingHost()
    const plain = working(() => 'done')
    const first = await host.boot({ tasks: [plain] })
    let isAccepted = false
    void first.runtime.submit(plain, null).then(() => {
      isAccepted = true
    })
    host.crash()
    expect(isAccepted).toBe(false)
    const { runtime } = await host.boot({ tasks: [plain] })
    expect(runtime.list()).toEqual([])
  })
})

describe('a waiting task', () => {
  test('waits on for its dependency, and starts when that completes', async () => {
    const host = new CrashingHost()
    const slow = working((task) => task.sleep(100), { type: 'slow' })
    const quick = working(() => host.note('quick'), { type: 'quick' })
    const first = await host.boot({ tasks: [slow, quick] })
    const before = await first.runtime.submit(slow, null)
    await first.runtime.submit(quick, null, { after: [before] })
    await first.advance(50)
    host.crash()
    const { runtime, run, clock } = await host.boot({ tasks: [slow, quick] })
    expect(runtime.list({ type: 'quick' })[0]).toMatchObject({ stage: 'waiting' })
    await run(runtime.idle())
    expect(host.notes).toEqual(['quick'])
    expect(clock.now()).toBeGreaterThanOrEqual(150)
  })

  test('starts at once when its dependency had completed, and nobody had told it', async () => {
    const host = new CrashingHost()
    const slow = working((task) => task.sleep(100), { type: 'slow' })
    const quick = working(() => host.note('quick'), { type: 'quick' })
    const first = await host.boot({ tasks: [slow, quick], diesAfter: upTo('task.completed') })
    const before = await first.runtime.submit(slow, null)
    await first.runtime.submit(quick, null, { after: [before] })
    await host.untilDown(first)
    const { runtime, run } = await host.boot({ tasks: [slow, quick] })
    await run(runtime.idle())
    expect(host.notes).toEqual(['quick'])
  })

  test('is cancelled when its dependency had failed, and nobody had told it', async () => {
    const host = new CrashingHost()
    const bad = working(() => Promise.reject(new Error('bad')), { type: 'bad' })
    const quick = working(() => host.note('quick'), { type: 'quick' })
    const first = await host.boot({ tasks: [bad, quick], diesAfter: upTo('task.failed') })
    const before = await first.runtime.submit(bad, null, { delay: 10 })
    const handle = await first.runtime.submit(quick, null, { after: [before] })
    await host.untilDown(first)
    const { runtime, run } = await host.boot({ tasks: [bad, quick] })
    expect(await run(runtime.get(handle.id)?.outcome() ?? Promise.reject())).toMatchObject({
      status: 'cancelled',
      failure: { code: 'DEPENDENCY_FAILED' },
    })
  })

  test('is cancelled when its dependency had failed and was forgotten in the same commit', async () => {
    const host = new CrashingHost()
    const bad = working(() => Promise.reject(new Error('bad')), { type: 'bad', retry: { attempts: 1 } })
    const quick = working(() => host.note('quick'), { type: 'quick' })
    const options = { tasks: [bad, quick], retain: 0, pools: {} }
    const first = await host.boot({ ...options, diesAfter: upTo('task.failed', 256) })
    const handles = await Promise.all(Array.from({ length: 256 }, () => first.runtime.submit(bad, null, { delay: 10 })))
    const last = handles.at(-1)
    await first.runtime.submit(quick, null, { after: last ? [last] : [], delay: 100 })
    await host.untilDown(first)
    const { runtime, run } = await host.boot(options)
    await run(runtime.idle())
    expect(host.notes).toEqual([])
  })

  test.each([
    { name: 'at its start time', downMs: 10, startsAt: 1_000 },
    { name: 'at once, if its start time passed while the process was down', downMs: 5_000, startsAt: 5_100 },
  ])('starts $name', async ({ downMs, startsAt }) => {
    const host = new CrashingHost()
    const timed = working((task) => task.now())
    const first = await host.boot({ tasks: [timed] })
    const handle = await first.runtime.submit(timed, null, { startAt: 1_000 })
    await first.advance(100)
    host.crash({ downMs })
    const { runtime, run } = await host.boot({ tasks: [timed] })
    expect(await run(runtime.get(handle.id)?.result() ?? Promise.reject())).toBe(startsAt)
  })

  test('that was paused waits for its resume', async () => {
    const host = new CrashingHost()
    const plain = working(() => 'done')
    const first = await host.boot({ tasks: [plain] })
    const handle = await first.runtime.submit(plain, null, { delay: 100 })
    handle.pause()
    await first.advance(10)
    host.crash()
    const { runtime, run, advance } = await host.boot({ tasks: [plain] })
    await advance(hour)
    expect(runtime.get(handle.id)?.view().stage).toBe('waiting')
    runtime.get(handle.id)?.resume()
    expect(await run(runtime.get(handle.id)?.result() ?? Promise.reject())).toBe('done')
  })

  test('that was paused while it was queued goes on when it is resumed', async () => {
    const host = new CrashingHost()
    const plain = working((task) => task.sleep(100))
    const options = { tasks: [plain], pools: { default: { slots: 1 } } }
    const first = await host.boot(options)
    await first.runtime.submit(plain, null)
    const handle = await first.runtime.submit(plain, null)
    handle.pause()
    await first.advance(10)
    host.crash()
    const { runtime, run, advance } = await host.boot(options)
    await advance(hour)
    expect(runtime.get(handle.id)?.view().stage).toBe('waiting')
    runtime.get(handle.id)?.resume()
    await run(runtime.get(handle.id)?.result() ?? Promise.reject())
  })

  test('that was paused while it executed is held after the crash, and goes on when it is resumed', async () => {
    const host = new CrashingHost()
    const plain = working(async (task) => {
      await task.sleep(100)
      return task.step('late', () => 'done')
    })
    const first = await host.boot({ tasks: [plain] })
    const handle = await first.runtime.submit(plain, null)
    await first.advance(10)
    handle.pause()
    await first.advance(10)
    host.crash()
    const { runtime, run, advance } = await host.boot({ tasks: [plain] })
    await advance(hour)
    expect(runtime.get(handle.id)?.view().stage).toBe('waiting')
    runtime.get(handle.id)?.resume()
    expect(await run(runtime.get(handle.id)?.result() ?? Promise.reject())).toBe('done')
  })
})

describe('queued tasks', () => {
  const one = { pools: { default: { slots: 1 } } }

  test('keep their order, their age and their changed priority', async () => {
    const host = new CrashingHost()
    const noted = working(async (task, name) => {
      host.note(String(name))
      await task.sleep(100)
    })
    const options = { ...one, tasks: [noted], scheduling: { ageing: 'off' as const } }
    const first = await host.boot(options)
    await first.runtime.submit(noted, 'running')
    await first.advance(1)
    for (const name of ['a', 'b']) await first.runtime.submit(noted, name)
    const high = await first.runtime.submit(noted, 'high', { priority: 'high' })
    const raised = await first.runtime.submit(noted, 'raised')
    first.runtime.reprioritise(raised.id, 'critical')
    await first.advance(50)
    const ages = first.runtime.list({ stage: 'queued' }).map(({ id, queuedAt }) => [id, queuedAt])
    host.crash({ downMs: 1_000 })
    host.notes.length = 0
    const { runtime, run } = await host.boot(options)
    expect(runtime.list({ stage: 'queued' }).map(({ id, queuedAt }) => [id, queuedAt])).toEqual(ages)
    expect(runtime.get(high.id)?.view().priority).toBeGreaterThan(0)
    await runtime.submit(noted, 'new')
    await run(runtime.idle())
    expect(host.notes.filter((name) => name !== 'running')).toEqual(['raised', 'high', 'a', 'b', 'new'])
  })

  test('count their age from before the crash', async () => {
    const host = new CrashingHost()
    const noted = working(async (task, name) => {
      host.note(String(name))
      await task.sleep(100)
    })
    const options = { ...one, tasks: [noted], scheduling: { ageing: '1s' as const } }
    const first = await host.boot(options)
    first.runtime.pause()
    await first.runtime.submit(noted, 'old', { priority: 'low' })
    await first.advance(100)
    host.crash({ downMs: 60_000 })
    const { runtime, run } = await host.boot(options)
    runtime.pause()
    await runtime.submit(noted, 'young', { priority: 'high' })
    runtime.resume()
    await run(runtime.idle())
    expect(host.notes).toEqual(['old', 'young'])
  })

  test('are found by their dedupe key; what has ended leaves the key free', async () => {
    const host = new CrashingHost()
    const plain = working((_, input) => input)
    const first = await host.boot({ tasks: [plain] })
    const ended = await first.runtime.submit(plain, 1, { dedupeKey: 'ended' })
    await first.run(ended.result())
    const waits = await first.runtime.submit(plain, 2, { dedupeKey: 'waits', delay: 100 })
    await first.advance(1)
    host.crash()
    const { runtime, run } = await host.boot({ tasks: [plain] })
    expect((await runtime.submit(plain, 3, { dedupeKey: 'waits' })).id).toBe(waits.id)
    expect((await runtime.submit(plain, 4, { dedupeKey: 'ended' })).id).not.toBe(ended.id)
    await run(runtime.idle())
    expect(await runtime.get(waits.id)?.result()).toBe(2)
  })

  test('count against the bound of the queue', async () => {
    const host = new CrashingHost()
    const plain = working((task) => task.sleep(100))
    const options = { ...one, tasks: [plain], queueLimit: 2 }
    const first = await host.boot(options)
    for (let n = 0; n < 3; n += 1) {
      await first.runtime.submit(plain, null)
      await first.advance(1)
    }
    host.crash()
    const { runtime, run } = await host.boot(options)
    await expect(runtime.submit(plain, null)).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    await run(runtime.idle())
    expect(runtime.stats().byStage.completed).toBe(3)
  })
})

describe('absolute times', () => {
  test.each([
    { name: 'fires at its instant', downMs: 10, endedAt: 1_000 },
    { name: 'that passed while the process was down fires at once', downMs: 5_000, endedAt: 5_100 },
  ])('a deadline $name', async ({ downMs, endedAt }) => {
    const host = new CrashingHost()
    const long = working(
      async (task) => {
        await task.step('a', () => 1, { undo: () => host.note('undone') })
        await task.sleep('1h')
      },
      { retry: { attempts: 5, backoff: 1 } },
    )
    const waiting = working(() => undefined, { type: 'waiting' })
    const tasks = [long, waiting]
    const first = await host.boot({ tasks })
    const handle = await first.runtime.submit(long, null, { deadlineAt: 1_000 })
    const idle = await first.runtime.submit(waiting, null, { deadlineAt: 1_000, delay: '1h' })
    await first.advance(100)
    host.crash({ downMs })
    const { runtime, run } = await host.boot({ tasks })
    expect(await run(runtime.get(handle.id)?.outcome() ?? Promise.reject())).toMatchObject({
      status: 'failed',
      failure: { code: 'DEADLINE_EXCEEDED' },
    })
    expect(host.notes).toEqual(['undone'])
    expect(await run(runtime.get(idle.id)?.outcome() ?? Promise.reject())).toMatchObject({
      status: 'cancelled',
      failure: { code: 'DEADLINE_EXCEEDED' },
    })
    expect(runtime.get(idle.id)?.view().endedAt).toBe(endedAt)
  })

  test.each([
    { name: 'at its instant', downMs: 10, startsAt: 1_000 },
    { name: 'at once if it passed while the process was down', downMs: 5_000, startsAt: 5_100 },
  ])('a backoff ends $name', async ({ downMs, startsAt }) => {
    const host = new CrashingHost()
    const flaky = working(
      (task) => {
        if (task.now() === 0) throw new Error('not yet')
        return [task.attempt, task.now()]
      },
      { retry: { attempts: 2, backoff: 1_000, jitter: false } },
    )
    const first = await host.boot({ tasks: [flaky] })
    const handle = await first.runtime.submit(flaky, null)
    await first.advance(100)
    expect(handle.view().stage).toBe('retrying')
    host.crash({ downMs })
    const { runtime, run } = await host.boot({ tasks: [flaky] })
    expect(await run(runtime.get(handle.id)?.result() ?? Promise.reject())).toEqual([2, startsAt])
  })
})
