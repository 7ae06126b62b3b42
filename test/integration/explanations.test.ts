import { defineTask } from 'taskwright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

const sleeping = defineTask({
  type: 'sleeping',
  kind: 'processing',
  input: z.object({ ms: z.number() }),
  timeout: '1h',
  run: async (task, { ms }) => {
    await task.sleep(ms)
  },
})

test('a queued task: what it lacks, who holds it, its place, and when it is expected to start', async () => {
  const { runtime, run, advance, environment } = await virtualWorld({ pools: { default: { slots: 1 } } })
  const begun = environment.clock.now()
  await run((await runtime.submit(sleeping, { ms: 400 })).result())
  const holder = await runtime.submit(sleeping, { ms: 400 })
  await advance(100)
  const first = await runtime.submit(sleeping, { ms: 400 })
  const second = await runtime.submit(sleeping, { ms: 400 }, { deadlineAt: begun + 36_000_000 })
  await advance(1)
  const explanation = runtime.explainTask(second.id)
  expect(explanation).toMatchObject({
    conditions: [
      { kind: 'resource', resource: 'slots', asked: 1, available: 0, holders: [{ taskId: holder.id, amount: 1 }] },
    ],
    place: { position: 2, of: 2 },
    expectedStart: {
      basis: 'after 1 in front of it and 1 that run, each for as long as was said, or as its type took',
    },
    timers: [{ what: 'deadline', at: begun + 36_000_000 }],
    leases: [],
  })
  await run(first.result())
  await run(second.result())
  const { startedAt } = second.view()
  // The median of what was measured: within 1 % of what it took.
  expect(Math.abs((explanation?.expectedStart?.at ?? 0) - (startedAt ?? 0))).toBeLessThan(10)
})

test('a start that is kept for it, as the scheduler keeps it', async () => {
  const big = defineTask({ type: 'big', kind: 'processing', input: z.null(), demand: { slots: 2 }, run: () => null })
  const { runtime, advance } = await virtualWorld({ pools: { default: { slots: 2 } } })
  await runtime.submit(sleeping, { ms: 400 }, { estimate: '400ms' })
  await advance(1)
  const { id } = await runtime.submit(big, null)
  await advance(1)
  const startAt = runtime.explain(id)?.reservation?.startAt
  expect(startAt).toBeTypeOf('number')
  expect(runtime.explainTask(id)?.expectedStart).toMatchObject({ at: startAt, basis: expect.stringContaining('keeps') })
})

test('a waiting task: each dependency, its start time, a pause; of all it is said that somebody must let it', async () => {
  const { runtime, advance, environment } = await virtualWorld()
  const other = await runtime.submit(sleeping, { ms: 400 })
  const startAt = environment.clock.now() + 50_000
  const waiting = await runtime.submit(sleeping, { ms: 1 }, { after: [other], startAt })
  await advance(1)
  expect(runtime.explainTask(waiting.id)).toMatchObject({
    conditions: [
      { kind: 'dependency', taskId: other.id, stage: 'executing' },
      { kind: 'startTime', at: startAt },
    ],
    expectedStart: { at: null, basis: expect.stringContaining('have completed') },
    timers: [{ what: 'start', at: startAt }],
  })
  await advance(400)
  expect(runtime.explainTask(waiting.id)?.expectedStart).toMatchObject({ at: startAt })
  waiting.pause()
  await advance(1)
  expect(runtime.explainTask(waiting.id)).toMatchObject({
    conditions: [{ kind: 'startTime' }, { kind: 'paused' }],
    expectedStart: { at: null, basis: 'it starts when somebody lets it' },
  })
})

test('a runtime that grants nothing, a back-off, a spent budget', async () => {
  const failing = defineTask({
    type: 'failing',
    kind: 'processing',
    input: z.null(),
    retry: { attempts: 2, backoff: '10s', jitter: false },
    run: () => Promise.reject(new Error('no')),
  })
  const dear = defineTask({ type: 'dear', kind: 'processing', input: z.null(), demand: { usd: 3 }, run: () => null })
  const { runtime, advance, run, environment } = await virtualWorld({
    pools: { default: { slots: 4, usd: { budget: 5 } } },
  })
  const { id } = await runtime.submit(failing, null)
  await advance(1)
  const at = environment.clock.now() - 1 + 10_000
  expect(runtime.explainTask(id)).toMatchObject({
    conditions: [{ kind: 'backoff', at }],
    timers: [{ what: 'backoff', at }],
    expectedStart: { at },
  })
  await run((await runtime.submit(dear, null)).result())
  const poor = await runtime.submit(dear, null)
  await advance(1)
  expect(runtime.explainTask(poor.id)).toMatchObject({
    conditions: [{ kind: 'resource', resource: 'usd', isForeseeable: false, holders: [] }],
    expectedStart: { at: null, basis: expect.stringContaining('budget') },
  })
  runtime.pause()
  await advance(1)
  expect(runtime.explainTask(poor.id)?.conditions).toContainEqual({ kind: 'runtime', state: 'paused' })
})

