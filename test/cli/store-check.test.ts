import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createRuntime } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Host } from '../store/host.ts'
import { asAnybody } from '../store/rights.ts'
import { scratchFolder } from '../store/scratch-store.ts'
import { runCommand, spawnCommand } from './run-command.ts'
import { flipIn, makeStore, overwrite, storeOptions } from './store-files.ts'

const reportSchema = z.strictObject({
  file: z.string(),
  events: z.int(),
  tasks: z.int(),
  unfinished: z.int(),
  byStage: z.record(z.string(), z.int()),
  problems: z.array(z.string()),
})

/** What `check --json` says: one object, and the problems on standard error as well. */
async function checked(path: string) {
  const { code, out, err } = await runCommand('store', 'check', path, '--json')
  const report = reportSchema.parse(JSON.parse(out))
  expect(err).toBe(report.problems.map((problem) => `taskwright store check: ${problem}`).join('\n'))
  return { code, ...report }
}

describe('taskwright store check', () => {
  test('says what a file holds, and leaves it as it is', async () => {
    const path = await makeStore()
    const before = readFileSync(path)
    const { code, out, err } = await runCommand('store', 'check', path)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^.*tasks\.db: \d+ events, 11 tasks \(8 completed, 2 failed, 1 waiting\)$/)
    expect(await checked(path)).toEqual({
      code: 0,
      file: path,
      events: expect.any(Number),
      tasks: 11,
      unfinished: 1,
      byStage: { completed: 8, failed: 2, waiting: 1 },
      problems: [],
    })
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('takes in what a process has left that was killed, as often as it is asked', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const host = new Host(path)
    await host.until('opened')
    for (let count = 0; count < 5; count += 1) host.submit()
    await host.until('ended', ({ number }) => number === 5)
    await host.kill()
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    for (let time = 0; time < 2; time += 1)
      expect(await checked(path)).toMatchObject({ code: 0, tasks: 5, byStage: { completed: 5 }, problems: [] })
  })

  test('cannot know what was in a -wal that is gone, and finds the rest whole', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const host = new Host(path)
    await host.until('opened')
    await host.answerTo(host.submit())
    await host.kill()
    rmSync(`${path}-wal`)
    expect(await checked(path)).toMatchObject({ code: 0, tasks: 0, problems: [] })
    const runtime = await createRuntime({ ...storeOptions, store: `file:${path}` })
    await runtime.stop()
  })

  test.each([
    ['a file', 0o400, 0o700],
    ['a file in a folder', 0o600, 0o500],
  ])('reads %s that may not be written, with its -wal, and leaves nothing behind', async (_, mode, folderMode) => {
    const folder = scratchFolder()
    const path = join(folder, 'tasks.db')
    const host = new Host(path)
    await host.until('opened')
    await host.answerTo(host.submit())
    await host.kill()
    chmodSync(path, mode)
    chmodSync(folder, folderMode)
    const temporary = scratchFolder()
    const options = { prefix: asAnybody, env: { TMPDIR: temporary } }
    const answer = await spawnCommand(['store', 'check', path, '--json'], options)
    const lines = await spawnCommand(['store', 'export', path], options)
    chmodSync(folder, 0o700)
    expect(answer).toMatchObject({ code: 0, err: '' })
    expect(reportSchema.parse(JSON.parse(answer.out))).toMatchObject({ file: path, tasks: 1, problems: [] })
    expect(lines.out.split('\n').length).toBeGreaterThan(1)
    expect(readdirSync(temporary)).toEqual([])
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    chmodSync(path, 0o600)
    rmSync(`${path}-wal`)
    truncateSync(path, 5_000)
    chmodSync(path, mode)
    chmodSync(folder, folderMode)
    const damaged = await spawnCommand(['store', 'export', path], options)
    chmodSync(folder, 0o700)
    expect(damaged).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`\n  - ${path}: it is damaged`) })
  })

  test.each([
    ['is missing', (path: string) => rmSync(path), 'there is no such file'],
    ['is empty', (path: string) => truncateSync(path), 'there is nothing in it, not even an empty store'],
    [
      'is a text',
      (path: string) => writeFileSync(path, 'a text, and not a short one\n'.repeat(9)),
      'it is no SQLite file',
    ],
    [
      'is a database of another program',
      (path: string) => {
        rmSync(path)
        const database = new DatabaseSync(path)
        database.exec('CREATE TABLE other (a)')
        database.close()
      },
      'it is a database, but no store of tasks',
    ],
  ])('answers 2 for a file that %s, and leaves it as it is', async (_, spoil, message) => {
    const path = await makeStore()
    spoil(path)
    const before = existsSync(path) ? readFileSync(path) : null
    for (const command of ['check', 'compact', 'export']) {
      const { code, out, err } = await runCommand('store', command, path)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain(`taskwright: cannot use ${path}:\n  - ${path}: ${message}`)
    }
    expect(existsSync(path) ? readFileSync(path) : null).toEqual(before)
  })

  test('answers 2 for a folder, and for a file in use', async () => {
    const path = await makeStore()
    const runtime = await createRuntime({ ...storeOptions, store: `file:${path}` })
    for (const command of ['check', 'compact', 'export']) {
      expect(await runCommand('store', command, scratchFolder())).toMatchObject({
        code: 2,
        err: expect.stringContaining('it is a folder; name a file'),
      })
      expect(await runCommand('store', command, path)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/another process, or another runtime of this one, has it open; stop that first/),
      })
    }
    expect(runtime.state).toBe('running')
    await runtime.stop()
  })

  test('tells every record that is damaged, and of all others what they say', async () => {
    const path = await makeStore()
    const before = await checked(path)
    flipIn(path, '"type":"task.step.completed"', 2)
    flipIn(path, '"type":"task.step.completed"', 5)
    const after = await checked(path)
    expect(after.code).toBe(1)
    const damaged = after.problems.filter((problem) =>
      /^record \d+ is damaged: it does not pass its checksum$/.test(problem),
    )
    expect(damaged).toHaveLength(2)
    expect(after.events).toBeLessThan(before.events)
    expect(after.tasks).toBeGreaterThanOrEqual(9)
  })

  const pageOf = (path: string, name: string): number => {
    const database = new DatabaseSync(path, { readOnly: true })
    const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)?.['rootpage']
    database.close()
    return Number(root)
  }

  test.each([
    ['is cut off', (path: string) => truncateSync(path, 3 * 4_096), /it is so damaged that it cannot be read/],
    ['is cut off within its header', (path: string) => truncateSync(path, 100), /so damaged that it cannot be read/],
    [
      'has lost the page that holds the index',
      (path: string) => overwrite(path, (pageOf(path, 'record_task') - 1) * 4_096, Buffer.alloc(4_096, 0xff)),
      /btreeInitPage|malformed|wrong # of entries/,
    ],
    [
      'has lost the page that holds the records',
      (path: string) => overwrite(path, (pageOf(path, 'record') - 1) * 4_096, Buffer.alloc(4_096)),
      /malformed|so damaged/,
    ],
  ])('answers 1 for a store that %s', async (_, spoil, problem) => {
    const path = await makeStore()
    spoil(path)
    const report = await checked(path)
    expect(report.code).toBe(1)
    expect(report.problems.join('\n')).toMatch(problem)
  })

  test('sees a row that says otherwise than its lines', async () => {
    const path = await makeStore()
    const database = new DatabaseSync(path)
    database.exec("UPDATE record SET task = 'task_x' WHERE seq = (SELECT max(seq) FROM record WHERE task IS NOT NULL)")
    database.close()
    const report = await checked(path)
    expect(report.problems.join('\n')).toMatch(/^record \d+ is damaged: its row says otherwise than its line/)
  })

  test('a copy without its lock is as good as the file', async () => {
    const path = await makeStore()
    const copy = join(scratchFolder(), 'copy.db')
    copyFileSync(path, copy)
    expect({ ...(await checked(copy)), file: path }).toEqual(await checked(path))
  })

  test('lists what is wrong with a call', async () => {
    expect(await runCommand('store', 'check', 'a', 'b', '--all')).toEqual({
      code: 2,
      out: '',
      err: [
        'taskwright: taskwright store check --help tells how it is called:',
        '  - unknown option "--all"',
        '  - "b" is one argument too many',
      ].join('\n'),
    })
    expect(await runCommand('store', 'check')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a file is required'),
    })
    expect(await runCommand('store', 'mend', 'x')).toMatchObject({ code: 2, out: '' })
  })
})
