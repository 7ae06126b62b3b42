import { generateKeyPairSync } from 'node:crypto'
import { exportJWK } from 'jose'
import { pino } from 'pino'
import type { PrincipalInput } from 'taskwright'
import { createRuntime, createSystemEnvironment, createVirtualEnvironment, issueToken, MemoryStore } from 'taskwright'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { InspectorOptions } from '../../src/inspector/index.ts'
import { serveInspector } from '../../src/inspector/index.ts'
import { viewOf } from '../../src/inspector/view/runtime-view.ts'
import { principalSchema } from '../../src/model/principal.ts'
import { ada, asking, bob, deploy, eve, operator, policy, work } from '../security/two-agents.ts'

const keys = generateKeyPairSync('ed25519')
const issuer = 'https://id.test'
const audience = 'inspector-test'
const host = { id: 'host', kind: 'system', weight: 1 } as const
const shown = 'the-token-of-the-operator'

async function governed(options: InspectorOptions = {}, environment = createSystemEnvironment()) {
  const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'EdDSA' }
  const store = new MemoryStore()
  const runtime = await createRuntime({
    tasks: [work, deploy, asking],
    policy,
    store,
    environment,
    audit: true,
    principal: host,
    tokens: { issuer, audience, keys: { keys: [jwk] } },
    logger: pino({ level: 'silent' }),
  })
  const inspector = await serveInspector(runtime, { token: shown, ...options })
  onTestFinished(async () => {
    await inspector.close()
    await runtime.stop({ grace: 100, unfinished: 'cancel' })
  })
  const call = async (path: string, token: string | null, init: { method?: string; body?: string } = {}) => {
    const headers = new Headers({ 'content-type': 'application/json' })
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    return fetch(new URL(path, inspector.url), { headers, ...init })
  }
  return {
    runtime,
    call,
    read: async (path: string, token: string | null) => (await call(`/api/v1/${path}`, token)).json(),
    order: async (token: string, body: unknown) => {
      const response = await call('/api/v1/commands', token, { method: 'POST', body: JSON.stringify(body) })
      const answer: unknown = await response.json()
      return { status: response.status, answer }
    },
    audited: () => store.auditLines.map(({ line }) => z.looseObject({}).parse(JSON.parse(line))),
  }
}

function tokenOf(who: PrincipalInput, livesMs = 60_000, at = Date.now()): Promise<string> {
  const principal = principalSchema.parse(who)
  return issueToken({ principal, issuer, audience, key: keys.privateKey, issuedAt: at, expiresAt: at + livesMs })
}

const ids = (rows: unknown) =>
  z
    .array(z.object({ id: z.string() }))
    .parse(rows)
    .map(({ id }) => id)

it('with a policy, shows nothing to who does not say who it is, and lets nobody in by another token', async () => {
  const { call } = await governed()
  expect((await call('/metrics', null)).status).toBe(401)
  for (const path of ['stream', 'tasks', 'tasks/task_1', 'queue', 'questions', 'resources', 'stats', 'caller'])
    for (const token of [null, 'another-token-of-somebody', await tokenOf(ada, 1_000, Date.now() - 5_000)])
      expect([path, (await call(`/api/v1/${path}`, token)).status]).toEqual([path, 401])
  expect((await call('/openapi.json', null)).status).toBe(200)
})

it('shows each caller what it may read: in lists, details, the queue, questions, figures', async () => {
  const { runtime, read, call } = await governed()
  const [ofAda, ofEve] = [await runtime.as(ada).submit(asking, null), await runtime.as(eve).submit(asking, null)]
  await runtime.resize('slots', 2)
  while (runtime.questions().length < 2) await new Promise((resolve) => setImmediate(resolve))
  const waiting = await runtime.as(eve).submit(work, {})
  const [byAda, byEve] = [await tokenOf(ada), await tokenOf(eve)]
  expect(ids(await read('tasks', byAda))).toEqual([ofAda.id])
  expect(ids(await read('tasks', byEve))).toEqual([ofEve.id, waiting.id])
  expect(ids(await read('tasks', shown))).toEqual([ofAda.id, ofEve.id, waiting.id])
  expect((await call(`/api/v1/tasks/${ofEve.id}`, byAda)).status).toBe(404)
  expect(await read(`tasks/${ofAda.id}`, byAda)).toMatchObject({ row: { id: ofAda.id } })
  expect(await read('questions', byAda)).toMatchObject([{ taskId: ofAda.id }])
  expect(await read('questions', byAda)).toHaveLength(1)
  expect(await read('queue', byAda)).toEqual([])
  expect(await read('queue', byEve)).toMatchObject([{ taskId: waiting.id }])
  expect(await read('stats', byAda)).toMatchObject({ byStage: { executing: 1, queued: 0 } })
  expect(await (await call('/metrics', byAda)).text()).toContain('taskwright_tasks{stage="executing"} 1')
  expect(await (await call('/metrics', shown)).text()).toContain('taskwright_tasks{stage="executing"} 2')
  expect(await read('caller', byAda)).toMatchObject({ principal: ada })
})

