import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalRecord, Runtime } from 'taskwright'
import { createRuntime } from 'taskwright'
import { describe, expect, test } from 'vitest'
import type { Retention } from '../../src/cli/store/compact-journal.ts'
import { compactJournal } from '../../src/cli/store/compact-journal.ts'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'
import { recordsIn, scratchFolder, writeRecords } from '../store/scratch-store.ts'
import { created, line } from './journal-lines.ts'
import { runCommand } from './run-command.ts'
import { flipIn, makeStore, storeOptions, viewsIn } from './store-files.ts'

async function withRuntime<Result>(
  path: string,
  work: (runtime: Runtime) => Result | Promise<Result>,
): Promise<Result> {
  const runtime = await createRuntime({ ...storeOptions, store: `file:${path}` })
  try {
    return await work(runtime)
  } finally {
    await runtime.stop({ grace: 0 })
  }
}

const spentOf = (runtime: Runtime) => runtime.resources().find(({ resource }) => resource === 'usd')?.spent

describe('taskwright store compact', () => {
  test('forgets what has ended, gives the room back, and leaves all else to the next process as it was', async () => {
    const path = await makeStore()
    const before = { views: await viewsIn(path), spent: await withRuntime(path, spentOf), size: statSync(path).size }
    const { code, out, err } = await runCommand('store', 'compact', path, '--retain', '0')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const after = statSync(path).size
    expect(out).toBe(`${path}: 10 tasks forgotten, ${before.size} bytes before, ${after} after`)
    expect(after).toBeLessThan(before.size)
    expect((await runCommand('store', 'check', path)).code).toBe(0)
    expect(await viewsIn(path)).toEqual(before.views.filter(({ stage }) => stage === 'waiting'))
    // 8 completed for 1 each as reserved, 2 failed for 0.25 each as used.
    expect(before.spent).toBe(8.5)
    await withRuntime(path, async (runtime) => {
      expect(spentOf(runtime)).toBe(8.5)
      const [waiting] = runtime.list()
      expect((await runtime.submit('echo', 'other', { dedupeKey: 'later' })).id).toBe(waiting?.id)
    })
  })

  test('keeps the last to end, as many as it is told', async () => {
    const path = await makeStore()
    const ended = (await viewsIn(path)).filter(({ outcome }) => outcome !== null)
    expect((await runCommand('store', 'compact', path, '--retain', '3')).out).toContain('7 tasks forgotten')
    const left = (await viewsIn(path)).filter(({ outcome }) => outcome !== null)
    expect(left).toEqual(ended.slice(-3))
    expect((await runCommand('store', 'compact', path, '--retain-for', '1h')).out).toContain('0 tasks forgotten')
    expect((await runCommand('store', 'compact', path, '--retain-for', '0s')).out).toContain('3 tasks forgotten')
    expect((await runCommand('store', 'compact', path)).out).toContain('0 tasks forgotten')
  })

  test('leaves a damaged file as it is', async () => {
    const path = await makeStore()
    flipIn(path, '"type":"task.step.completed"', 7)
    const before = await recordsOrProblem(path)
    expect(await runCommand('store', 'compact', path, '--retain', '0')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/record \d+ is damaged/),
    })
    expect(await recordsOrProblem(path)).toEqual(before)
    expect(readFileSync(path).includes('task.step.completed')).toBe(true)
  })

  test('lists what is wrong with a call', async () => {
    expect(await runCommand('store', 'compact', 'x', '--retain', '-1', '--retain-for', 'soon')).toEqual({
      code: 2,
      out: '',
      err: [
        'taskwright: taskwright store compact --help tells how it is called:',
        '  - --retain must be a whole number from 0 to 9007199254740991; not "-1"',
        `  - --retain-for not a duration: "soon"; give milliseconds, or a number with ms, s, m, h or d ('30s')`,
      ].join('\n'),
    })
  })
})

function recordsOrProblem(path: string): Promise<unknown> {
  return recordsIn(path).catch((thrown: unknown) => String(thrown))
}

const hour = 3_600_000
const everything: Retention = { retain: 0, retainForMs: 0, now: 100 * hour }

/** What compacting leaves of records. */
async function compacted(
  records: readonly JournalRecord[],
  retention: Partial<Retention> = {},
): Promise<JournalRecord[]> {
  const path = join(scratchFolder(), 'tasks.db')
  await writeRecords(path, records)
  const file = await SqliteFile.open(path)
  compactJournal(file, { ...everything, ...retention })
  file.close()
  return recordsIn(path)
}

const idsOf = (records: readonly JournalRecord[]) =>
  new Set(records.flatMap(({ event }) => ('taskType' in event ? [event.taskId] : [])))

const completed = (seq: number, taskId: string, at = 1) =>
  line(seq, { type: 'task.completed', attempts: 1, taskId, at })
