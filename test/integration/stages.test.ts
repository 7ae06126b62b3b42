import type { TaskContext, TaskSpec } from 'taskwright'
import { defineTask, RefusedError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

type Spec = TaskSpec<z.ZodString, z.ZodString>

/** A task with a text in and a text out. */
function task(run: (task: TaskContext, input: string) => Promise<string>, spec: Partial<Omit<Spec, 'run'>> = {}) {
  return defineTask({ type: 'work', kind: 'processing', input: z.string(), output: z.string(), ...spec, run })
}

const never = () => new Promise<string>(() => undefined)
const echo = async (_: TaskContext, input: string) => input

describe('a running task', () => {
  test('that is cancelled ends as cancelled, and what its handler answers then counts no more', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const stubborn = task(async (context) => {
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
      return 'too late'
    })
    const handle = await runtime.submit(stubborn, 'in')
    await advance(1)
    const outcome = await run(handle.cancel('no longer needed'))
    expect(outcome).toMatchObject({ status: 'cancelled', failure: { code: 'CANCELLED', message: 'no longer needed' } })
  })

  test('that never answers is stopped at its timeout, and given up after its grace', async () => {
    const { runtime, environment, run, types } = await virtualWorld()
    const handle = await runtime.submit(task(never, { timeout: '1s', grace: '2s' }), 'in')
    const outcome = await run(handle.outcome())
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'TIMEOUT' } })
    expect(environment.clock.now()).toBe(3_000)
    expect(types()).toContain('task.overdue')
  })

  test('leaves no timer to its next attempt', async () => {
    const { runtime, run, types } = await virtualWorld()
    const flaky = task(
      async ({ attempt }) => {
        if (attempt === 1) throw new Error('once')
        return 'out'
      },
      { timeout: '1s', heartbeat: '1s', retry: { attempts: 2, backoff: '1m', jitter: false } },
    )
    const handle = await runtime.submit(flaky, 'in')
    expect(await run(handle.result())).toBe('out')
    expect(types()).not.toContain('task.dropped')
  })

  test('is not timed out by a pause, however long', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const short = task(
      async (context, input) => {
        await context.step('one', () => context.sleep(100))
        await context.step('two', () => undefined)
        return input
      },
      { timeout: '1s' },
    )
    const handle = await runtime.submit(short, 'in')
    await advance(50)
    handle.pause()
    await advance(60_000)
    expect(handle.view()).toMatchObject({ stage: 'executing', activity: 'paused' })
    handle.resume()
    expect(await run(handle.result())).toBe('in')
  })

  test('takes its children with it', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const parent = task(async (context) => {
      await context.submit(task(never), 'child')
      return never()
    })
    const handle = await runtime.submit(parent, 'in')
    await advance(1)
    await run(handle.cancel())
    await run(runtime.idle())
    const [child] = runtime.list({ parentId: handle.id })
    expect(child?.outcome).toMatchObject({ status: 'cancelled', failure: { code: 'PARENT_ENDED' } })
  })
})

describe('a task that waits', () => {
  test('gives up its place when it is paused, and takes it again when it is resumed', async () => {
    const { runtime, run, advance } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const first = await runtime.submit(
      task(async (context) => context.sleep(100).then(() => 'first')),
      'in',
    )
    const second = await runtime.submit(task(echo), 'second')
    const third = await runtime.submit(task(echo), 'third')
    await advance(1)
    expect(runtime.explain(second.id)).not.toBeNull()
    second.pause()
    expect(second.view().stage).toBe('waiting')
    expect(runtime.explain(second.id)).toBeNull()
    expect(await run(third.result())).toBe('third')
    second.resume()
    expect(await run(second.result())).toBe('second')
    expect(await run(first.result())).toBe('first')
  })

  test('for one that fails is cancelled, and so is what waits for it', async () => {
    const { runtime, run } = await virtualWorld()
    const first = await runtime.submit(
      task(async () => Promise.reject(new Error('no'))),
      'in',
    )
    const second = await runtime.submit(task(echo), 'in', { after: [first] })
    const third = await runtime.submit(task(echo), 'in', { after: [second] })
    for (const handle of [second, third]) {
      expect(await run(handle.outcome())).toMatchObject({ status: 'cancelled', failure: { code: 'DEPENDENCY_FAILED' } })
    }
  })

  test('with the key of an unfinished one is that one', async () => {
    const { runtime, run } = await virtualWorld()
    const first = await runtime.submit(task(echo), 'first', { dedupeKey: 'k', delay: '1h' })
    const second = await runtime.submit(task(echo), 'second', { dedupeKey: 'k' })
    expect(second.id).toBe(first.id)
    expect(await run(second.result())).toBe('first')
    const third = await runtime.submit(task(echo), 'third', { dedupeKey: 'k' })
    expect(await run(third.result())).toBe('third')
  })

  test('a hundred thousand deep in a chain runs, and is cancelled, without a call in a call', {
    timeout: 60_000,
  }, async () => {
    const { runtime, run } = await virtualWorld({ queueLimit: 200_000 })
    for (const ending of ['completed', 'cancelled'] as const) {
      const head = await runtime.submit(task(ending === 'completed' ? echo : never), 'in', { delay: 1 })
      let last = head
      for (let depth = 0; depth < 50_000; depth++) last = await runtime.submit(task(echo), 'in', { after: [last] })
      if (ending === 'cancelled') void head.cancel()
      expect((await run(last.outcome())).status).toBe(ending)
    }
  })
})

