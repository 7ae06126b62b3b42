import type { TaskContext, TaskSpec } from 'taskwright'
import { defineTask, parallel, sequence } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Process } from './crashing-host.ts'
import { CrashingHost, upTo } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const quick = { attempts: 3, backoff: 1, jitter: false }

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({
    type: 'working',
    kind: 'processing',
    input: z.unknown(),
    output: z.unknown(),
    retry: quick,
    ...spec,
    run,
  })

async function ending({ runtime, run }: Process, id = 'task_1') {
  const outcome = runtime.get(id)?.outcome()
  if (!outcome) throw new Error('the task was lost')
  return run(outcome)
}

/** Members with an effect that can be undone. */
const member = (host: CrashingHost, type: string, ms = 10) =>
  defineTask({
    type,
    kind: 'processing',
    input: z.unknown(),
    retry: quick,
    run: async (task) => {
      await task.step('work', () => host.note(type), { undo: () => host.note(`undo ${type}`) })
      await task.sleep(ms)
      return type
    },
  })

describe('answers', () => {
  const asking = (host: CrashingHost) =>
    working(async (task) => {
      const one = await task.ask(z.object({ n: z.number() }), 'one?')
      const two = await task.ask(
        z.string().transform((text) => text.length),
        'two?',
        { timeout: '1h', default: 9 },
      )
      host.note(`${one.n} ${two}`)
      await task.sleep(100)
      return [one.n, two, await task.ask(z.string(), 'one?')]
    })

  test('that were given are not asked for again, whatever their schema made of them', async () => {
    const host = new CrashingHost()
    const definition = asking(host)
    const first = await host.boot({ tasks: [definition] })
    const handle = await first.runtime.submit(definition, null)
    for (const answer of [{ n: 1 }, 'four']) {
      await first.advance(1)
      await handle.answer(answer)
    }
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [definition] })
    await process.advance(1_000)
    expect(process.runtime.questions()).toMatchObject([{ prompt: 'one?', taskId: 'task_1' }])
    await process.runtime.get('task_1')?.answer('last')
    expect(await ending(process)).toMatchObject({ status: 'completed', output: [1, 4, 'last'] })
    expect(host.notes).toEqual(['1 4', '1 4'])
  })

  test('that were defaults count as given', async () => {
    const host = new CrashingHost()
    const definition = asking(host)
    const first = await host.boot({ tasks: [definition] })
    const handle = await first.runtime.submit(definition, null)
    await first.advance(1)
    await handle.answer({ n: 2 })
    await first.advance(3_600_010)
    host.crash()
    const process = await host.boot({ tasks: [definition] })
    await process.advance(1_000)
    await process.runtime.get('task_1')?.answer('last')
    expect(await ending(process)).toMatchObject({ output: [2, 9, 'last'] })
  })

  test('that were not on record are asked for again', async () => {
    const host = new CrashingHost()
    const definition = asking(host)
    const first = await host.boot({ tasks: [definition], diesAfter: upTo('task.asked') })
    await first.runtime.submit(definition, null)
    await first.advance(1)
    const process = await host.boot({ tasks: [definition] })
    await process.advance(10)
    expect(process.runtime.questions()).toMatchObject([{ prompt: 'one?' }])
  })
})

