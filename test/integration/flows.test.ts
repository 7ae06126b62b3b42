import type { MemberOutcome, RefusedError } from 'taskwright'
import { defineTask, graph, map, parallel, sequence } from 'taskwright'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const numbered = z.object({ n: z.number() })

/** Members that write down what they do and undo; `n` of 13 fails. */
function members() {
  const log: string[] = []
  const member = (type: string, ms = 10) =>
    defineTask({
      type,
      kind: 'processing',
      input: numbered,
      output: numbered,
      run: async (task, { n }) => {
        await task.step('work', () => task.sleep(ms), { undo: () => log.push(`undo ${type}`) })
        if (n === 13) throw new Error(`${type} got 13`)
        log.push(type)
        return { n: n + 1 }
      },
    })
  return { log, member }
}

describe('sequence', () => {
  test('hands each output to the next member, and is typed by its ends', async () => {
    const { runtime, run } = await virtualWorld()
    const { member, log } = members()
    const count = defineTask({
      type: 'count',
      kind: 'analysis',
      input: numbered,
      output: z.string(),
      run: (_, { n }) => `${n}`,
    })
    const flow = sequence({ type: 'flow', members: [member('a'), member('b'), count] })
    const handle = await runtime.submit(flow, { n: 1 })
    const result = await run(handle.result())
    expectTypeOf(result).toEqualTypeOf<string>()
    expect(result).toBe('3')
    expect(log).toEqual(['a', 'b'])
  })

  test('refuses members that do not fit, at compile time', () => {
    const { member } = members()
    const count = defineTask({ type: 'count', kind: 'analysis', input: numbered, output: z.string(), run: () => '' })
    const adds = member('adds')
    type Fits = readonly [typeof adds, typeof count]
    type Misfits = readonly [typeof count, typeof adds]
    expectTypeOf<Fits>().toExtend<Parameters<typeof sequence<Fits>>[0]['members']>()
    expectTypeOf<Misfits>().not.toExtend<Parameters<typeof sequence<Misfits>>[0]['members']>()
  })

  test('undoes its completed members in reverse order when one fails', async () => {
    const { runtime, run } = await virtualWorld()
    const { member, log } = members()
    const flow = sequence({ type: 'flow', members: [member('a'), member('b'), member('c')] })
    const handle = await runtime.submit(flow, { n: 11 })
    const outcome = await run(handle.outcome())
    expect(outcome).toMatchObject({ status: 'failed', rollback: { status: 'complete' } })
    expect(log).toEqual(['a', 'b', 'undo c', 'undo b', 'undo a'])
    expect(runtime.list({ type: 'a' })[0]).toMatchObject({ stage: 'completed', compensated: true })
  })
})

describe('parallel', () => {
  test('runs members side by side, as many as it may', async () => {
    const { runtime, environment, run } = await virtualWorld()
    const { member } = members()
    const both = parallel({ type: 'both', members: { x: member('a'), y: member('b') } })
    const result = await run((await runtime.submit(both, { n: 1 })).result())
    expectTypeOf(result).toEqualTypeOf<{ readonly x: { n: number }; readonly y: { n: number } }>()
    expect(result).toEqual({ x: { n: 2 }, y: { n: 2 } })
    expect(environment.clock.now()).toBe(10)
    const one = parallel({ type: 'one', members: { x: member('a'), y: member('b') }, concurrency: 1 })
    await run((await runtime.submit(one, { n: 1 })).result())
    expect(environment.clock.now()).toBe(30)
  })

  test('fails fast: cancels the rest and undoes what was done', async () => {
    const { runtime, run } = await virtualWorld()
    const { member, log } = members()
    const fails = defineTask({
      type: 'fails',
      kind: 'processing',
      input: numbered,
      run: (task) => task.sleep(20).then(() => Promise.reject(new Error('no'))),
    })
    const flow = parallel({ type: 'flow', members: { quick: member('quick', 10), fails, slow: member('slow', 1_000) } })
    expect(await run((await runtime.submit(flow, { n: 1 })).outcome())).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('fails') },
    })
    expect(log).toEqual(['quick', 'undo quick'])
    expect(runtime.list({ type: 'slow' })[0]?.stage).toBe('cancelled')
  })

  test('settles all: tells how each ended', async () => {
    const { runtime, run } = await virtualWorld()
    const { member } = members()
    const fails = defineTask({
      type: 'fails',
      kind: 'processing',
      input: numbered,
      run: () => Promise.reject(new Error('no')),
    })
    const flow = parallel({ type: 'flow', members: { good: member('good'), fails }, onFailure: 'settle-all' })
    const result = await run((await runtime.submit(flow, { n: 1 })).result())
    expectTypeOf(result.good).toEqualTypeOf<MemberOutcome<{ n: number }>>()
    expect(result).toMatchObject({ good: { status: 'completed', output: { n: 2 } }, fails: { status: 'failed' } })
  })
})

