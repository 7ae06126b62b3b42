import type { StepRun, TaskContext, TaskSpec } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Process } from './crashing-host.ts'
import { CrashingHost, upTo } from './crashing-host.ts'

type Spec = Partial<Omit<TaskSpec<z.ZodUnknown, z.ZodUnknown>, 'run'>>

const working = (run: (task: TaskContext, input: unknown) => unknown, spec: Spec = {}) =>
  defineTask({ type: 'working', kind: 'processing', input: z.unknown(), output: z.unknown(), ...spec, run })

const once = { attempts: 1, backoff: 1, jitter: false }

/** How the only task ended. */
async function ending({ runtime, run }: Process) {
  const outcome = runtime.get('task_1')?.outcome()
  if (!outcome) throw new Error('the task was lost')
  return run(outcome)
}

describe('onCrash', () => {
  const lethal = (host: CrashingHost, spec: Spec) =>
    working(
      async (task) => {
        await task.step('a', () => host.note('a'), { undo: () => host.note('undo a') })
        await task.sleep(100)
        return task.attempt
      },
      { retry: once, rollback: () => host.note('rollback'), ...spec },
    )

  /** So many processes end while the task executes. */
  async function crashes(host: CrashingHost, definition: ReturnType<typeof lethal>, times: number): Promise<Process> {
    for (let time = 0; time < times; time += 1) {
      const process = await host.boot({ tasks: [definition] })
      if (time === 0) await process.runtime.submit(definition, null)
      await process.advance(50)
      host.crash()
    }
    return host.boot({ tasks: [definition] })
  }

  test('retries, and that counts not against the attempts of the retry policy', async () => {
    const host = new CrashingHost()
    const process = await crashes(host, lethal(host, {}), 3)
    expect(await ending(process)).toEqual({ status: 'completed', output: 4, attempts: 4 })
    expect(host.notes).toEqual(['a'])
  })

  test('leaves the attempts that the retry policy has', async () => {
    const host = new CrashingHost()
    const failing = working(
      async (task) => {
        await task.sleep(10)
        host.note(`attempt ${task.attempt}`)
        throw new Error('down')
      },
      { retry: { attempts: 3, backoff: 1, jitter: false } },
    )
    const first = await host.boot({ tasks: [failing], diesAfter: upTo('task.executing', 2) })
    await first.runtime.submit(failing, null)
    await host.untilDown(first)
    const process = await host.boot({ tasks: [failing] })
    expect(await ending(process)).toMatchObject({ status: 'failed', attempts: 4 })
    expect(host.notes).toEqual(['attempt 1', 'attempt 3', 'attempt 4'])
  })

  test('gives up when a task has taken crashLimit processes with it, and one more', async () => {
    const host = new CrashingHost()
    const process = await crashes(host, lethal(host, { crashLimit: 2 }), 3)
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      failure: { code: 'PROCESS_CRASHED' },
      rollback: { status: 'complete', undone: ['a', 'rollback'] },
    })
    expect(host.notes).toEqual(['a', 'undo a', 'rollback'])
  })

  test('rolls back at the first crash', async () => {
    const host = new CrashingHost()
    const process = await crashes(host, lethal(host, { onCrash: 'rollBack' }), 1)
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      failure: { code: 'PROCESS_CRASHED' },
      rollback: { undone: ['a', 'rollback'] },
    })
  })

  test('fails, undoes nothing, and says what stands', async () => {
    const host = new CrashingHost()
    const process = await crashes(host, lethal(host, { onCrash: 'fail' }), 1)
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      failure: { code: 'PROCESS_CRASHED' },
      rollback: { status: 'incomplete', undone: [], standing: [{ step: 'a' }, { step: 'rollback' }] },
    })
    expect(host.notes).toEqual(['a'])
    expect(host.recorded('alert')).toMatchObject([{ code: 'ROLLBACK_INCOMPLETE' }])
  })

  test.each(['task.allocating', 'task.executing', 'task.completing'])(
    'holds from %s on, and the outcome is the same after one more restart',
    async (type) => {
      const host = new CrashingHost()
      const definition = lethal(host, { onCrash: 'rollBack' })
      const first = await host.boot({ tasks: [definition], diesAfter: upTo(type) })
      await first.runtime.submit(definition, null)
      await host.untilDown(first)
      const second = await host.boot({ tasks: [definition] })
      const outcome = await ending(second)
      expect(outcome).toMatchObject({ status: 'failed', attempts: 1, failure: { code: 'PROCESS_CRASHED' } })
      host.crash()
      expect(await ending(await host.boot({ tasks: [definition] }))).toEqual(outcome)
    },
  )

  test('a rollback of a crash in allocating, interrupted, runs the definition’s rollback all the same', async () => {
    const host = new CrashingHost()
    const definition = lethal(host, { onCrash: 'rollBack' })
    const first = await host.boot({ tasks: [definition], diesAfter: upTo('task.allocating') })
    await first.runtime.submit(definition, null)
    await host.untilDown(first)
    const second = await host.boot({ tasks: [definition], diesAfter: upTo('task.rollingBack') })
    await host.untilDown(second)
    const outcome = await ending(await host.boot({ tasks: [definition] }))
    expect(outcome).toMatchObject({ status: 'failed', attempts: 1, rollback: { undone: ['rollback'] } })
  })
})

