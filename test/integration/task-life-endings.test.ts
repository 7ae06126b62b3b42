import type { TaskContext, TaskStage } from 'taskwright'
import { defineTask, TaskCancelledError, TaskStoppedError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const handling = (
  run: (task: TaskContext) => unknown,
  spec: Partial<Omit<Parameters<typeof defineTask>[0], 'run' | 'input' | 'output'>> = {},
) => defineTask({ type: 'handling', kind: 'processing', input: z.unknown(), ...spec, run })

const sleeping = (spec: Parameters<typeof handling>[1] = {}) =>
  handling(async (task) => {
    await task.sleep('1h')
    return 'slept'
  }, spec)

describe('cancel', () => {
  test('is heard by the signal, its reason and a sleep, and is waited for', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const heard: unknown[] = []
    const definition = handling(async (task) => {
      try {
        await task.sleep('1h')
      } catch (thrown) {
        heard.push(thrown, task.signal.aborted, task.signal.reason)
        await new Promise<void>((resolve) => void environment.clock.setTimeout(() => resolve(), 300))
        throw thrown
      }
    })
    const handle = await runtime.submit(definition, null)
    await advance(100)
    const outcome = await run(handle.cancel('enough'))
    expect(outcome).toMatchObject({
      status: 'cancelled',
      failure: { code: 'CANCELLED', message: 'enough' },
      attempts: 1,
    })
    expect(heard[0]).toBeInstanceOf(TaskStoppedError)
    expect(heard[0]).toMatchObject({ code: 'CANCELLED', message: 'enough' })
    expect(heard[1]).toBe(true)
    expect(heard[2]).toBe(heard[0])
    expect(environment.clock.now()).toBe(400)
    await expect(handle.result()).rejects.toBeInstanceOf(TaskCancelledError)
  })

  test('twice, and after the end, gives the one outcome', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const handle = await runtime.submit(sleeping(), null)
    await advance(1)
    const outcomes = await run(Promise.all([handle.cancel('one'), handle.cancel('two'), handle.outcome()]))
    expect(new Set(outcomes).size).toBe(1)
    expect(await handle.cancel('three')).toBe(outcomes[0])

    const done = await runtime.submit(
      handling(() => 'done'),
      null,
    )
    await run(done.result())
    expect(await done.cancel('too late')).toMatchObject({ status: 'completed', output: 'done' })
  })

  test('outranks what stopped the task before: there is no further attempt', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const definition = handling(
      () => new Promise((_, reject) => void environment.clock.setTimeout(() => reject(new Error('bye')), 500)),
      { timeout: 100, grace: '1s', retry: { attempts: 5 } },
    )
    const handle = await runtime.submit(definition, null)
    await advance(200)
    expect(handle.view().activity).toBe('stopping')
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled', attempts: 1 })
    expect(environment.clock.now()).toBe(500)
  })

  test('a handler that does not listen is abandoned after its grace, and what it answers later is dropped', async () => {
    for (const late of ['resolves', 'rejects'] as const) {
      const { runtime, run, advance, environment, types } = await virtualWorld()
      const definition = handling(
        () =>
          new Promise((resolve, reject) => {
            const answer = late === 'resolves' ? () => resolve('late') : () => reject(new Error('late'))
            environment.clock.setTimeout(answer, 60_000)
          }),
        { grace: '2s' },
      )
      const handle = await runtime.submit(definition, null)
      await advance(1_000)
      expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled', rollback: { status: 'none' } })
      expect(environment.clock.now()).toBe(3_000)
      const before = types().length
      await advance(120_000)
      expect(types().slice(before)).toEqual([])
      expect(handle.view().stage).toBe('cancelled')
      expect(runtime.resources()).toMatchObject([{ resource: 'slots', held: 0 }])
    }
  })

  test('a handler that completes all the same after the signal is cancelled, and undone', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const undone: unknown[] = []
    const definition = handling(
      async (task) => {
        await task.step('effect', () => 'made', { undo: (made) => undone.push(made) })
        return new Promise((resolve) => void environment.clock.setTimeout(() => resolve('done'), 1_000))
      },
      { grace: '10s' },
    )
    const handle = await runtime.submit(definition, null)
    await advance(500)
    expect(await run(handle.cancel())).toMatchObject({
      status: 'cancelled',
      rollback: { status: 'complete', undone: ['effect'] },
    })
    expect(undone).toEqual(['made'])
    expect(environment.clock.now()).toBe(1_000)
  })

  test.each<[TaskStage, Parameters<typeof handling>[1], { delay?: number; after?: 'sleeping' }]>([
    ['validating', { validate: () => new Promise(() => undefined) }, {}],
    ['waiting', {}, { delay: 1_000 }],
    ['queued', { demand: { slots: 2 } }, { after: 'sleeping' }],
    ['executing', {}, {}],
    ['completing', { maxOutputBytes: 100 }, {}],
    ['retrying', { retry: { attempts: 2, backoff: '1h', jitter: false } }, {}],
  ])('in %s ends in cancelled, with nothing held or left', async (stage, spec, { delay, after }) => {
    const { runtime, run, advance } = await virtualWorld({ pools: { default: { slots: 2 } } })
    const other = after ? await runtime.submit(sleeping(), null) : null
    await advance(1)
    const definition = defineTask({
      type: 'staged',
      kind: 'processing',
      input: z.unknown(),
      output: stage === 'completing' ? z.unknown().refine(() => new Promise<boolean>(() => undefined)) : z.unknown(),
      ...spec,
      run: (task) => {
        if (stage === 'retrying') throw new Error('again')
        return stage === 'completing' ? 'output' : task.sleep('1h')
      },
    })
    const handle = await runtime.submit(definition, null, delay === undefined ? {} : { delay })
    await advance(10)
    expect(handle.view().stage).toBe(stage)
    expect(await run(handle.cancel('now'))).toMatchObject({ status: 'cancelled', failure: { message: 'now' } })
    await run(Promise.all([other?.cancel()]))
    await run(runtime.idle())
    expect(runtime.resources()).toMatchObject([{ held: 0 }])
  })

  test('before the first turn of the event loop the task never runs', async () => {
    const { runtime, run, types } = await virtualWorld()
    const handle = await runtime.submit(
      handling(() => 'ran'),
      null,
    )
    const cancelled = handle.cancel()
    expect(await run(cancelled)).toMatchObject({ status: 'cancelled', attempts: 0 })
    expect(types()).not.toContain('task.executing')
  })
})