const state = (seq: number, at: number, name: string) =>
  line(seq, { type: 'supervisor.state', state: name, at, taskId: undefined, taskType: undefined })
const spent = (seq: number, usd: number) =>
  line(seq, { type: 'ledger.spent', spent: { usd }, taskId: undefined, taskType: undefined })

describe('compacting keeps', () => {
  test('what an unfinished task above it may still have to undo, however far above', async () => {
    const flow = [
      created(1, { taskId: 'top' }),
      created(2, { taskId: 'middle', parentId: 'top' }),
      created(3, { taskId: 'leaf', parentId: 'middle' }),
      created(4, { taskId: 'alone' }),
      completed(5, 'leaf'),
      completed(6, 'middle'),
      completed(7, 'alone'),
    ]
    expect(idsOf(await compacted(flow))).toEqual(new Set(['top', 'middle', 'leaf']))
    expect(idsOf(await compacted([...flow, completed(8, 'top')]))).toEqual(new Set())
  })

  test('what an unfinished task waits for: it may have to hear yet that it failed', async () => {
    const records = [
      created(1, { taskId: 'first' }),
      created(2, { taskId: 'second' }, { after: ['first'] }),
      line(3, {
        type: 'task.rejected',
        taskId: 'first',
        failure: { code: 'VALIDATION_FAILED', message: 'no', retryable: false },
      }),
    ]
    expect(idsOf(await compacted(records))).toEqual(new Set(['first', 'second']))
    expect(idsOf(await compacted([...records, completed(4, 'second')]))).toEqual(new Set())
  })

  test('a task of which a step may have taken effect that somebody has to undo', async () => {
    const step = (seq: number, type: string, attempt: number, payload = {}) =>
      line(seq, { type, step: 'pay', attempt, taskId: 'late' }, payload)
    const records = [
      created(1, { taskId: 'late' }),
      step(2, 'task.step.started', 1, { hasUndo: true }),
      completed(3, 'late'),
    ]
    expect(idsOf(await compacted(records))).toEqual(new Set(['late']))
    expect(idsOf(await compacted([...records, step(4, 'task.step.failed', 1)]))).toEqual(new Set())
  })

  test('what was spent, by those who are forgotten now and by those who were before, as one record', async () => {
    const task = (seq: number, taskId: string) => [
      created(seq, { taskId }, { demand: { slots: 1, usd: 2 } }),
      line(seq + 1, { type: 'task.allocating', leaseId: 'l', epoch: 1, taskId }),
      line(seq + 2, { type: 'task.used', usage: { usd: 0.5, tokens: 7 }, taskId }),
      completed(seq + 3, taskId),
    ]
    const records = [spent(1, 10), ...task(2, 'a'), spent(6, 20), ...task(7, 'b')]
    const left = await compacted(records)
    expect(left).toEqual([
      {
        event: { seq: 11, at: everything.now, type: 'ledger.spent', spent: { slots: 2, usd: 31, tokens: 14 } },
        payload: null,
      },
    ])
    // And once more, with nothing to forget.
    expect((await compacted(left)).map(({ event }) => 'spent' in event && event.spent)).toEqual([
      { slots: 2, usd: 31, tokens: 14 },
    ])
  })

  test('of the runtime itself what is young, and how the last process ended', async () => {
    const records = [
      state(1, hour, 'running'),
      state(2, 2 * hour, 'degraded'),
      created(3, { taskId: 'a', at: 98 * hour }),
      state(4, 97 * hour, 'running'),
      line(5, { type: 'alert', code: 'STORE_FAILED', message: 'm', taskId: null, taskType: undefined, at: 1 }),
      completed(6, 'a', 98 * hour),
    ]
    const seqs = async (retention: Partial<Retention>) =>
      (await compacted(records, retention)).map(({ event }) => event.seq)
    expect(await seqs({ retain: 9, retainForMs: 5 * hour })).toEqual([3, 4, 6])
    expect(await seqs({ retain: 9, retainForMs: hour })).toEqual([4])
    expect(await seqs({ retain: 0, retainForMs: 98.5 * hour })).toEqual([2, 4])
  })

  test('the place where the next process goes on, though the last record is gone', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    // One commit: in the file, all of it has the number of its last record.
    await writeRecords(path, [
      created(1, { taskId: 'stays' }),
      created(2, { taskId: 'goes' }, { demand: { usd: 1 } }),
      line(3, { type: 'task.allocating', leaseId: 'l', epoch: 1, taskId: 'goes' }),
      completed(4, 'goes'),
    ])
    const file = await SqliteFile.open(path)
    compactJournal(file, everything)
    file.close()
    await writeRecords(path, [line(6, { type: 'task.validating', taskId: 'stays' })])
    const left = await recordsIn(path)
    expect(left.map(({ event }) => event.type)).toEqual(['task.created', 'ledger.spent', 'task.validating'])
  })
})