describe('graph', () => {
  test('runs nodes as what they need completes, with its outputs typed', async () => {
    const { runtime, environment, run } = await virtualWorld()
    const { member } = members()
    const a = member('a', 10)
    const b = member('b', 20)
    const flow = graph({
      type: 'flow',
      input: numbered,
      nodes: (node) => ({
        a: node(a, { input: ({ input }) => input }),
        b: node(b, { input: ({ input }) => input }),
        c: node(member('c', 5), { after: { a, b }, input: (needed) => ({ n: needed.a.n * 10 + needed.b.n }) }),
      }),
    })
    const result = await run((await runtime.submit(flow, { n: 1 })).result())
    expect(result.c).toEqual({ n: 23 })
    expect(environment.clock.now()).toBe(25)
  })

  test('skips what needs a node that failed, where all are settled', async () => {
    const { runtime, run } = await virtualWorld()
    const { member } = members()
    const a = member('a')
    const flow = graph({
      type: 'flow',
      input: numbered,
      onFailure: 'settle-all',
      nodes: (node) => ({
        a: node(a, { input: () => ({ n: 13 }) }),
        b: node(member('b'), { after: { a }, input: () => ({ n: 1 }) }),
        c: node(member('c'), { input: () => ({ n: 1 }) }),
      }),
    })
    expect(await run((await runtime.submit(flow, { n: 1 })).result())).toMatchObject({
      a: { status: 'failed' },
      b: { status: 'skipped' },
      c: { status: 'completed' },
    })
  })

  test('refuses a cycle by name, and a need that is no node', () => {
    const { member } = members()
    const [a, b] = [member('a'), member('b')]
    const cyclic = () =>
      graph({
        type: 'flow',
        input: numbered,
        nodes: (node) => ({
          a: node(a, { after: { b }, input: () => ({ n: 1 }) }),
          b: node(b, { after: { a }, input: () => ({ n: 1 }) }),
        }),
      })
    expect(cyclic).toThrow(/a needs b needs a/)
    expect(cyclic).toThrow(expect.objectContaining<Partial<RefusedError>>({ code: 'FLOW_CYCLE' }))
    const dangling = () =>
      graph({
        type: 'flow',
        input: numbered,
        nodes: (node) => ({ a: node(a, { after: { b }, input: () => ({ n: 1 }) }) }),
      })
    expect(dangling).toThrow(/a needs b, which is no node/)
  })
})

describe('map', () => {
  test('keeps the order of its inputs, a few at a time', async () => {
    const { runtime, environment, run } = await virtualWorld()
    const { member } = members()
    const flow = map({ type: 'flow', member: member('a', 10), concurrency: 2 })
    const inputs = [1, 2, 3, 4, 5].map((n) => ({ n }))
    const result = await run((await runtime.submit(flow, inputs)).result())
    expectTypeOf(result).toEqualTypeOf<readonly { n: number }[]>()
    expect(result).toEqual([2, 3, 4, 5, 6].map((n) => ({ n })))
    expect(environment.clock.now()).toBe(30)
  })

  test('that is cancelled cancels what runs and undoes what was done', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const { member, log } = members()
    const flow = map({ type: 'flow', member: member('a', 10), concurrency: 1 })
    const handle = await runtime.submit(flow, [{ n: 1 }, { n: 2 }, { n: 3 }])
    await advance(25)
    expect(await run(handle.cancel())).toMatchObject({ status: 'cancelled', rollback: { status: 'complete' } })
    expect(log).toEqual(['a', 'a', 'undo a', 'undo a'])
    await run(runtime.idle())
    expect(runtime.list({ type: 'a' }).map(({ stage }) => stage)).toEqual(['completed', 'completed', 'cancelled'])
  })

  test('that is retried runs only what had not completed', async () => {
    const { runtime, run } = await virtualWorld()
    const runs: number[] = []
    const flaky = defineTask({
      type: 'flaky',
      kind: 'processing',
      input: z.number(),
      run: (_, n) => {
        runs.push(n)
        if (n === 2 && runs.filter((one) => one === 2).length === 1) throw new Error('once')
        return n
      },
    })
    const flow = map({ type: 'flow', member: flaky, concurrency: 1, retry: { attempts: 2 } })
    await run((await runtime.submit(flow, [1, 2, 3])).result())
    expect(runs).toEqual([1, 2, 2, 3])
  })
})