describe('children', () => {
  test('of a parent that has ended are cancelled', async () => {
    const host = new CrashingHost()
    const child = working((task) => task.sleep('1h'), { type: 'child' })
    const parent = working(
      async (task) => {
        await task.submit(child, null)
        await task.sleep(10)
      },
      { type: 'parent' },
    )
    const tasks = [parent, child]
    const first = await host.boot({ tasks, diesAfter: upTo('task.completed') })
    await first.runtime.submit(parent, null)
    await host.untilDown(first)
    const process = await host.boot({ tasks })
    expect(await ending(process, 'task_2')).toMatchObject({ status: 'cancelled', failure: { code: 'PARENT_ENDED' } })
  })

  test('are found by the key that they were given, and by type, input and place', async () => {
    const host = new CrashingHost()
    const child = working((task, input) => task.sleep(20).then(() => input), { type: 'child' })
    const parent = working(
      async (task) => {
        const handles = [
          await task.submit(child, new Date(1)),
          await task.submit(child, new Date(1)),
          await task.submit(child, Math.floor(task.now()), { key: 'mine' }),
        ]
        await task.sleep(50)
        return Promise.all(handles.map(({ id }) => id))
      },
      { type: 'parent' },
    )
    const tasks = [parent, child]
    const first = await host.boot({ tasks })
    await first.runtime.submit(parent, null)
    await first.advance(40)
    host.crash()
    const process = await host.boot({ tasks })
    expect(await ending(process)).toMatchObject({ output: ['task_2', 'task_3', 'task_4'] })
    expect(process.runtime.list({ parentId: 'task_1' })).toHaveLength(3)
  })

  test('that failed before the crash are submitted anew by the next attempt', async () => {
    const host = new CrashingHost()
    const child = working(
      () => {
        if (host.notes.length > 0) return 'better'
        host.note('failed')
        throw new Error('down')
      },
      { type: 'child', retry: { attempts: 1 } },
    )
    const parent = working(
      async (task) => {
        const handle = await task.submit(child, null)
        await task.sleep(50)
        return handle.result()
      },
      { type: 'parent' },
    )
    const tasks = [parent, child]
    const first = await host.boot({ tasks })
    await first.runtime.submit(parent, null)
    await first.advance(40)
    host.crash()
    const process = await host.boot({ tasks })
    expect(await ending(process)).toMatchObject({ output: 'better' })
  })
})

describe('a flow', () => {
  test('that is cancelled after a crash undoes its completed members in reverse', async () => {
    const host = new CrashingHost()
    const members = [member(host, 'a'), member(host, 'b'), member(host, 'c', 100_000)] as const
    const flow = sequence({ type: 'flow', members })
    const first = await host.boot({ tasks: [flow] })
    await first.runtime.submit(flow, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [flow] })
    await process.advance(2_000)
    void process.runtime.get('task_1')?.cancel()
    expect(await ending(process)).toMatchObject({ status: 'cancelled', rollback: { status: 'complete' } })
    expect(host.notes).toEqual(['a', 'b', 'c', 'undo c', 'undo b', 'undo a'])
    expect(process.runtime.list({ type: 'a' })).toMatchObject([{ stage: 'completed', compensated: true }])
  })

  test('that was rolling back goes on with the members that are left', async () => {
    const host = new CrashingHost()
    const bad = working(
      async (task) => {
        await task.sleep(30)
        throw new Error('bad')
      },
      { type: 'bad', retry: { attempts: 1 } },
    )
    const flow = parallel({ type: 'flow', members: { a: member(host, 'a', 5), b: member(host, 'b', 10), bad } })
    const first = await host.boot({ tasks: [flow], diesAfter: upTo('task.compensated') })
    await first.runtime.submit(flow, null)
    await host.untilDown(first)
    const process = await host.boot({ tasks: [flow] })
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('bad') },
      rollback: { status: 'complete', undone: ['b', 'a', 'bad'] },
    })
    expect(host.notes).toEqual(['a', 'b', 'undo b', 'undo a'])
  })

  test('that has completed can be rolled back after a restart', async () => {
    const host = new CrashingHost()
    const flow = sequence({ type: 'flow', members: [member(host, 'a'), member(host, 'b')] })
    const first = await host.boot({ tasks: [flow] })
    const handle = await first.runtime.submit(flow, null)
    await first.run(handle.result())
    host.crash()
    const { runtime, run } = await host.boot({ tasks: [flow] })
    expect(await run(runtime.get(handle.id)?.rollBack() ?? Promise.reject())).toMatchObject({ status: 'complete' })
    expect(host.notes).toEqual(['a', 'b', 'undo b', 'undo a'])
  })
})
