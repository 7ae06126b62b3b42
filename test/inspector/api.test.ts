import { expect, it } from 'vitest'
import { z } from 'zod'
import { commandResultSchema } from '../../src/inspector/protocol.ts'
import { fold } from '../../src/inspector/view/fold.ts'
import { emptyView } from '../../src/inspector/view/runtime-view.ts'
import type { RuntimeEvent } from '../../src/model/events.ts'
import { command, sample, serveSample } from './served.ts'

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

async function carriedOut(inspector: Parameters<typeof command>[0], body: unknown) {
  const { status, answer } = await command(inspector, body)
  expect(status).toBe(200)
  return commandResultSchema.parse(answer)
}

it('cancels what it is told to, after it has said how many that are', async () => {
  const { runtime, inspector } = await serveSample({}, 1)
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => runtime.submit(sample, { what: 'wait' })))
  const queued = { action: 'cancel', tasks: { stages: ['queued'] }, why: 'not needed' }
  await until(() => runtime.stats().byStage.executing === 1)
  expect(await carriedOut(inspector, { ...queued, dryRun: true })).toEqual({ matched: 2, done: [], refused: [] })
  expect(runtime.stats().byStage.queued).toBe(2)
  const result = await carriedOut(inspector, queued)
  const changed = { stage: { from: 'queued', to: 'cancelled' } }
  expect(result.done).toEqual([two, three].map((handle) => ({ taskId: handle?.id, changed })))
  expect(await two?.outcome()).toMatchObject({ status: 'cancelled', failure: { message: 'not needed' } })
  expect(one?.view().stage).toBe('executing')
})

it('says of each task what could not be done', async () => {
  const { runtime, inspector } = await serveSample()
  const living = await runtime.submit(sample, { what: 'wait' })
  const result = await carriedOut(inspector, { action: 'retry', tasks: { ids: [living.id, 'task_none', living.id] } })
  expect(result).toMatchObject({ matched: 0, done: [] })
  expect(result.refused.map(({ taskId, code }) => [taskId, code])).toEqual([
    [living.id, 'TASK_UNFINISHED'],
    ['task_none', 'UNKNOWN_TASK'],
  ])
})

it('runs a task that failed once more, as a new one', async () => {
  const { runtime, inspector } = await serveSample()
  const failed = await runtime.submit(sample, { what: 'fail' })
  await failed.outcome()
  const { done } = await carriedOut(inspector, { action: 'retry', tasks: { ids: [failed.id] } })
  const again = runtime.get(done[0]?.newTaskId ?? '')
  expect(again?.id).not.toBe(failed.id)
  expect(await again?.outcome()).toMatchObject({ status: 'failed' })
  expect(again?.view()).toMatchObject({
    type: 'sample',
    principal: failed.view().principal,
    demand: failed.view().demand,
  })
})

it('answers a question, and refuses an answer that does not fit', async () => {
  const { runtime, inspector, call } = await serveSample()
  const asking = await runtime.submit(sample, { what: 'ask' })
  await until(() => runtime.questions().length === 1)
  const questions = z.array(z.object({ id: z.string() })).parse(await (await call('/api/v1/questions')).json())
  const answer = { action: 'answer', taskId: asking.id, questionId: questions[0]?.id }
  expect(await carriedOut(inspector, { ...answer, answer: 'perhaps' })).toMatchObject({
    done: [],
    refused: [{ taskId: asking.id, code: 'ANSWER_INVALID' }],
  })
  await carriedOut(inspector, { ...answer, answer: true })
  expect(await asking.result()).toBe('it said true')
})

it('pauses and resumes one task and all, changes a priority and a capacity, drains', async () => {
  const { runtime, inspector } = await serveSample({}, 1)
  const first = await runtime.submit(sample, { what: 'wait' })
  const waiting = await runtime.submit(sample, { what: 'end' })
  const tasks = { ids: [waiting.id] }
  await carriedOut(inspector, { action: 'pause', tasks })
  await until(() => waiting.view().stage === 'waiting')
  await carriedOut(inspector, { action: 'reprioritise', tasks, priority: 'critical' })
  await until(() => waiting.view().priority === 4)
  await carriedOut(inspector, { action: 'pauseAll' })
  await until(() => runtime.state === 'paused')
  await carriedOut(inspector, { action: 'resize', resource: 'slots', capacity: 2 })
  expect(runtime.resources()[0]?.capacity).toBe(2)
  await carriedOut(inspector, { action: 'resumeAll' })
  await carriedOut(inspector, { action: 'resume', tasks })
  expect(await waiting.result()).toBe('end')
  await carriedOut(inspector, { action: 'drain' })
  await until(() => runtime.state === 'draining')
  expect(await carriedOut(inspector, { action: 'resize', resource: 'unheard of', capacity: 1 })).toMatchObject({
    refused: [{ code: 'POOL_UNKNOWN' }],
  })
  void first.cancel()
})