/** The frames of a stream until `isEnough` of their texts. */
async function framesOf(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (reader && !isEnough(text)) {
    const { value, done } = await reader.read()
    if (done) return text
    text += value
  }
  await reader?.cancel()
  return text
}

it('streams to each caller the events that it may see, and the view before them', async () => {
  const { runtime, call } = await governed({ keepEvents: 1_000 })
  // More than is kept, so that there is a view before them.
  for (let count = 0; count < 1_200; count += 1) await runtime.as(count % 2 === 0 ? ada : eve).submit(work, {})
  await runtime.idle()
  const last = await runtime.as(ada).submit(work, {})
  await runtime.idle()
  const text = await framesOf(
    await call('/api/v1/stream', await tokenOf(ada)),
    (sofar) => sofar.includes(`"${last.id}"`) && sofar.includes('task.completed'),
  )
  expect(text).not.toContain('"eve"')
  const hello = /event: hello\ndata: (.*)\n/.exec(text)?.[1] ?? ''
  const { base, lastSeq } = JSON.parse(hello)
  const view = viewOf(base)
  expect(view.tasks.size).toBeGreaterThan(0)
  expect(Object.values(view.byStage).reduce((sum, count) => sum + count)).toBe(view.tasks.size)
  expect([...view.tasks.values()].map(({ principal }) => principal)).not.toContain('eve')
  const whole = await framesOf(await call('/api/v1/stream', shown), (sofar) => sofar.includes(`"${last.id}"`))
  expect(whole).toContain('"eve"')
  const events = [...text.matchAll(/event: events\ndata: (.*)\n/g)].flatMap(([, data]) => JSON.parse(data ?? '[]'))
  expect(events.at(-1)?.seq).toBe(lastSeq)
  const seen = new Set(events.map(({ taskId }) => taskId))
  for (const { id, principal } of runtime.list()) if (principal === 'eve') expect(seen).not.toContain(id)
})

it('shows the actors, what they say, and their charts to who may inspect them', async () => {
  const { runtime, call } = await governed()
  const { id } = await runtime.as(ada).submit(asking, null)
  const byAda = await tokenOf(ada)
  const paths = ['actors', 'messages', `messages?task=${id}`, 'supervisor/chart-events', `tasks/${id}/chart-events`]
  for (const path of paths) {
    expect([path, (await call(`/api/v1/${path}`, null)).status]).toEqual([path, 401])
    const refused = await call(`/api/v1/${path}`, byAda)
    expect([path, refused.status, await refused.text()]).toEqual([
      path,
      403,
      expect.stringContaining('may not inspect'),
    ])
    const shownTo = await call(`/api/v1/${path}`, shown)
    expect([path, shownTo.status]).toEqual([path, 200])
    await shownTo.body?.cancel()
  }
  expect((await call(`/api/v1/tasks/${id}/chart-events`, await tokenOf(eve))).status).toBe(404)
  expect(await (await call('/api/v1/machines', byAda)).json()).toMatchObject([{ id: 'task' }, { id: 'supervisor' }])
})

it('ends the stream of a token with the token', async () => {
  const environment = createVirtualEnvironment()
  const { call } = await governed({}, environment)
  const response = await call('/api/v1/stream', await tokenOf(ada, 60_000, environment.clock.now()))
  const reader = response.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('event: hello')
  await environment.clock.advance(60_000)
  // Until it says that there is no more.
  while (!(await reader?.read())?.done);
})

