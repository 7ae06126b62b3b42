import { readFileSync } from 'node:fs'
import { defineTask, firstInFirstOut, greedyBackfill, strictPriority } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

/** Works for as many ms as its input says. */
const sleeper = defineTask({
  type: 'sleeper',
  kind: 'processing',
  input: z.number(),
  output: z.number(),
  run: async (task, ms) => {
    await task.sleep(ms)
    return task.now()
  },
})

async function starts(world: Awaited<ReturnType<typeof virtualWorld>>): Promise<string[]> {
  await world.run(world.runtime.idle())
  return world.events.flatMap((event) => (event.type === 'task.executing' ? [event.taskId] : []))
}

describe('resources', () => {
  test('are granted all or none, and never more than there is', async () => {
    const { runtime, run, events } = await virtualWorld({ pools: { default: { slots: 4, memory: 10 } } })
    let most = 0
    runtime.on('task.running', () => {
      for (const { resource, held, capacity } of runtime.resources()) {
        expect(held).toBeLessThanOrEqual(capacity)
        if (resource === 'memory') most = Math.max(most, held)
      }
    })
    for (let index = 1; index <= 30; index++) {
      await runtime.submit(sleeper, index, { demand: { slots: 1 + (index % 3), memory: index % 7 } })
    }
    await run(runtime.idle())
    expect(events.filter(({ type }) => type === 'task.completed')).toHaveLength(30)
    expect(most).toBeGreaterThan(6)
    expect(runtime.resources().map(({ held }) => held)).toEqual([0, 0])
  })

  test('that could never suffice are refused at the door: which, how much was asked, what exists', async () => {
    const { runtime, refusal } = await virtualWorld({
      pools: { default: { slots: 4 }, llm: { tokens: { rate: 10, per: 'second' }, usd: { budget: 2 } } },
    })
    const demand = { slots: 5, tokens: 11, usd: 3 }
    const refused = await refusal(runtime.submit(sleeper, 1, { demand }))
    expect(refused).toMatchObject({
      code: 'DEMAND_UNFIT',
      problems: [
        expect.stringMatching(/slots.*5.*4/),
        expect.stringMatching(/tokens.*11.*10/),
        expect.stringMatching(/usd.*3.*2/),
      ],
    })
    expect(await refusal(runtime.submit(sleeper, 1, { demand: { gpu: 1 } }))).toMatchObject({ code: 'POOL_UNKNOWN' })
    for (const slots of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(await refusal(runtime.submit(sleeper, 1, { demand: { slots } }))).toMatchObject({
        code: 'OPTIONS_INVALID',
      })
    }
    expect(runtime.list()).toEqual([])
  })

  test('can be resized while they are held: nothing is taken away, nothing granted until it fits', async () => {
    const { runtime, run, advance, refusal, types } = await virtualWorld({ pools: { default: { slots: 2 } } })
    const handles = await Promise.all([1, 2, 3].map(() => runtime.submit(sleeper, 100)))
    await advance(1)
    await runtime.resize('slots', 1)
    expect(runtime.resources()[0]).toMatchObject({ capacity: 1, held: 2 })
    await advance(50)
    expect(handles.map((handle) => handle.view().stage)).toEqual(['executing', 'executing', 'queued'])
    expect(await run(Promise.all(handles.map((handle) => handle.result())))).toEqual([100, 100, 200])
    expect(types()).toContain('pool.resized')
    expect(await refusal(runtime.resize('nothing', 1))).toMatchObject({ code: 'POOL_UNKNOWN' })
    expect(await refusal(runtime.resize('slots', Number.NaN))).toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  test('of a budget are spent by what was used, and the rest comes back', async () => {
    const { runtime, run } = await virtualWorld({ pools: { default: { usd: { budget: 1 } } } })
    const spend = (used: number) =>
      defineTask({
        type: 'spend',
        kind: 'integration',
        input: z.null(),
        demand: { usd: 0.6 },
        run: (task) => {
          task.used({ usd: used })
          return task.sleep(10)
        },
      })
    await run((await runtime.submit(spend(0.1), null)).result())
    expect(runtime.resources()[0]).toMatchObject({ spent: 0.1, available: 0.9, held: 0 })
    const over = await run((await runtime.submit(spend(5), null)).outcome())
    expect(over).toMatchObject({ status: 'failed', failure: { code: 'BUDGET_EXCEEDED' } })
    expect(runtime.resources()[0]).toMatchObject({ spent: 1, available: 0 })
    expect(runtime.stats().resources[0]).toMatchObject({ form: 'budget', reservedOfCapacity: expect.any(Number) })
  })

  test('keep to the rate of a real trace of language-model calls, in any window', async () => {
    const rows = readFileSync(new URL('../data/azure-llm/code-200.csv', import.meta.url), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
    const calls = rows.map((row) => {
      const [at = '', context = '', generated = ''] = row.split(',')
      return { at: Date.parse(`${at.slice(0, 23).replace(' ', 'T')}Z`), tokens: Number(context) + Number(generated) }
    })
    const rate = 60_000
    const { runtime, run, events } = await virtualWorld({
      pools: { default: { slots: 50 }, llm: { tokens: { rate, per: 'minute', burst: 10_000 } } },
      scheduling: { order: firstInFirstOut() },
    })
    const first = calls[0]?.at ?? 0
    for (const { at, tokens } of calls)
      await runtime.submit(sleeper, 1_000, { startAt: at - first, demand: { slots: 1, tokens } })
    await run(runtime.idle())
    const demands = new Map(runtime.list().map(({ id, demand }) => [id, demand.tokens ?? 0]))
    const grants = events.flatMap((event) =>
      event.type === 'task.allocating' ? [{ at: event.at, tokens: demands.get(event.taskId) ?? 0 }] : [],
    )
    expect(grants).toHaveLength(calls.length)
    for (const [from, start] of grants.entries()) {
      let taken = 0
      for (const { at, tokens } of grants.slice(from)) {
        taken += tokens
        expect(taken).toBeLessThanOrEqual(10_000 + ((at - start.at) * rate) / 60_000 + 1e-6)
      }
    }
  })
})

describe('who goes next', () => {
  test('is the higher priority, until the lower has waited long enough', async () => {
    const world = await virtualWorld({ pools: { default: { slots: 1 } }, scheduling: { ageing: '1s' } })
    const { runtime, advance } = world
    const [running] = [await runtime.submit(sleeper, 10_000)]
    await advance(1)
    const low = await runtime.submit(sleeper, 1, { priority: 'low' })
    const high = await runtime.submit(sleeper, 1, { priority: 'high' })
    await advance(3_000)
    const late = await runtime.submit(sleeper, 1, { priority: 'high' })
    expect(await starts(world)).toEqual([running?.id, high.id, low.id, late.id])
  })

  test('is the higher priority alone, with ageing off', async () => {
    const world = await virtualWorld({ pools: { default: { slots: 1 } }, scheduling: { order: strictPriority() } })
    const { runtime, advance } = world
    const running = await runtime.submit(sleeper, 10_000)
    await advance(1)
    const low = await runtime.submit(sleeper, 1, { priority: 1 })
    await advance(9_000)
    const high = await runtime.submit(sleeper, 1, { priority: 2.5 })
    expect(await starts(world)).toEqual([running.id, high.id, low.id])
  })

  test('is shared between principals by weight', async () => {
    const world = await virtualWorld({ pools: { default: { slots: 2 } } })
    const { runtime, run } = world
    for (let index = 0; index < 80; index++) {
      await runtime.submit(sleeper, 10, { principal: { id: 'heavy', weight: 3 } })
      await runtime.submit(sleeper, 10, { principal: { id: 'light', weight: 1 } })
    }
    await world.advance(395)
    const started = runtime.list({ stage: ['executing', 'completed'] })
    const heavy = started.filter(({ principal }) => principal === 'heavy').length
    expect(heavy / started.length).toBeGreaterThan(0.7)
    expect(heavy / started.length).toBeLessThan(0.8)
    await run(runtime.idle())
  })

  test('is a small task only if the big one that waits is not delayed', async () => {
    for (const greedy of [false, true]) {
      const world = await virtualWorld({
        pools: { default: { slots: 4 } },
        scheduling: greedy ? { backfill: greedyBackfill() } : {},
      })
      const { runtime } = world
      const long = await runtime.submit(sleeper, 100, { demand: { slots: 3 }, estimate: 100 })
      await world.advance(1)
      const big = await runtime.submit(sleeper, 10, { demand: { slots: 4 }, estimate: 10 })
      const tooLong = await runtime.submit(sleeper, 150, { estimate: 150 })
      const inTime = await runtime.submit(sleeper, 50, { estimate: 50 })
      const order = await starts(world)
      expect(order).toEqual(
        greedy ? [long.id, tooLong.id, inTime.id, big.id] : [long.id, inTime.id, big.id, tooLong.id],
      )
    }
  })

  test('is limited by type and by principal', async () => {
    const single = defineTask({
      type: 'single',
      kind: 'control',
      input: z.null(),
      concurrency: 1,
      run: (task) => task.sleep(10),
    })
    const { runtime, environment, run } = await virtualWorld({ scheduling: { principalConcurrency: 2 } })
    for (let index = 0; index < 3; index++) await runtime.submit(single, null, { principal: `p${index}` })
    await run(runtime.idle())
    expect(environment.clock.now()).toBe(30)
    for (let index = 0; index < 4; index++) await runtime.submit(sleeper, 10, { principal: 'one' })
    await run(runtime.idle())
    expect(environment.clock.now()).toBe(50)
  })

  test('waits for what comes first: a start time, a dependency; and must be done by a deadline', async () => {
    const { runtime, run } = await virtualWorld()
    const first = await runtime.submit(sleeper, 50, { delay: '1s' })
    const second = await runtime.submit(sleeper, 10, { after: [first], startAt: 500 })
    expect(await run(second.result())).toBe(1_060)
    const late = await runtime.submit(sleeper, 10_000, { deadlineAt: 2_000 })
    expect(await run(late.outcome())).toMatchObject({ status: 'failed', failure: { code: 'DEADLINE_EXCEEDED' } })
  })

  test('can be asked why it waits', async () => {
    const { runtime, advance } = await virtualWorld({ pools: { default: { slots: 1 } } })
    const running = await runtime.submit(sleeper, 100)
    await advance(1)
    const waiting = await runtime.submit(sleeper, 1)
    await advance(0)
    expect(JSON.stringify(runtime.explain(waiting.id))).toContain(running.id)
    expect(runtime.explain(running.id)).toBeNull()
  })
})