describe('timeout', () => {
  test('counts for each attempt, tells the signal, and fails when no attempt is left', async () => {
    const { runtime, run, environment, events } = await virtualWorld()
    const definition = sleeping({ timeout: '10s', retry: { attempts: 2, backoff: '1s', jitter: false } })
    expect(await run((await runtime.submit(definition, null)).outcome())).toMatchObject({
      status: 'failed',
      attempts: 2,
      failure: { code: 'TIMEOUT', message: expect.stringContaining('10000 ms') },
    })
    expect(environment.clock.now()).toBe(21_000)
    expect(events.filter(({ type }) => type === 'task.overdue')).toHaveLength(2)
  })

  test('a result that comes after it counts for nothing, also when the next attempt runs', async () => {
    const { runtime, run, advance, environment, types } = await virtualWorld()
    const definition = handling(
      ({ attempt }) =>
        new Promise((resolve) => {
          environment.clock.setTimeout(() => resolve(`attempt ${attempt}`), attempt === 1 ? 5_000 : 500)
        }),
      { timeout: '1s', grace: '1s', retry: { attempts: 2, backoff: '2800ms', jitter: false } },
    )
    const handle = await runtime.submit(definition, null)
    expect(await run(handle.result())).toBe('attempt 2')
    await advance(10_000)
    expect(types().filter((type) => type === 'task.completed')).toHaveLength(1)
    expect(handle.view()).toMatchObject({ stage: 'completed', attempt: 2 })
  })

  test('without one, a handler that never answers holds its slot until it is cancelled', async () => {
    const { runtime, run, advance } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const stuck = await runtime.submit(
      handling(() => new Promise(() => undefined)),
      null,
    )
    const next = await runtime.submit(
      handling(() => 'next'),
      null,
    )
    await advance(30 * 86_400_000)
    expect([stuck.view().stage, next.view().stage]).toEqual(['executing', 'queued'])
    await run(stuck.cancel())
    expect(await run(next.result())).toBe('next')
  })
})

