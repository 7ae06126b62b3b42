import type { TaskContext, TaskHandle } from 'taskwright'
import { defineTask } from 'taskwright'
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

/** Makes the task's actor crash, as a defect of the runtime would. */
const crash = (handle: TaskHandle) => handle.actor.send({ type: 'handler.failed', epoch: 1 })

describe('backpressure', () => {
  const full = { pools: { default: { slots: 1 } }, queueLimit: 2 }

  test('a full queue refuses, and takes again once there is room', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld(full)
    const running = await runtime.submit(sleeping(100), null)
    await advance(1)
    const waiting = await Promise.all([runtime.submit(sleeping(1), null), runtime.submit(sleeping(1), null)])
    expect(await refusal(runtime.submit(sleeping(1), null))).toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringContaining("whenFull: 'wait'"),
    })
    expect(runtime.list()).toHaveLength(3)
    await run(Promise.all([running, ...waiting].map((handle) => handle.result())))
    expect(await run((await runtime.submit(sleeping(1), null)).result())).toBe('slept 1')
  })

  test('or lets the submitter wait, first come, first served', async () => {
    const { runtime, run } = await virtualWorld(full)
    const accepted: number[] = []
    const results = Array.from({ length: 20 }, async (_, number) => {
      const handle = await runtime.submit(sleeping(10), null, { whenFull: 'wait' })
      accepted.push(number)
      expect(runtime.list({ stage: ['waiting', 'queued'] }).length).toBeLessThanOrEqual(2)
      return handle.result()
    })
    await run(Promise.all(results))
    expect(accepted).toEqual(Array.from({ length: 20 }, (_, number) => number))
  })

  test('one of those who wait that is refused leaves its room to the next', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld({ ...full, queueLimit: 1 })
    const blocker = await runtime.submit(sleeping(1), null, { delay: '1d' })
    const bad = refusal(runtime.submit(sleeping(1), null, { whenFull: 'wait', after: ['nobody'] }))
    const good = runtime.submit(sleeping(1), null, { whenFull: 'wait' })
    await advance(1)
    await run(blocker.cancel())
    expect(await bad).toMatchObject({ code: 'DEPENDENCY_UNKNOWN' })
    expect(await run((await run(good)).result())).toBe('slept 1')
  })

  test('those who wait when the runtime drains or stops are refused', async () => {
    for (const [how, code] of [
      ['drain', 'RUNTIME_DRAINING'],
      ['stop', 'RUNTIME_STOPPED'],
    ] as const) {
      const { runtime, run, advance, refusal } = await virtualWorld({ ...full, queueLimit: 1 })
      await runtime.submit(sleeping(50), null)
      await advance(1)
      await runtime.submit(sleeping(50), null)
      const waiting = refusal(runtime.submit(sleeping(1), null, { whenFull: 'wait' }))
      await run(how === 'drain' ? runtime.drain() : runtime.stop())
      expect(await waiting).toMatchObject({ code })
    }
  })

  test('children pass: their parent could else never end', async () => {
    const { runtime, run } = await virtualWorld({ pools: { default: { slots: 4 } }, queueLimit: 1 })
    const parent = working(async (task) => {
      const children = await Promise.all(Array.from({ length: 10 }, () => task.submit(sleeping(5), null)))
      return Promise.all(children.map((child) => child.result()))
    })
    expect(await run((await runtime.submit(parent, null)).result())).toHaveLength(10)
  })
})

describe('dedupe keys', () => {
  test('give the unfinished task that has the key, and a new one once that has ended', async () => {
    const { runtime, run, types } = await virtualWorld()
    const [one, other] = await Promise.all([
      runtime.submit(sleeping(10), null, { dedupeKey: 'k' }),
      runtime.submit(sleeping(10), null, { dedupeKey: 'k' }),
    ])
    expect(other.id).toBe(one.id)
    await run(one.result())
    const again = await runtime.submit(sleeping(10), null, { dedupeKey: 'k' })
    expect(again.id).not.toBe(one.id)
    await run(again.result())
    expect(types().filter((type) => type === 'task.created')).toHaveLength(2)
  })

  test('a parent that finds another’s task by its key does not take it down with it', async () => {
    const { runtime, run } = await virtualWorld()
    const shared = await runtime.submit(sleeping(1_000), null, { dedupeKey: 'shared' })
    const parent = working(async (task) => (await task.submit(sleeping(1_000), null, { dedupeKey: 'shared' })).id)
    expect(await run((await runtime.submit(parent, null)).result())).toBe(shared.id)
    expect(await run(shared.result())).toBe('slept 1000')
  })
})

