import type { StepOptions, TaskContext } from 'taskwright'
import { createVirtualEnvironment, defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

/** A task with these steps, that notes what is done and undone. */
const stepping = (
  run: (task: TaskContext, done: (name: string) => StepOptions<unknown> & { run: () => string }) => unknown,
  notes: string[],
  spec: Partial<Parameters<typeof defineTask>[0]> = {},
) =>
  defineTask({
    type: 'stepping',
    kind: 'integration',
    input: z.unknown(),
    rollbackRetry: { attempts: 3, backoff: 100, jitter: false },
    rollback: () => {
      notes.push('rollback')
    },
    ...spec,
    run: (task) =>
      run(task, (name) => ({
        run: () => {
          notes.push(name)
          return `${name} done`
        },
        undo: (result) => {
          notes.push(`undo ${name}: ${String(result)}`)
        },
      })),
  })

describe('steps', () => {
  test('give their results, sync or async, and are not undone when the task completes', async () => {
    const { runtime, run, types } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping(async (task, done) => {
      const a = await task.step('a', done('a').run, done('a'))
      const b = await task.step('b', async () => `${a} and b`)
      return b
    }, notes)
    expect(await run((await runtime.submit(definition, null)).result())).toBe('a done and b')
    expect(notes).toEqual(['a'])
    expect(types().filter((type) => type.startsWith('task.step'))).toEqual([
      'task.step.started',
      'task.step.completed',
      'task.step.started',
      'task.step.completed',
    ])
  })

  test('are told their attempt, a signal, and the same key at every run', async () => {
    const { runtime, run } = await virtualWorld()
    const keys: string[] = []
    const definition = stepping(
      (task) =>
        task.step('pay', ({ attempt, idempotencyKey, signal }) => {
          keys.push(idempotencyKey)
          if (attempt < 3) throw new Error('declined')
          return signal.aborted
        }),
      [],
      { retry: { attempts: 3, backoff: 1 } },
    )
    const handle = await runtime.submit(definition, null)
    expect(await run(handle.result())).toBe(false)
    expect(keys).toEqual(Array.from({ length: 3 }, () => `${handle.id}:pay`))
  })

  test('are run once: a retry gets the results, and is undone for all attempts together', async () => {
    const { runtime, run } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping(
      async (task, done) => {
        notes.push(`attempt ${task.attempt}: ${await task.step('a', done('a').run, done('a'))}`)
        await task.step(`b${task.attempt}`, done(`b${task.attempt}`).run, done(`b${task.attempt}`))
        throw new Error('down')
      },
      notes,
      { retry: { attempts: 2, backoff: 10 } },
    )
    const outcome = await run((await runtime.submit(definition, null)).outcome())
    expect(notes).toEqual([
      'a',
      'attempt 1: a done',
      'b1',
      'attempt 2: a done',
      'b2',
      'undo b2: b2 done',
      'undo b1: b1 done',
      'undo a: a done',
      'rollback',
    ])
    expect(outcome).toMatchObject({
      status: 'failed',
      attempts: 2,
      rollback: { status: 'complete', undone: ['b2', 'b1', 'a', 'rollback'] },
    })
  })

  test('in parallel are undone in the reverse order of their ends', async () => {
    const { runtime, run } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping(async (task, done) => {
      const taking = (ms: number, name: string) =>
        task.step(
          name,
          async () => {
            await task.sleep(ms)
            return done(name).run()
          },
          done(name),
        )
      await Promise.all([taking(30, 'slow'), taking(10, 'fast'), taking(20, 'middling')])
      throw new Error('after all')
    }, notes)
    const outcome = await run((await runtime.submit(definition, null)).outcome())
    expect(outcome).toMatchObject({ rollback: { undone: ['slow', 'middling', 'fast', 'rollback'] } })
  })

  test('one that fails is not undone, and its siblings in flight are told to stop and then undone', async () => {
    const { runtime, run } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping(async (task, done) => {
      const slow = task.step(
        'slow',
        async ({ signal }) => {
          await task.sleep('1s').catch(() => notes.push(`stopped: ${signal.aborted}`))
          return done('slow').run()
        },
        done('slow'),
      )
      const bad = task.step('bad', () => Promise.reject(undefined), done('bad'))
      await Promise.all([slow, bad])
    }, notes)
    const outcome = await run((await runtime.submit(definition, null)).outcome())
    expect(outcome).toMatchObject({
      status: 'failed',
      failure: { message: 'a non-error was thrown: undefined' },
      rollback: { undone: ['slow', 'rollback'] },
    })
    expect(notes).toEqual(['stopped: true', 'slow', 'undo slow: slow done', 'rollback'])
  })

  test('a name used twice in an attempt is an error that no retry mends', async () => {
    const { runtime, run } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping(
      async (task, done) => {
        await task.step('same', done('same').run, done('same'))
        await task.step('same', done('other').run)
      },
      notes,
      { retry: { attempts: 3 } },
    )
    expect(await run((await runtime.submit(definition, null)).outcome())).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { message: expect.stringContaining('"same" was used before'), cause: { code: 'STEP_DUPLICATE' } },
    })
    expect(notes).toEqual(['same', 'undo same: same done', 'rollback'])
  })

  test('one that the handler does not await belongs to the task all the same', async () => {
    const { runtime, run, events } = await virtualWorld()
    const notes: string[] = []
    const definition = stepping((task, done) => {
      void task.step('floating', done('floating').run, done('floating'))
      return 'returned'
    }, notes)
    expect(await run((await runtime.submit(definition, null)).result())).toBe('returned')
    expect(notes).toEqual(['floating'])
    const at = (type: string) => events.findIndex((event) => event.type === type)
    expect(at('task.step.completed')).toBeGreaterThan(0)
    expect(at('task.step.completed')).toBeLessThan(at('task.completed'))
  })

  test('after the end are refused, and do nothing', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const notes: string[] = []
    const kept: TaskContext[] = []
    const definition = stepping((task) => {
      kept.push(task)
      return 'over'
    }, notes)
    const handle = await runtime.submit(definition, null)
    await run(handle.result())
    const [task] = kept
    if (!task) throw new Error('the handler did not run')
    await expect(task.step('late', () => notes.push('late'))).rejects.toMatchObject({ code: 'TASK_ENDED' })
    await expect(task.ask(z.string(), 'late?')).rejects.toMatchObject({ code: 'TASK_ENDED' })
    await expect(task.sleep(5)).rejects.toMatchObject({ code: 'TASK_ENDED' })
    await expect(task.submit(definition, null)).rejects.toMatchObject({ code: 'TASK_ENDED' })
    // Reports of no consequence are dropped in silence.
    task.progress(0.5, 'late')
    task.used({ slots: 1 })
    task.heartbeat()
    task.log.info('late')
    await advance(1_000)
    expect(notes).toEqual([])
    expect(handle.view()).toMatchObject({ stage: 'completed', progress: { fraction: 0 } })
    expect(runtime.list()).toHaveLength(1)
  })
})

