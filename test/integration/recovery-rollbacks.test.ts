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

describe('a rollback after a crash', () => {
  test('finds the undos by replaying the handler, no further than the last of them, and runs them last step first', async () => {
    const host = new CrashingHost()
    const stepping = working(
      async (task, input) => {
        const a = await task.step('a', () => 'A', { undo: (result) => host.note(`undo a ${result} of ${input}`) })
        await task.sleep(10)
        const b = await task.step('b', () => `${a}B`, { undo: (result) => host.note(`undo b ${result}`) })
        host.note(`after ${b}`)
        await task.sleep(100)
        host.note('never')
      },
      { onCrash: 'rollBack' },
    )
    const first = await host.boot({ tasks: [stepping] })
    await first.runtime.submit(stepping, 7)
    await first.advance(50)
    host.crash()
    host.notes.length = 0
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({ rollback: { status: 'complete', undone: ['b', 'a'] } })
    expect(host.notes).toEqual(['undo b AB', 'undo a A of 7'])
  })

  test('finds the undo of a step behind an answer and a child', async () => {
    const host = new CrashingHost()
    const child = working(() => 'child', { type: 'child' })
    const stepping = working(
      async (task) => {
        const answer = await task.ask(z.string().transform(Number), 'how many?')
        const handle = await task.submit(child, null)
        const said = await handle.result()
        await task.step('a', () => answer, { undo: (result) => host.note(`undo ${result} ${typeof result} ${said}`) })
        await task.sleep(100)
      },
      { onCrash: 'rollBack', uses: [child] },
    )
    const first = await host.boot({ tasks: [stepping] })
    const handle = await first.runtime.submit(stepping, null)
    await first.advance(1)
    await handle.answer('5')
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({ rollback: { status: 'complete', undone: ['a'] } })
    expect(host.notes).toEqual(['undo 5 number child'])
  })

  test('takes back what is in doubt by undoInDoubt, and says what stands without one', async () => {
    const host = new CrashingHost()
    const stepping = working(
      async (task) => {
        const undo = () => host.note('undo')
        const undoInDoubt = ({ idempotencyKey, inDoubt }: StepRun) => host.note(`${idempotencyKey} ${inDoubt}`)
        await Promise.all([
          task.step('sure', () => task.sleep(100), { undo, undoInDoubt }),
          task.step('unsure', () => task.sleep(100), { undo }),
          task.step('harmless', () => task.sleep(100)),
        ])
      },
      { onCrash: 'rollBack', rollbackRetry: once },
    )
    const first = await host.boot({ tasks: [stepping] })
    await first.runtime.submit(stepping, null)
    await first.advance(50)
    host.crash()
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({
      rollback: { status: 'incomplete', undone: ['sure'], standing: [{ step: 'unsure' }] },
    })
    expect(host.notes).toEqual(['task_1:sure true'])
  })

  test('replays the handler no further than it came, also if the step where it was is undone already', async () => {
    const host = new CrashingHost()
    const stepping = working(
      async (task) => {
        await task.step('a', () => 'A', { undo: () => host.note('undo a') })
        const b = await task.step('b', () => task.sleep(100), { undoInDoubt: () => host.note('undo b') })
        host.note(`beyond ${b}`)
      },
      { onCrash: 'rollBack' },
    )
    const first = await host.boot({ tasks: [stepping] })
    await first.runtime.submit(stepping, null)
    await first.advance(50)
    host.crash()
    const second = await host.boot({ tasks: [stepping], diesAfter: upTo('task.undo.completed') })
    await host.untilDown(second)
    const process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({ rollback: { status: 'complete', undone: ['b', 'a'] } })
    expect(host.notes).toEqual(['undo b', 'undo a'])
  })

  test('goes on where it stopped: what was undone is not undone again, what was begun is in doubt', async () => {
    const host = new CrashingHost()
    const stepping = working(
      async (task) => {
        for (const name of ['a', 'b', 'c'])
          await task.step(name, () => name, {
            undo: async (result, { inDoubt }) => {
              host.note(`undo ${result}${inDoubt ? ' in doubt' : ''}`)
              await new Promise<void>((resolve) => process.clock.setTimeout(resolve, 10))
            },
          })
        throw new Error('down')
      },
      { retry: once, rollback: (_, { inDoubt }) => host.note(`rollback${inDoubt ? ' in doubt' : ''}`) },
    )
    let process = await host.boot({ tasks: [stepping] })
    await process.runtime.submit(stepping, null)
    await process.advance(15)
    host.crash()
    process = await host.boot({ tasks: [stepping] })
    expect(await ending(process)).toMatchObject({
      status: 'failed',
      failure: { code: 'HANDLER_FAILED', message: 'down' },
      rollback: { status: 'complete', undone: ['c', 'b', 'a', 'rollback'] },
    })
    expect(host.notes).toEqual(['undo c', 'undo b', 'undo b in doubt', 'undo a', 'rollback'])
  })

  test('of a cancelled task ends it cancelled', async () => {
    const host = new CrashingHost()
    const deaf = working(
      async (task) => {
        await task.step('a', () => 1, { undo: () => host.note('undone') })
        await new Promise(() => undefined)
      },
      { grace: '10s' },
    )
    const first = await host.boot({ tasks: [deaf] })
    const handle = await first.runtime.submit(deaf, null)
    await first.advance(10)
    void handle.cancel('enough')
    await first.advance(10)
    host.crash()
    const process = await host.boot({ tasks: [deaf] })
    expect(await ending(process)).toMatchObject({
      status: 'cancelled',
      failure: { code: 'CANCELLED' },
      rollback: { status: 'complete', undone: ['a'] },
    })
  })

  test('of a completed task, asked for after a restart, undoes its steps', async () => {
    const host = new CrashingHost()
    const stepping = working((task) => task.step('a', () => 'A', { undo: (result) => host.note(`undo ${result}`) }))
    const first = await host.boot({ tasks: [stepping] })
    const handle = await first.runtime.submit(stepping, null)
    await first.run(handle.result())
    host.crash()
    const { runtime, run } = await host.boot({ tasks: [stepping] })
    expect(await run(runtime.get(handle.id)?.rollBack() ?? Promise.reject())).toEqual({
      status: 'complete',
      undone: ['a'],
    })
    expect(host.notes).toEqual(['undo A'])
    host.crash()
    const again = await host.boot({ tasks: [stepping] })
    expect(again.runtime.get(handle.id)?.view().compensated).toBe(true)
    expect(await again.run(again.runtime.get(handle.id)?.rollBack() ?? Promise.reject())).toEqual({ status: 'none' })
  })

  test('undoes what stands of a step of which an earlier run was undone late', async () => {
    const host = new CrashingHost()
    let process: Process | null = null
    const deaf = working(
      (task) =>
        task.step(
          'deaf',
          () =>
            new Promise<string>((resolve) => {
              const { attempt } = task
              process?.clock.setTimeout(() => resolve(`result ${attempt}`), attempt === 1 ? 5_000 : 10)
            }),
          { undo: (result) => host.note(`undo ${result}`) },
        ),
      { timeout: '1s', grace: '1s', retry: { attempts: 2, backoff: 1_000, jitter: false } },
    )
    process = await host.boot({ tasks: [deaf] })
    await process.runtime.submit(deaf, null)
    expect(await ending(process)).toMatchObject({ status: 'completed', output: 'result 2' })
    await process.advance(10_000)
    expect(host.notes).toEqual(['undo result 1'])
    host.crash()
    process = await host.boot({ tasks: [deaf] })
    await process.run(process.runtime.get('task_1')?.rollBack() ?? Promise.reject())
    expect(host.notes).toEqual(['undo result 1', 'undo result 2'])
  })
})