describe('steps', () => {
  test('that have finished are not run again, and give what was recorded', async () => {
    const host = new CrashingHost()
    const value = { at: new Date(5), big: 12n, map: new Map([[1, new Set(['x'])]]), none: undefined }
    const stepping = working(async (task) => {
      const got = await task.step('make', () => {
        host.note('make')
        return value
      })
      await task.sleep(100)
      return got
    })
    const first = await host.boot({ tasks: [stepping] })
    await first.runtime.submit(stepping, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toEqual({ status: 'completed', output: value, attempts: 2 })
    expect(host.notes).toEqual(['make'])
  })

  test('in doubt are told so, with the key that they had', async () => {
    const host = new CrashingHost()
    const runs: Pick<StepRun, 'inDoubt' | 'idempotencyKey' | 'attempt'>[] = []
    const stepping = working((task) =>
      task.step('pay', async ({ inDoubt, idempotencyKey, attempt }) => {
        runs.push({ inDoubt, idempotencyKey, attempt })
        await task.sleep(100)
      }),
    )
    const first = await host.boot({ tasks: [stepping] })
    await first.runtime.submit(stepping, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({ status: 'completed' })
    expect(runs).toEqual([
      { inDoubt: false, idempotencyKey: 'task_1:pay', attempt: 1 },
      { inDoubt: true, idempotencyKey: 'task_1:pay', attempt: 2 },
    ])
  })

  test('do nothing before the record that they may is on disk', async () => {
    const host = new CrashingHost()
    const stepping = working((task) => task.step('pay', () => host.note('paid')))
    const first = await host.boot({ tasks: [stepping], diesAfter: upTo('task.step.started') })
    void first.runtime.submit(stepping, null)
    await host.untilDown(first)
    await first.advance(1_000)
    expect(host.notes).toEqual([])
  })

  test('fail their task if their result cannot be written down, and are undone', async () => {
    const host = new CrashingHost()
    const stepping = working((task) => task.step('odd', () => () => 1, { undo: () => host.note('undone') }))
    const process = await host.boot({ tasks: [stepping] })
    await process.runtime.submit(stepping, null)
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { message: expect.stringContaining('cannot be written down') },
    })
    expect(host.notes).toEqual(['undone'])
  })
})

describe('epochs', () => {
  test('go up with every process', async () => {
    const host = new CrashingHost()
    const plain = working(
      async (task) => {
        host.note(`${task.attempt}`)
        await task.sleep(100)
      },
      { retry: once },
    )
    for (let boot = 0; boot < 3; boot += 1) {
      const process = await host.boot({ tasks: [plain] })
      if (boot === 0) await process.runtime.submit(plain, null)
      await process.advance(50)
      host.crash()
    }
    expect(host.recorded('task.allocating')).toMatchObject([{ epoch: 1 }, { epoch: 2 }, { epoch: 3 }])
    expect(host.notes).toEqual(['1', '2', '3'])
  })
})
