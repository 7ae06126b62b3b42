import type { QuotasInput } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from '../integration/crashing-host.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { work } from './two-agents.ts'

const dayMs = 86_400_000

const paid = defineTask({
  type: 'paid',
  kind: 'integration',
  input: z.object({ ms: z.number(), uses: z.number().optional() }),
  demand: { slots: 1, usd: 2 },
  async run(task, { ms, uses }) {
    if (uses !== undefined) task.used({ usd: uses })
    await task.sleep(ms)
  },
})

const pools = { default: { slots: 4 }, money: { usd: { budget: 1_000 } } }

function world(ofAda: QuotasInput) {
  return virtualWorld({ pools, tasks: [work, paid], quotas: ({ id }) => (id === 'ada' ? ofAda : undefined) })
}

/** How many tasks of each principal execute. */
function running({ runtime }: Awaited<ReturnType<typeof world>>) {
  const of = (principal: string) => runtime.list({ principal, stage: 'executing' }).length
  return [of('ada'), of('bob')]
}

describe('quotas of a principal', () => {
  test('tasks in the queue: more are refused, and others are not', async () => {
    const { runtime, advance } = await world({ queued: 2 })
    runtime.pause()
    const ada = runtime.as('ada')
    await ada.submit(work, {})
    const second = await ada.submit(work, {})
    const refusal = { code: 'QUOTA_EXCEEDED', message: expect.stringContaining('quota queued: agent ada has 2') }
    await expect(ada.submit(work, {})).rejects.toMatchObject(refusal)
    await runtime.as('bob').submit(work, {})
    void second.cancel()
    await advance(1)
    await ada.submit(work, {})
    await expect(ada.submit(work, {}, { whenFull: 'wait' })).rejects.toMatchObject(refusal)
  })

  test('children count: a task cannot get round it', async () => {
    const seen = await world({ queued: 3 })
    const forking = defineTask({
      type: 'forking',
      kind: 'control',
      input: z.null(),
      demand: {},
      async run(task) {
        for (let count = 0; count < 10; count += 1) await task.submit(work, { ms: 1_000 })
      },
    })
    await seen.runtime.resize('slots', 1)
    const handle = await seen.runtime.as('ada').submit(forking, null)
    const outcome = await seen.run(handle.outcome())
    expect(outcome).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('quota queued') } })
  })

  test('tasks that run: more wait, and others go before', async () => {
    const seen = await world({ running: 1 })
    for (let count = 0; count < 3; count += 1) await seen.runtime.as('ada').submit(work, { ms: 10 })
    const bob = await seen.runtime.as('bob').submit(work, { ms: 10 })
    await seen.advance(1)
    expect(running(seen)).toEqual([1, 1])
    const waiting = seen.runtime.list({ principal: 'ada', stage: 'queued' })[0]?.id ?? ''
    expect(seen.runtime.explain(waiting)?.limits).toMatchObject([{ scope: 'principal', limit: 1 }])
    await seen.run(bob.outcome())
    await seen.run(seen.runtime.idle())
    expect(seen.runtime.stats().byStage.completed).toBe(4)
  })

  test('resources held: what is more waits until something comes back', async () => {
    const seen = await world({ held: { slots: 2 } })
    for (let count = 0; count < 6; count += 1) await seen.runtime.as('ada').submit(work, { ms: 10 })
    await seen.advance(1)
    expect(running(seen)).toEqual([2, 0])
    const waiting = seen.runtime.list({ principal: 'ada', stage: 'queued' })[0]?.id ?? ''
    expect(seen.runtime.explain(waiting)).toMatchObject({
      limits: [{ scope: 'held', name: 'slots', limit: 2, running: 2 }],
      message: 'its principal holds 2 of slots, of a quota of 2',
    })
    await seen.runtime.as('bob').submit(work, { ms: 10 })
    await seen.advance(1)
    expect(running(seen)).toEqual([2, 1])
    await seen.advance(10)
    expect(running(seen)).toEqual([2, 0])
    // One that waits for its quota can be cancelled, and one more urgent goes first.
    const last = seen.runtime.list({ principal: 'ada', stage: 'queued' }).at(-1)?.id ?? ''
    void seen.runtime.get(last)?.cancel()
    await seen.run(seen.runtime.idle())
    expect(seen.runtime.stats().byStage).toMatchObject({ completed: 6, cancelled: 1 })
    const over = seen.runtime.as('ada').submit(work, {}, { demand: { slots: 3 } })
    await expect(over).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      problems: ['quota held of slots: 3 asked, 2 allowed'],
    })
  })

  test('budget of a day: more waits for the next day', async () => {
    const seen = await world({ perDay: { usd: 5 } })
    for (let count = 0; count < 3; count += 1) await seen.runtime.as('ada').submit(paid, { ms: 10 })
    for (let count = 0; count < 3; count += 1) await seen.runtime.as('bob').submit(paid, { ms: 10 })
    await seen.advance(100)
    expect(seen.runtime.stats().byStage).toMatchObject({ completed: 5, queued: 1 })
    const waiting = seen.runtime.list({ stage: 'queued' })[0]?.id ?? ''
    expect(seen.runtime.explain(waiting)?.message).toBe('its principal has spent 4 of usd today, of a quota of 5')
    await seen.advance(dayMs - 200)
    expect(seen.runtime.stats().byStage.queued).toBe(1)
    await seen.advance(200)
    expect(seen.runtime.stats().byStage.completed).toBe(6)
  })

  test('what was not used of it comes back, and what is used beyond it stops the task', async () => {
    const seen = await world({ perDay: { usd: 5 } })
    for (let count = 0; count < 5; count += 1) await seen.runtime.as('ada').submit(paid, { ms: 10, uses: 0.5 })
    await seen.advance(200)
    expect(seen.runtime.stats().byStage.completed).toBe(5)
    const greedy = await seen.runtime.as('ada').submit(paid, { ms: 10, uses: 4 })
    const failure = { code: 'BUDGET_EXCEEDED', message: expect.stringContaining('quota perDay of usd') }
    expect(await seen.run(greedy.outcome())).toMatchObject({ status: 'failed', failure })
    const bob = await seen.runtime.as('bob').submit(paid, { ms: 10, uses: 40 })
    expect(await seen.run(bob.outcome())).toMatchObject({ status: 'completed' })
  })

  test('what was spent today is spent after a crash as well, by tasks that were forgotten too', async () => {
    const host = new CrashingHost()
    const options = { pools, tasks: [paid], retain: 1, quotas: { perDay: { usd: 5 } } }
    const first = await host.boot(options)
    for (let count = 0; count < 2; count += 1)
      await first.run((await first.runtime.as('ada').submit(paid, { ms: 10 })).outcome())
    // The second makes the first forgotten.
    await first.run(first.runtime.stop())
    host.shutDown()
    const second = await host.boot(options)
    const third = await second.runtime.as('ada').submit(paid, { ms: 10 })
    await second.runtime.as('bob').submit(paid, { ms: 10 })
    await second.advance(100)
    expect(third.view().stage).toBe('queued')
    await second.advance(dayMs)
    expect(third.view().stage).toBe('completed')
  })

  test('submissions: more than the rate are refused before they are read', async () => {
    let parsed = 0
    const counting = defineTask({
      type: 'counting',
      kind: 'control',
      input: z.number().transform((value) => {
        parsed += 1
        return value
      }),
      run: () => 1,
    })
    const seen = await world({ submissions: { rate: 2, per: 'second', burst: 3 } })
    const ada = seen.runtime.as('ada')
    for (let count = 0; count < 3; count += 1) await ada.submit(counting, 1)
    const refusal = { code: 'QUOTA_EXCEEDED', message: expect.stringMatching(/quota submissions.* in 500 ms/) }
    for (let count = 0; count < 50; count += 1) await expect(ada.submit(counting, 1)).rejects.toMatchObject(refusal)
    expect(parsed).toBe(3)
    await seen.runtime.as('bob').submit(counting, 1)
    await seen.advance(500)
    await ada.submit(counting, 1)
    await expect(ada.submit(counting, 1)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  })

  test('quotas that are none are refused: the same for all at once, by principal when one submits', async () => {
    await expect(virtualWorld({ quotas: { running: 0 } })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    const { runtime } = await virtualWorld({ tasks: [work], quotas: ({ id }) => ({ held: { [id]: 1 } }) })
    await expect(runtime.as('ada').submit(work, {})).rejects.toMatchObject({ code: 'POOL_UNKNOWN' })
  })
})
