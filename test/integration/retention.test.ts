import type { TaskContext, TaskSpec } from 'taskwright'
import { defineTask, sequence } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({ type: 'working', kind: 'processing', input: z.unknown(), output: z.unknown(), ...spec, run })

/** Of tasks, what is on disk. */
const taskRecords = (host: CrashingHost) => host.records().filter(({ event }) => 'taskType' in event)

describe('what is forgotten', () => {
  /** Flows in flows: the outermost one fails if it is told to. */
  const flows = (host: CrashingHost, fails: boolean) => {
    const leaf = working((task) => task.step('a', () => host.note('do'), { undo: () => host.note('undo') }), {
      type: 'leaf',
    })
    const last = working(
      async (task) => {
        await task.sleep('1m')
        if (fails) throw new Error('too bad')
      },
      { type: 'last' },
    )
    const inner = sequence({ type: 'inner', members: [leaf, leaf] })
    const middle = sequence({ type: 'middle', members: [inner, inner] })
    const outer = sequence({ type: 'outer', members: [middle, last] })
    return { tasks: [leaf, last, inner, middle, outer], outer }
  }

  test('of flows in flows is all of it, once the outermost one has ended', async () => {
    const host = new CrashingHost()
    const { tasks, outer } = flows(host, false)
    const { runtime, run } = await host.boot({ tasks, retain: 0 })
    const handle = await runtime.submit(outer, null)
    expect(await run(handle.outcome())).toMatchObject({ status: 'completed' })
    expect(runtime.list()).toEqual([])
    await run(runtime.stop())
    expect(taskRecords(host)).toEqual([])
  })

  test('of flows in flows is nothing before: what the innermost did is undone, by the next process too', async () => {
    const host = new CrashingHost()
    const { tasks, outer } = flows(host, true)
    const first = await host.boot({ tasks, retain: 0 })
    const { id } = await first.runtime.submit(outer, null)
    await first.advance(30_000)
    expect(first.runtime.list({ stage: ['completed'] })).toHaveLength(7)
    host.crash()
    const second = await host.boot({ tasks, retain: 0 })
    expect(await second.run(second.runtime.get(id)?.outcome() ?? Promise.reject())).toMatchObject({
      status: 'failed',
      rollback: { status: 'complete' },
    })
    expect(host.notes).toEqual(['do', 'do', 'do', 'do', 'undo', 'undo', 'undo', 'undo'])
    expect(second.runtime.list()).toEqual([])
    await second.run(second.runtime.stop())
    expect(taskRecords(host)).toEqual([])
  })

  test('stays so, whatever a step still does that was given up', async () => {
    const host = new CrashingHost()
    const slow = working(
      (task) =>
        task.step('a', () => new Promise((resolve) => clock.setTimeout(() => resolve(1), 60_000)), {
          undo: () => host.note('undo'),
        }),
      { timeout: '1s', grace: '1s' },
    )
    const { runtime, run, advance, clock, events } = await host.boot({ tasks: [slow], retainFor: '5s' })
    const handle = await runtime.submit(slow, null)
    await run(handle.outcome())
    await advance(10_000)
    expect(runtime.list()).toEqual([])
    await advance(60_000)
    expect(host.notes).toEqual(['undo'])
    expect(events.at(-1)).toMatchObject({ type: 'task.undo.completed' })
    expect(taskRecords(host)).toEqual([])
  })

  test('takes no key with it that an unfinished task has, nor what was spent', async () => {
    const host = new CrashingHost()
    const paid = working((_, input) => input, { demand: { usd: 2 } })
    const options = {
      tasks: [paid],
      retain: 0,
      pools: { default: { slots: 2 }, money: { usd: { budget: 100 } } },
    }
    const spent = (runtime: { resources(): readonly { resource: string; spent: number }[] }) =>
      runtime.resources().find(({ resource }) => resource === 'usd')?.spent
    const first = await host.boot(options)
    const waits = await first.runtime.submit(paid, 'first', { dedupeKey: 'k', delay: '1h', demand: {} })
    for (let count = 0; count < 600; count += 1)
      await first.run((await first.runtime.submit(paid, null, { dedupeKey: 'done', demand: { usd: 0.1 } })).result())
    host.crash()
    const second = await host.boot(options)
    expect(second.runtime.list().map(({ id }) => id)).toEqual([waits.id])
    expect(spent(second.runtime)).toBeCloseTo(60)
    expect((await second.runtime.submit(paid, 'second', { dedupeKey: 'k' })).id).toBe(waits.id)
    await second.run(second.runtime.stop())
    expect(taskRecords(host).every(({ event }) => 'taskId' in event && event.taskId === waits.id)).toBe(true)
    host.shutDown()
    const third = await host.boot(options)
    expect(spent(third.runtime)).toBeCloseTo(60)
  })
})