const actionsOf = (events: Iterable<RuntimeEvent>) =>
  [...events].flatMap((event) => (event.type === 'operator.action' ? [event] : []))

it('writes into the event log who did what, to what, why, and what changed by it', async () => {
  const { runtime, inspector } = await serveSample({}, 1)
  const [running, waiting] = await Promise.all([1, 2].map(() => runtime.submit(sample, { what: 'wait' })))
  await until(() => runtime.stats().byStage.executing === 1)
  const tasks = { ids: [waiting?.id] }
  await carriedOut(inspector, { action: 'reprioritise', tasks, priority: 'high', why: 'the customer waits' })
  await carriedOut(inspector, { action: 'pause', tasks, dryRun: true, why: 'only asked' })
  await carriedOut(inspector, { action: 'resize', resource: 'slots', capacity: 3, why: 'more of them' })
  await carriedOut(inspector, { action: 'pauseType', taskType: 'sample' })
  await carriedOut(inspector, { action: 'pauseAll' })
  await carriedOut(inspector, { action: 'pauseAll' })
  await carriedOut(inspector, { action: 'cancel', tasks: { ids: [running?.id, 'task_none'] }, why: 'too late' })
  const by = 'host'
  expect(actionsOf(runtime.journal())).toMatchObject([
    {
      by,
      action: 'reprioritise',
      taskId: waiting?.id,
      why: 'the customer waits',
      changed: { priority: { from: 2, to: 3 } },
    },
    {
      by,
      action: 'resize',
      taskId: null,
      subject: 'slots',
      why: 'more of them',
      changed: { capacity: { from: 1, to: 3 } },
    },
    { by, action: 'pauseType', subject: 'sample', why: '', changed: { paused: { from: false, to: true } } },
    { by, action: 'pauseAll', subject: null, changed: { state: { from: 'running', to: 'paused' } } },
    { by, action: 'pauseAll', changed: {} },
    {
      by,
      action: 'cancel',
      taskId: running?.id,
      why: 'too late',
      changed: { stage: { from: 'executing', to: 'cancelled' } },
    },
  ])
})

it('pauses a type, with those of it that are still to come, and says so of each', async () => {
  const { runtime, inspector, call } = await serveSample()
  expect(await carriedOut(inspector, { action: 'pauseType', taskType: 'sample' })).toMatchObject({
    done: [{ changed: { paused: { from: false, to: true } } }],
  })
  const { id } = await runtime.submit(sample, { what: 'end' })
  await until(() => runtime.stats().byStage.queued === 1)
  expect(await (await call(`/api/v1/tasks/${id}`)).json()).toMatchObject({
    explanation: { conditions: [{ kind: 'typePaused', type: 'sample' }], expectedStart: { at: null } },
  })
  await carriedOut(inspector, { action: 'resumeType', taskType: 'sample' })
  expect(await runtime.get(id)?.result()).toBe('end')
  expect(await carriedOut(inspector, { action: 'pauseType', taskType: 'unheard of' })).toMatchObject({
    refused: [{ code: 'UNKNOWN_TYPE' }],
  })
})

it('refuses what makes no sense for a task as it is, before it counts and after', async () => {
  const { runtime, inspector } = await serveSample()
  const ended = await runtime.submit(sample, { what: 'end' })
  await ended.outcome()
  const pause = { action: 'pause', tasks: { ids: [ended.id] } }
  const refused = [{ taskId: ended.id, code: 'TASK_ENDED', message: `${ended.id} has ended: it is completed` }]
  expect(await carriedOut(inspector, { ...pause, dryRun: true })).toEqual({ matched: 0, done: [], refused })
  expect(await carriedOut(inspector, pause)).toEqual({ matched: 0, done: [], refused })
})

it('does the same to many, a few at a time, and answers for each', async () => {
  const { runtime, inspector } = await serveSample({}, 1)
  const handles = await Promise.all(Array.from({ length: 500 }, () => runtime.submit(sample, { what: 'wait' })))
  const result = await carriedOut(inspector, { action: 'cancel', tasks: { types: ['sample'] } })
  expect(result.done.length).toBe(500)
  expect(
    (await Promise.all(handles.map((handle) => handle.outcome()))).every(({ status }) => status === 'cancelled'),
  ).toBe(true)
})

it('tells the host of each command, and of no count', async () => {
  const notes: string[] = []
  const { inspector } = await serveSample({ onCommand: ({ command: { action } }) => notes.push(action) })
  await carriedOut(inspector, { action: 'cancel', tasks: { types: ['sample'] }, dryRun: true })
  await carriedOut(inspector, { action: 'cancel', tasks: { types: ['sample'] } })
  await carriedOut(inspector, { action: 'drain' })
  expect(notes).toEqual(['cancel', 'drain'])
})