describe('heartbeat', () => {
  test('a silent handler is suspect after one, and loses its lease after two', async () => {
    const { runtime, run, events } = await virtualWorld()
    const definition = sleeping({ heartbeat: '10s', grace: '1s' })
    const handle = await runtime.submit(definition, null)
    expect(await run(handle.outcome())).toMatchObject({ status: 'failed', failure: { code: 'LEASE_LOST' } })
    const times = events.flatMap(({ type, at }) =>
      ['task.suspect', 'task.stopping', 'task.failed'].includes(type) ? [[type, at]] : [],
    )
    expect(times).toEqual([
      ['task.suspect', 10_000],
      ['task.stopping', 20_000],
      ['task.failed', 20_000],
    ])
  })

  test('any call of the handler is a sign of life', async () => {
    const { runtime, run, types } = await virtualWorld()
    const calls: ((task: TaskContext) => unknown)[] = [
      (task) => task.heartbeat(),
      (task) => task.progress(0.1),
      (task) => task.log.info('here'),
      (task) => task.used({ slots: 1 }),
      (task) => task.step('a step', () => undefined),
      (task) => task.heartbeat(),
    ]
    const definition = handling(
      async (task) => {
        for (const call of calls) {
          await task.sleep('15s')
          await call(task)
        }
        return 'alive'
      },
      { heartbeat: '10s' },
    )
    expect(await run((await runtime.submit(definition, null)).result())).toBe('alive')
    expect(types().filter((type) => type === 'task.suspect')).toHaveLength(calls.length)
    expect(types().filter((type) => type === 'task.alive')).toHaveLength(calls.length)
  })

  test('a lost lease is given to others at once, and the task tries again', async () => {
    const { runtime, run, environment } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const ran: string[] = []
    const definition = handling(
      async (task) => {
        ran.push(`silent ${task.attempt} at ${task.now()}`)
        if (task.attempt === 1)
          await new Promise<void>((done) => void environment.clock.setTimeout(() => done(), 21_000))
        return task.attempt
      },
      { heartbeat: '10s', grace: '5s', retry: { attempts: 2, backoff: '1s', jitter: false } },
    )
    const silent = await runtime.submit(definition, null)
    const other = await runtime.submit(
      handling((task) => ran.push(`other at ${task.now()}`), { type: 'other' }),
      null,
    )
    expect(await run(silent.result())).toBe(2)
    await run(other.result())
    expect(ran).toEqual(['silent 1 at 0', 'other at 20000', 'silent 2 at 22000'])
  })
})

describe('deadline', () => {
  test('before the start it cancels, and while it executes it fails, without another attempt', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const waiting = await runtime.submit(sleeping(), null, { delay: '1h', deadlineAt: 5_000 })
    const running = await runtime.submit(sleeping({ retry: { attempts: 3 } }), null, { deadlineAt: 7_000 })
    expect(await run(waiting.outcome())).toMatchObject({ status: 'cancelled', failure: { code: 'DEADLINE_EXCEEDED' } })
    expect(environment.clock.now()).toBe(5_000)
    expect(await run(running.outcome())).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { code: 'DEADLINE_EXCEEDED' },
    })
    expect(environment.clock.now()).toBe(7_000)
  })

  test('between attempts it fails and rolls back; one that has passed already cancels', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const undone: string[] = []
    const definition = handling(
      async (task) => {
        await task.step('effect', () => 1, { undo: () => undone.push('effect') })
        throw new Error('again')
      },
      { retry: { attempts: 2, backoff: '1h', jitter: false } },
    )
    const handle = await runtime.submit(definition, null, { deadlineAt: 60_000 })
    expect(await run(handle.outcome())).toMatchObject({ status: 'failed', failure: { code: 'DEADLINE_EXCEEDED' } })
    expect(undone).toEqual(['effect'])
    await advance(1)
    const late = await runtime.submit(definition, null, { deadlineAt: 1 })
    expect(await run(late.outcome())).toMatchObject({ status: 'cancelled', attempts: 0 })
  })
})