it('does for each caller what it may do, and says 403 and by which rule it may not', async () => {
  const { runtime, order } = await governed()
  const { id } = await runtime.as(ada).submit(asking, null)
  const tasks = { ids: [id] }
  expect(await order(await tokenOf(bob), { action: 'cancel', tasks, why: 'in my way' })).toMatchObject({
    status: 403,
    answer: { code: 'FORBIDDEN', message: `agent bob of acme may not cancel task ${id} (asking): no rule allows it` },
  })
  expect(await order(await tokenOf(bob), { action: 'drain' })).toMatchObject({
    status: 403,
    answer: { message: 'agent bob of acme may not drain the runtime: no rule allows it' },
  })
  for (const action of ['pause', 'resume'])
    expect((await order(await tokenOf(ada), { action, tasks })).status).toBe(403)
  // What it may not see is unknown to it.
  expect(await order(await tokenOf(eve), { action: 'cancel', tasks })).toMatchObject({
    status: 200,
    answer: { done: [], refused: [{ code: 'UNKNOWN_TASK' }] },
  })
  const urgent = { action: 'reprioritise', tasks, priority: 'critical' }
  expect(await order(await tokenOf(ada), urgent)).toMatchObject({ status: 403, answer: { code: 'FORBIDDEN' } })
  expect(runtime.get(id)?.view().outcome).toBeNull()
  expect(await order(await tokenOf(ada), { action: 'cancel', tasks })).toMatchObject({ status: 200 })
  expect(await runtime.get(id)?.outcome()).toMatchObject({ status: 'cancelled' })
})

it('what may be done to some of the tasks is done to them', async () => {
  const { runtime, order } = await governed()
  const [own, other] = [await runtime.as(bob).submit(asking, null), await runtime.as(ada).submit(asking, null)]
  const answer = await order(await tokenOf(bob), { action: 'cancel', tasks: { types: ['asking'] } })
  expect(answer).toMatchObject({
    status: 200,
    answer: { matched: 2, done: [{ taskId: own.id }], refused: [{ taskId: other.id, code: 'FORBIDDEN' }] },
  })
})

it('writes down who did what, and why; and whom it refused', async () => {
  const notes: unknown[] = []
  const { runtime, order, call, audited } = await governed({
    operator,
    onCommand: ({ by, command }) => notes.push([by.id, command.action]),
  })
  const { id } = await runtime.as(ada).submit(asking, null)
  const tasks = { ids: [id] }
  await order(shown, { action: 'pauseAll', why: 'deploying' })
  await order(shown, { action: 'resumeAll' })
  await order(await tokenOf(bob), { action: 'cancel', tasks, why: 'token=hunter2hunter2' })
  await order(shown, { action: 'cancel', tasks, why: 'a mistake' })
  await runtime.get(id)?.outcome()
  await order(shown, { action: 'retry', tasks, why: 'no mistake' })
  await call('/api/v1/tasks', 'who-knows-what-this-is')
  const log = audited()
  const olga = { by: { id: 'olga', kind: 'person' }, outcome: 'allowed' }
  expect(log).toContainEqual(expect.objectContaining({ ...olga, action: 'pause', details: { why: 'deploying' } }))
  expect(log).toContainEqual(
    expect.objectContaining({ ...olga, action: 'cancel', details: { reason: 'a mistake', why: 'a mistake' } }),
  )
  expect(log).toContainEqual(expect.objectContaining({ ...olga, action: 'retry', details: { why: 'no mistake' } }))
  expect(log).toContainEqual(
    expect.objectContaining({ by: { id: 'bob', kind: 'agent', tenant: 'acme' }, action: 'cancel', outcome: 'denied' }),
  )
  expect(log).toContainEqual(expect.objectContaining({ action: 'authenticate', outcome: 'denied' }))
  const paused = { action: 'pauseAll', why: 'deploying', changed: { state: { from: 'running', to: 'paused' } } }
  expect(log).toContainEqual(
    expect.objectContaining({ by: olga.by, action: 'intervene', details: { ...paused, subject: null } }),
  )
  expect(JSON.stringify(log)).not.toContain('hunter2')
  expect(notes).toEqual([
    ['olga', 'pauseAll'],
    ['olga', 'resumeAll'],
    ['bob', 'cancel'],
    ['olga', 'cancel'],
    ['olga', 'retry'],
  ])
  // What is tried again acts for whom it did, and not for who tries it again.
  expect(runtime.list({ principal: 'ada' })).toHaveLength(2)
})
