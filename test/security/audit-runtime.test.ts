import { DatabaseSync } from 'node:sqlite'
import type { AuditStore, JournalRecord, Store } from 'taskwright'
import { caslPolicy, createRuntime, defineTask, MemoryStore } from 'taskwright'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { lineOf } from '../../src/store/record-line.ts'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { AuditFolder, audit, auditedStore } from './audited-store.ts'
import { ada, asking, deploy, operator, policy, work } from './two-agents.ts'

const folder = new AuditFolder()

afterAll(() => folder.remove())

/** Keeps in memory, and makes nothing durable while it is held. */
class HeldStore implements Store {
  readonly isVolatile = false
  readonly kept = new MemoryStore()
  readonly #pending: (() => void)[] = []
  readonly audit: AuditStore = {
    append: (line) => void this.#pending.push(() => this.kept.audit.append(line)),
    checkpoint: (checkpoint) => void this.#pending.push(() => this.kept.audit.checkpoint(checkpoint)),
    end: () => this.kept.audit.end(),
  }
  isHeld = false

  append(record: JournalRecord): void {
    this.#pending.push(() => this.kept.append(record))
  }

  async flush(): Promise<void> {
    if (this.isHeld) throw new Error('the store is held')
    for (const keep of this.#pending.splice(0)) keep()
  }

  load() {
    return this.kept.load()
  }

  forget(taskIds: readonly string[]): void {
    this.#pending.push(() => this.kept.forget(taskIds))
  }

  close(): Promise<void> {
    return this.flush().catch(() => undefined)
  }
}

function said(store: MemoryStore) {
  return store.auditLines.map(({ line }) => JSON.parse(line))
}

test('what cannot be recorded does not happen, and happens once it can be', async () => {
  const store = new HeldStore()
  const world = await virtualWorld({ store, tasks: [work, asking], policy, audit: true })
  const { runtime, advance } = world
  const face = runtime.as(operator)
  const handle = await world.run(runtime.as(ada).submit(work, { ms: 100_000 }))
  const question = await world.run(runtime.as(ada).submit(asking, null))
  await advance(10)
  expect(handle.view().stage).toBe('executing')
  store.isHeld = true
  const before = store.kept.auditLines.length
  const seen = face.get(handle.id)
  void seen?.cancel()
  const answered = face.get(question.id)?.answer('yes')
  const resized = face.resize('slots', 3)
  face.pause()
  let submitted = false
  void runtime
    .as(ada)
    .submit(work, {})
    .then(
      () => {
        submitted = true
      },
      () => undefined,
    )
  await advance(2_000)
  expect(handle.view()).toMatchObject({ stage: 'executing', activity: 'running' })
  expect(question.view().stage).toBe('executing')
  expect(runtime.as(operator).resources()[0]?.capacity).toBe(32)
  expect(runtime.state).not.toBe('paused')
  expect(submitted).toBe(false)
  expect(store.kept.auditLines).toHaveLength(before)
  store.isHeld = false
  await advance(20_000)
  expect(handle.view().stage).toBe('cancelled')
  expect(question.view().stage).toBe('completed')
  expect(runtime.as(operator).resources()[0]?.capacity).toBe(3)
  await Promise.all([answered, resized])
  const actions = said(store.kept)
    .slice(before)
    .map(({ by, action, outcome }) => `${by.id} ${action} ${outcome}`)
  expect(actions).toEqual(
    expect.arrayContaining(['olga cancel allowed', 'olga answer allowed', 'olga resize allowed', 'olga pause allowed']),
  )
})

test('a runtime that stops before an action is on record refuses it', async () => {
  const store = new HeldStore()
  const { runtime, run, advance } = await virtualWorld({ store, tasks: [work], policy, audit: true })
  store.isHeld = true
  const resized = runtime.as(operator).resize('slots', 3)
  resized.catch(() => undefined)
  await advance(1)
  await run(runtime.stop({ grace: 0 }))
  await expect(resized).rejects.toMatchObject({ code: 'RUNTIME_STOPPED' })
})

test('a record and its entry are in one transaction: neither without the other', async () => {
  const path = folder.file('one.db')
  await auditedStore(path, { tasks: 1 })
  const database = new DatabaseSync(path)
  database.exec("CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
  database.close()
  const file = await SqliteFile.open(path)
  const seq = file.lastSeq + 1
  const event = { seq, at: 1, type: 'supervisor.state', state: 'running' } as const
  const rows = [{ seq, taskId: null, line: lineOf({ event, payload: null }) }]
  const line = { seq: 99, taskId: null, line: '{}', hash: '' }
  expect(() => file.commit({ rows, forgotten: [], audit: { lines: [line], checkpoints: [] } })).toThrow('no')
  expect(file.lastSeq).toBe(seq - 1)
  expect(file.read(seq - 1, 10)).toEqual([])
  file.close()
})

test('the chain goes on over restarts, with and without a checkpoint in between', async () => {
  const path = folder.file('restarts.db')
  for (const every of [1_000, 3, 1_000]) await auditedStore(path, { tasks: 2, every })
  const { code, out } = await audit('verify', path, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out[0] ?? '').entries).toBe(30)
})

test('refusals of every kind are in the log, with what was refused and why', async () => {
  const store = new MemoryStore()
  const quotas = { queued: 1, submissions: { rate: 3, per: 'hour' as const } }
  const { runtime, run } = await virtualWorld({ store, tasks: [work, deploy], policy, quotas, audit: true })
  const face = runtime.as(ada)
  runtime.as(operator).pause()
  await face.submit(work, {})
  await expect(face.submit(work, {})).rejects.toThrow('quota queued')
  await expect(face.submit(deploy, null)).rejects.toThrow('no deploys')
  await expect(face.submit(work, {})).rejects.toThrow('quota submissions')
  expect(() => face.pause()).toThrow()
  expect(() => face.as('olga')).toThrow()
  await expect(runtime.authenticate('x')).rejects.toThrow()
  runtime.as(operator).govern(caslPolicy(() => [{ name: 'all', action: 'manage', subject: 'all' }], 'open house'))
  await run(runtime.stop())
  const denied = said(store).filter(({ outcome }) => outcome === 'denied')
  expect(denied.map(({ by, action, on, rule }) => [by.id, action, on.kind, rule])).toEqual([
    ['ada', 'submit', 'task', expect.stringContaining('quota queued')],
    ['ada', 'submit', 'task', 'no deploys'],
    ['ada', 'submit', 'runtime', expect.stringContaining('quota submissions')],
    ['ada', 'pause', 'runtime', 'no rule allows it'],
    ['ada', 'delegate', 'principal', 'no rule allows it'],
    ['unknown', 'authenticate', 'runtime', expect.stringContaining('takes no tokens')],
  ])
  expect(said(store)).toContainEqual(
    expect.objectContaining({ action: 'configure', details: { policy: 'open house', before: 'two agents' } }),
  )
})

test('who is refused over and over does not fill the log', async () => {
  const store = new MemoryStore()
  const { runtime, run, advance } = await virtualWorld({ store, tasks: [deploy], policy, audit: true })
  for (let count = 0; count < 500; count += 1)
    await runtime
      .as(ada)
      .submit(deploy, null)
      .catch(() => undefined)
  await advance(61_000)
  await runtime
    .as(ada)
    .submit(deploy, null)
    .catch(() => undefined)
  await run(runtime.stop())
  const denied = said(store).filter(({ outcome }) => outcome === 'denied')
  expect(denied).toHaveLength(102)
  expect(denied.filter(({ action }) => action === 'several')).toMatchObject([
    { by: { id: 'ada' }, details: { count: 400 } },
  ])
})

test('on whose behalf somebody acts is in the log; secrets are not', async () => {
  const store = new MemoryStore()
  const parent = defineTask({
    type: 'parent',
    kind: 'control',
    input: z.null(),
    demand: {},
    run: async (task) => (await task.submit(work, {}, { principal: { id: 'olga', kind: 'person' } })).result(),
  })
  const open = caslPolicy(() => [{ name: 'all', action: 'manage', subject: 'all' }])
  const { runtime, run } = await virtualWorld({ store, tasks: [work, parent], policy: open, audit: true })
  const handle = await run(runtime.as(ada).submit(parent, null))
  await run(handle.outcome())
  const other = await run(runtime.as(ada).submit(work, { ms: 1_000 }))
  await run(other.cancel('because password=hunter22'))
  const submitted = said(store).find(({ action, by }) => action === 'submit' && by.id === 'olga')
  expect(submitted).toMatchObject({
    by: { kind: 'person', within: [{ id: 'ada', tenant: 'acme' }] },
    on: { parent: handle.id },
  })
  expect(said(store).find(({ action }) => action === 'cancel')).toMatchObject({
    details: { reason: 'because password=[redacted]' },
  })
  expect(JSON.stringify(said(store))).not.toContain('hunter22')
})

test('what has no canonical form is recorded all the same', async () => {
  const store = new MemoryStore()
  const { runtime, run } = await virtualWorld({ store, tasks: [work], audit: true })
  await expect(run(runtime.resize('slots', Number.NaN))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  await run((await run(runtime.as('half \ud800').submit(work, {}))).outcome())
  expect(said(store)).toContainEqual(expect.objectContaining({ action: 'resize', details: { capacity: 'NaN' } }))
  expect(said(store)).toContainEqual(
    expect.objectContaining({ action: 'submit', by: { id: 'half \ufffd', kind: 'agent' } }),
  )
})

test('a store that keeps no audit log is refused', async () => {
  await expect(createRuntime({ audit: true })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
})