describe('a step that ends after its attempt was given up', () => {
  const late = (undo: () => unknown, notes: string[]) =>
    stepping(
      async (task) =>
        task.step(
          'deaf',
          // Hears no signal: an hour passes, whatever happens to its task.
          () => new Promise<string>((resolve) => environment.clock.setTimeout(() => resolve('late'), 3_600_000)),
          { undo },
        ),
      notes,
      { timeout: '1s', grace: '2s', rollback: untyped(undefined) },
    )
  let environment = createVirtualEnvironment()

  test('is undone at once and reported', async () => {
    const notes: string[] = []
    const world = await virtualWorld()
    environment = world.environment
    const handle = await world.runtime.submit(
      late(() => notes.push('undone'), notes),
      null,
    )
    const outcome = await world.run(handle.outcome())
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'TIMEOUT' }, rollback: { status: 'none' } })
    expect(environment.clock.now()).toBe(3_000)
    expect(notes).toEqual([])
    await world.advance(3_600_000)
    expect(notes).toEqual(['undone'])
    expect(world.types().slice(-1)).toEqual(['task.undo.completed'])
    expect(await handle.outcome()).toEqual(outcome)
  })

  test('is tried again when its undo fails, and raises an alert if it stands', async () => {
    const notes: string[] = []
    const world = await virtualWorld()
    environment = world.environment
    const definition = late(() => {
      notes.push('tried')
      throw new Error('gone')
    }, notes)
    await world.run((await world.runtime.submit(definition, null)).outcome())
    await world.advance(3_700_000)
    expect(notes).toEqual(['tried', 'tried', 'tried'])
    expect(world.events.at(-1)).toMatchObject({
      type: 'alert',
      code: 'STEP_LATE',
      message: expect.stringContaining('step "deaf" of task_1'),
    })
  })

  test('is undone when its task was retried meanwhile, and the retry runs it anew', async () => {
    const world = await virtualWorld()
    environment = world.environment
    const notes: string[] = []
    const definition = stepping(
      (task) =>
        task.step(
          'deaf',
          () =>
            new Promise<string>((resolve) => {
              const { attempt } = task
              environment.clock.setTimeout(() => resolve(`result ${attempt}`), attempt === 1 ? 5_000 : 10)
            }),
          { undo: (result) => notes.push(`undo ${result}`) },
        ),
      [],
      { timeout: '1s', grace: '1s', retry: { attempts: 2, backoff: 1_000, jitter: false } },
    )
    const handle = await world.runtime.submit(definition, null)
    expect(await world.run(handle.result())).toBe('result 2')
    expect(notes).toEqual([])
    await world.advance(10_000)
    expect(notes).toEqual(['undo result 1'])
  })
})
