import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskEvent } from 'taskwright'
import { expect, test } from 'vitest'
import { agents } from '../../../examples/repo-audit/agents.ts'
import { createAuditRuntime } from '../../../examples/repo-audit/audit-runtime.ts'
import { scratchFolder } from './scratch-folder.ts'

/** An audit of 40 files, published with nobody to ask, and what happened to its tasks. */
async function auditFolder() {
  const path = scratchFolder(
    Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}.ts`, 'if (1) {}\n'])),
  )
  const expected = new Map<string, number>()
  const directory = scratchFolder()
  const { runtime, audit } = await createAuditRuntime({
    directory,
    store: { form: 'memory' },
    slots: 3,
    approval: 'unattended',
    startedAt: 0,
    board: {
      expect: (agent, more) => expected.set(agent, (expected.get(agent) ?? 0) + more),
      say: () => undefined,
      concluded: () => undefined,
    },
  })
  const events: TaskEvent[] = []
  let mostSlots = 0
  runtime.on('task.*', (event) => {
    events.push(event)
    mostSlots = Math.max(mostSlots, runtime.resources().find(({ resource }) => resource === 'slots')?.held ?? 0)
  })
  const handle = await runtime.submit(audit, { roots: [{ path, label: '' }], directory }, { principal: agents.editor })
  await handle.result()
  const views = runtime.list()
  const held = runtime.resources().filter(({ form }) => form === 'reusable')
  await runtime.stop()
  return { events, expected, views, held, mostSlots }
}

test('four agents submit tasks of all four kinds, as many as they say', async () => {
  const { events, expected } = await auditFolder()
  const created = events.filter((event) => event.type === 'task.created')
  expect(new Set(created.map(({ kind }) => kind))).toEqual(
    new Set(['processing', 'analysis', 'integration', 'control']),
  )
  const byAgent = Map.groupBy(created, ({ principal }) => principal)
  expect(new Map([...byAgent].map(([agent, tasks]) => [agent, tasks.length]))).toEqual(expected)
  expect([...byAgent.keys()].sort()).toEqual(Object.keys(agents).sort())
  expect(created.length).toBeGreaterThan(80)
})

test('a batch is measured and vetted only after it has been read', async () => {
  const { views } = await auditFolder()
  const batches = Map.groupBy(
    views.filter(({ labels }) => labels['batch'] !== undefined),
    ({ labels }) => labels['batch'],
  )
  expect(batches.size).toBe(10)
  for (const tasks of batches.values()) {
    const read = tasks.find(({ type }) => type === 'read')
    for (const type of ['measure', 'vet']) {
      const started = tasks.find((task) => task.type === type)?.startedAt
      expect(started).toBeGreaterThanOrEqual(read?.endedAt ?? Number.NaN)
    }
  }
})

test('no more slots are held than there are, all of them are used, and none is held at the end', async () => {
  const { mostSlots, held } = await auditFolder()
  expect(mostSlots).toBe(3)
  expect(held.map(({ resource, held: left }) => [resource, left])).toEqual([
    ['slots', 0],
    ['cpu', 0],
    ['memory', 0],
    ['io', 0],
  ])
})

test('what was published is taken back when the audit is refused all the same', async () => {
  const cwd = scratchFolder({ 'code/a.ts': '' })
  const directory = join(cwd, 'deep/out')
  const { runtime, audit } = await createAuditRuntime({
    directory,
    store: { form: 'memory' },
    slots: 2,
    approval: 'refuse',
    startedAt: 0,
    board: { expect: () => undefined, say: () => undefined, concluded: () => undefined },
  })
  // As if an earlier process had answered, and was killed before the audit had ended.
  runtime.on('task.asked', async ({ taskId }) => {
    expect(readdirSync(directory).sort()).toEqual(['index.html', 'report.json'])
    await runtime.get(taskId)?.answer({ publish: true, by: 'an earlier process' })
  })
  const handle = await runtime.submit(audit, { roots: [{ path: join(cwd, 'code'), label: '' }], directory })
  expect(await handle.outcome()).toMatchObject({
    status: 'failed',
    rollback: { status: 'complete', undone: ['publish'] },
  })
  await runtime.stop()
  expect(readdirSync(cwd)).toEqual(['code'])
})