describe('a crash of a task’s actor', () => {
  test('is answered by a restart: the attempt is lost, what it did is kept, nobody else is harmed', async () => {
    const { runtime, run, advance, events } = await virtualWorld({ pools: { default: { slots: 2 } } })
    const ran: string[] = []
    const definition = working(
      async (task) => {
        await task.step('once', () => ran.push('step'))
        ran.push(`attempt ${task.attempt}`)
        await task.sleep(100)
        return 'survived'
      },
      { retry: { attempts: 2, backoff: 10, jitter: false } },
    )
    const bystander = await runtime.submit(sleeping(500), null)
    const handle = await runtime.submit(definition, null)
    await advance(50)
    crash(handle)
    expect(await run(handle.result())).toBe('survived')
    expect(ran).toEqual(['step', 'attempt 1', 'attempt 2'])
    expect(await run(bystander.result())).toBe('slept 500')
    expect(events.filter(({ type }) => type === 'supervisor.crash')).toMatchObject([{ actor: handle.id }])
    expect(runtime.resources()).toMatchObject([{ held: 0 }])
  })

  test('without an attempt left rolls back and fails', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const undone: string[] = []
    const definition = working(async (task) => {
      await task.step('effect', () => 1, { undo: () => undone.push('effect') })
      await task.sleep('1h')
    })
    const handle = await runtime.submit(definition, null)
    await advance(10)
    crash(handle)
    expect(await run(handle.outcome())).toMatchObject({
      status: 'failed',
      failure: { code: 'ACTOR_CRASHED' },
      rollback: { status: 'complete', undone: ['effect'] },
    })
    expect(undone).toEqual(['effect'])
  })

  test('more often than the intensity degrades the runtime: nothing new, what was accepted goes on, then it recovers', async () => {
    const { runtime, run, advance, refusal, events } = await virtualWorld({
      restartIntensity: { restarts: 1, within: '10s' },
    })
    const accepted = await runtime.submit(sleeping(1_000), null)
    const queued = await runtime.submit(sleeping(1), null, { delay: 2_000 })
    const doomed = await Promise.all([1, 2].map(() => runtime.submit(sleeping(60_000, 'doomed'), null)))
    const parent = await runtime.submit(
      working(async (task) => {
        await task.sleep(3_000)
        return (await task.submit(sleeping(1), null)).result()
      }),
      null,
    )
    await advance(10)
    for (const handle of doomed) crash(handle)
    await advance(1)
    expect(runtime.state).toBe('degraded')
    expect(await refusal(runtime.submit(sleeping(1), null))).toMatchObject({ code: 'RUNTIME_DEGRADED' })
    expect(events.filter(({ type }) => type === 'alert')).toMatchObject([{ code: 'RESTART_INTENSITY' }])
    expect(await run(Promise.all([accepted, queued, parent].map((handle) => handle.result())))).toHaveLength(3)
    for (const handle of doomed) {
      expect(await run(handle.outcome())).toMatchObject({ status: 'failed', failure: { code: 'ACTOR_CRASHED' } })
    }
    await advance(10_000)
    expect(runtime.state).toBe('running')
    expect(await run((await runtime.submit(sleeping(1), null)).result())).toBe('slept 1')
  })

  test('that is given up says what stands, the definition’s own rollback with it', async () => {
    const { runtime, run, advance, events } = await virtualWorld({ restartIntensity: { restarts: 0, within: '1s' } })
    const definition = working(
      async (task) => {
        await task.step('effect', () => 1, { undo: () => undefined })
        await task.sleep('1h')
      },
      { rollback: () => undefined },
    )
    const handle = await runtime.submit(definition, null)
    await advance(10)
    crash(handle)
    expect(await run(handle.outcome())).toMatchObject({
      status: 'failed',
      rollback: { status: 'incomplete', standing: [{ step: 'effect' }, { step: 'rollback' }] },
    })
    expect(events.filter((event) => event.type === 'alert').map(({ code }) => code)).toContain('ROLLBACK_INCOMPLETE')
    await run(runtime.idle())
  })

  test('a drained runtime that resumes before it has recovered is still degraded', async () => {
    const { runtime, advance, run } = await virtualWorld({ restartIntensity: { restarts: 0, within: '10s' } })
    const handle = await runtime.submit(sleeping(60_000), null)
    await advance(10)
    crash(handle)
    await run(runtime.drain())
    runtime.resume()
    expect(runtime.state).toBe('degraded')
    await advance(10_000)
    expect(runtime.state).toBe('running')
  })
})