test('a task that executes: its lease, its timers, the question that it waits for; one that has ended: nothing', async () => {
  const asking = defineTask({
    type: 'asking',
    kind: 'processing',
    input: z.null(),
    timeout: '1m',
    heartbeat: '10s',
    run: (task) => task.ask(z.boolean(), 'go on?', { timeout: '5m' }),
  })
  const { runtime, run, advance, environment } = await virtualWorld({ pools: { default: { slots: 3 } } })
  const begun = environment.clock.now()
  const executing = await runtime.submit(sleeping, { ms: 5_000 })
  const handle = await runtime.submit(asking, null)
  await advance(1)
  expect(runtime.explainTask(executing.id)).toMatchObject({
    conditions: [],
    expectedStart: null,
    leases: [{ taskId: executing.id, demand: { slots: 1 } }],
    timers: [{ what: 'timeout', at: begun + 3_600_000 }],
  })
  // Time in which it waits for a person counts neither as running nor as silence.
  expect(runtime.explainTask(handle.id)).toMatchObject({
    conditions: [{ kind: 'answer', prompt: 'go on?' }],
    timers: [{ what: 'question', at: begun + 300_000 }],
  })
  expect(runtime.resourceLines()[0]?.holders).toMatchObject([
    { taskId: executing.id, endsAt: expect.any(Number) },
    // Nobody knows when somebody will answer.
    { taskId: handle.id, endsAt: null },
  ])
  await handle.answer(true)
  await run(handle.result())
  expect(runtime.explainTask(handle.id)).toEqual({
    conditions: [],
    place: null,
    expectedStart: null,
    timers: [],
    leases: [],
  })
  expect(runtime.explainTask('task_none')).toBeNull()
})

test('resources: who holds them, who waits for more than there is', async () => {
  const { runtime, advance } = await virtualWorld({ pools: { default: { slots: 1 }, spare: { gpus: 1 } } })
  const holder = await runtime.submit(sleeping, { ms: 400 })
  await advance(1)
  const waiting = await Promise.all(Array.from({ length: 150 }, () => runtime.submit(sleeping, { ms: 1 })))
  await advance(1)
  const [slots, gpus] = runtime.resourceLines()
  expect(slots).toMatchObject({ resource: 'slots', held: 1, holderCount: 1, waitingCount: 150 })
  expect(slots?.holders).toMatchObject([{ taskId: holder.id, amount: 1, endsAt: expect.any(Number) }])
  expect(slots?.waiting).toHaveLength(100)
  expect(slots?.waiting[0]).toEqual({ taskId: waiting[0]?.id, asked: 1 })
  expect(gpus).toMatchObject({ resource: 'gpus', holderCount: 0, waitingCount: 0 })
})

test('the queue: each place with its priority, age, share, and whether a start is kept for it', async () => {
  const { runtime, advance, environment } = await virtualWorld({ pools: { default: { slots: 1 } } })
  await runtime.submit(sleeping, { ms: 400 }, { principal: 'anna', estimate: 400 })
  await advance(1)
  const queuedAt = environment.clock.now()
  const [low, high] = await Promise.all([
    runtime.submit(sleeping, { ms: 1 }, { principal: 'anna', priority: 'low' }),
    runtime.submit(sleeping, { ms: 1 }, { principal: 'ben', priority: 'high' }),
  ])
  await advance(1)
  expect(runtime.queue()).toMatchObject([
    { taskId: high.id, type: 'sleeping', principal: 'ben', priority: 3, queuedAt, share: 0, isReserved: true },
    { taskId: low.id, principal: 'anna', priority: 1, queuedAt, share: 1, isReserved: false },
  ])
})