describe('the supervisor', () => {
  test('bounds its queue: one more is refused, or waits for room', async () => {
    const { runtime, run, refusal, advance } = await virtualWorld({ queueLimit: 1, pools: { default: { slots: 1 } } })
    const running = await runtime.submit(
      task(async (context) => context.sleep(100).then(() => 'done')),
      'in',
    )
    await advance(1)
    await runtime.submit(task(echo), 'waits')
    expect(await refusal(runtime.submit(task(echo), 'one too many'))).toMatchObject({ code: 'QUEUE_FULL' })
    const patient = runtime.submit(task(echo), 'patient', { whenFull: 'wait' })
    expect(await run(running.result())).toBe('done')
    expect(await run(patient.then((handle) => handle.result()))).toBe('patient')
  })

  test('takes nothing new while it drains, but the children of what it has', async () => {
    const { runtime, run, refusal, advance } = await virtualWorld()
    const parent = task(async (context) => {
      await context.sleep(100)
      const child = await context.submit(task(echo), 'child')
      return child.result()
    })
    const handle = await runtime.submit(parent, 'in')
    await advance(1)
    const drained = runtime.drain()
    expect(await refusal(runtime.submit(task(echo), 'new'))).toMatchObject({ code: 'RUNTIME_DRAINING' })
    await run(drained)
    expect(await run(handle.result())).toBe('child')
    runtime.resume()
    expect(await run(runtime.submit(task(echo), 'again').then((again) => again.result()))).toBe('again')
  })

  test('restarts crashed tasks, degrades when that happens too often, and recovers', async () => {
    const { runtime, run, refusal, advance, types } = await virtualWorld({
      restartIntensity: { restarts: 1, within: '10s' },
    })
    const healthy = await runtime.submit(
      task(async (context) => context.sleep('1m').then(() => 'unharmed')),
      'in',
    )
    /** A definition that no defineTask made: reading its grace period throws inside the task's actor. */
    const poison = Object.defineProperty({ ...task(never, { timeout: '1s' }) }, 'graceMs', {
      get: () => {
        throw new Error('poison')
      },
    })
    const poisoned = await Promise.all([runtime.submit(poison, 'a'), runtime.submit(poison, 'b')])
    await advance(1_000)
    expect(types().filter((type) => type === 'supervisor.crash')).toHaveLength(2)
    expect(runtime.state).toBe('degraded')
    expect(await refusal(runtime.submit(task(echo), 'new'))).toMatchObject({ code: 'RUNTIME_DEGRADED' })
    for (const handle of poisoned) expect((await run(handle.outcome())).status).toBe('failed')
    await advance(10_000)
    expect(runtime.state).toBe('running')
    expect(await run(healthy.result())).toBe('unharmed')
    expect(await run(runtime.submit(task(echo), 'again').then((again) => again.result()))).toBe('again')
  })

  test('stops in bounded time whatever its tasks do, and leaves nothing', async () => {
    const { runtime, environment, run, refusal, advance } = await virtualWorld()
    const handles = await Promise.all([
      runtime.submit(task(never, { grace: '1h' }), 'ignores its signal'),
      runtime.submit(task(echo, { validate: () => new Promise(() => undefined) }), 'never validated'),
      runtime.submit(task(echo), 'never due', { delay: '1d' }),
      runtime.submit(
        task(async (context) => {
          await context.step('sticks', () => 1, { undo: never })
          throw new Error('rolls back for ever')
        }),
        'in',
      ),
    ])
    await advance(1)
    await run(runtime.stop({ grace: '5s' }))
    expect(environment.clock.now()).toBe(5_001)
    const statuses = await run(Promise.all(handles.map((handle) => handle.outcome())))
    expect(statuses.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled', 'failed'])
    expect(statuses[3]).toMatchObject({ rollback: { status: 'incomplete', standing: [{ step: 'sticks' }] } })
    expect(environment.clock.nextAt()).toBeNull()
    expect(await refusal(runtime.submit(task(echo), 'after'))).toBeInstanceOf(RefusedError)
  })
})