it('says why a task waits, and in which order they go', async () => {
  const { runtime, call } = await serveSample({}, 1)
  const running = await runtime.submit(sample, { what: 'wait' })
  const waiting = await runtime.submit(sample, { what: 'wait' })
  await until(() => runtime.stats().byStage.executing === 1)
  const detail: unknown = await (await call(`/api/v1/tasks/${waiting.id}`)).json()
  expect(detail).toMatchObject({
    row: { stage: 'queued' },
    wait: { position: 1, unmet: [{ resource: 'slots', asked: 1, available: 0, holders: [running.id] }] },
  })
  const queue: unknown = await (await call('/api/v1/queue')).json()
  expect(queue).toMatchObject([{ taskId: waiting.id, reason: expect.stringContaining('slots') }])
  expect((await call('/api/v1/tasks/task_none')).status).toBe(404)
  expect((await call('/api/v1/tasks?stage=burning')).status).toBe(400)
})

it('answers every path of its own description', async () => {
  const { call, runtime } = await serveSample()
  const { id } = await runtime.submit(sample, { what: 'wait' })
  const described = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(await (await call('/openapi.json')).json())
  for (const [path, methods] of Object.entries(described.paths)) {
    if (!('get' in methods) || JSON.stringify(methods['get']).includes('text/event-stream')) continue
    const response = await call(path.replace('machines/{id}', 'machines/task').replace('{id}', id))
    expect([path, response.status]).toEqual([path, 200])
    if (path === '/metrics') expect(await response.text()).toContain('taskwright_tasks{stage="executing"} 1')
    else await response.json()
  }
  expect(Object.keys(described.paths)).toContain('/api/v1/commands')
})

/** Frames of a stream, as they come. */
async function* framesOf(response: Response) {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true })
    const frames = rest.split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? ''
      const data: unknown = JSON.parse(field('data'))
      yield { id: field('id'), event: field('event'), data }
    }
  }
}

const isEvents = (data: unknown): data is RuntimeEvent[] => Array.isArray(data)

it('streams everything that happened and happens; a client that comes back gets what it has missed', async () => {
  const { call, runtime } = await serveSample()
  const early = await runtime.submit(sample, { what: 'end' })
  await early.result()
  const view = emptyView()
  let last = ''
  let late: string | null = null
  for await (const { id, event, data } of framesOf(await call('/api/v1/stream'))) {
    if (!isEvents(data)) expect(['hello', 'tick']).toContain(event)
    else for (const one of data) fold(view, one)
    last = id || last
    if (late === null && view.tasks.get(early.id)?.stage === 'completed')
      late = (await runtime.submit(sample, { what: 'end' })).id
    if (late !== null && view.tasks.get(late)?.stage === 'completed') break
  }
  const missed = await runtime.submit(sample, { what: 'end' })
  await missed.result()
  for await (const { event, data } of framesOf(await call('/api/v1/stream', { headers: { 'last-event-id': last } }))) {
    expect(['events', 'tick']).toContain(event)
    if (isEvents(data)) for (const one of data) fold(view, one)
    if (view.tasks.get(missed.id)?.stage === 'completed') break
  }
  expect(view.tasks.size).toBe(3)
})

it('begins anew with a client that has missed more than is kept', async () => {
  const { call, runtime } = await serveSample({ keepEvents: 1_000 })
  for (let round = 0; round < 1_200; round += 1) await (await runtime.submit(sample, { what: 'end' })).result()
  const frames = framesOf(await call('/api/v1/stream', { headers: { 'last-event-id': '5' } }))
  const first = await frames.next()
  expect(first.value).toMatchObject({ event: 'hello', data: { dropped: expect.any(Number) } })
  const { dropped } = z.object({ data: z.object({ dropped: z.number() }) }).parse(first.value).data
  expect(dropped).toBeGreaterThan(1_000)
  await frames.return(undefined)
})

it('begins anew with a client that comes from another run, wherever that had come to', async () => {
  const [before, after] = [await serveSample(), await serveSample()]
  for (const { runtime } of [before, before, after, after, after])
    await (await runtime.submit(sample, { what: 'end' })).result()
  let place = ''
  for await (const { id } of framesOf(await before.call('/api/v1/stream'))) {
    place = id
    if (place) break
  }
  const frames = framesOf(await after.call(`/api/v1/stream?after=${place}`))
  expect((await frames.next()).value).toMatchObject({ event: 'hello' })
  await frames.return(undefined)
})

it('says how the resources stand, however much happens meanwhile', async () => {
  const { call, runtime } = await serveSample()
  let isOver = false
  const busy = (async () => {
    while (!isOver) await (await runtime.submit(sample, { what: 'end' })).result()
  })()
  const seen = new Set<string>()
  for await (const { event } of framesOf(await call('/api/v1/stream'))) {
    seen.add(event)
    if (seen.has('tick') && seen.has('events')) break
  }
  isOver = true
  await busy
})

it('closes while somebody reads, and leaves nothing behind', async () => {
  const { call, inspector } = await serveSample()
  const frames = framesOf(await call('/api/v1/stream'))
  await frames.next()
  await inspector.close()
  await expect(fetch(inspector.url)).rejects.toThrow()
})
