import { execFile } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { runAuditProcess, startAudit } from './audit-process.ts'
import { scratchFolder } from './scratch-folder.ts'

const commandLine = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

const shared = Array.from({ length: 10 }, (_, line) => `  call${line}(${line}, 'shared', other${line})`).join('\n')

/** Enough that a kill finds the audit at work. */
const codeBase = Object.fromEntries(
  Array.from({ length: 400 }, (_, index) => [
    `f${index}.ts`,
    `export function f${index}(a) {\n${shared}\n}\n`.repeat(8),
  ]),
)

async function taskwright(...args: string[]): Promise<string> {
  const options = { maxBuffer: 256 * 2 ** 20 }
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', commandLine, ...args], options)
  return stdout
}

const eventSchema = z.looseObject({ type: z.string(), taskType: z.string().optional(), taskId: z.string().nullish() })

async function eventsIn(journal: string) {
  const lines = (await taskwright('store', 'export', journal)).trimEnd().split('\n')
  return lines.map((line) => eventSchema.parse(JSON.parse(line)))
}

function findingsIn(folder: string): unknown {
  const data: unknown = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  return z.object({ findings: z.unknown() }).parse(data).findings
}

function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** An audit that is killed when it has done a part of its work. */
async function killed(args: readonly string[], cwd: string): Promise<void> {
  const audit = startAudit(args, cwd)
  await audit.said(/analyst +1\d %/)
  audit.kill('SIGKILL')
  expect((await audit.ended).signal).toBe('SIGKILL')
}

describe('an audit that was killed', () => {
  test('is taken up: what was done is not done again, and the report is the same', async () => {
    const [cwd, code] = [scratchFolder(), scratchFolder(codeBase)]
    await killed([code, '--approve'], cwd)
    const journal = join(cwd, 'repo-audit-report.db')
    const before = await eventsIn(journal)
    const done = new Set(before.filter(({ type }) => type === 'task.completed').map(({ taskId }) => taskId))
    expect(done.size).toBeGreaterThan(20)
    expect(existsSync(join(cwd, 'repo-audit-report'))).toBe(false)

    const { code: exit, stderr, stdout } = await runAuditProcess([code, '--approve', '--json'], cwd)
    expect(exit, stderr).toBe(0)
    expect(stderr).toMatch(/takes up the audit of .* which was cut short: \d+ of \d+ tasks are done/)
    const events = await eventsIn(journal)
    const after = events.slice(before.length)
    expect(after.filter(({ taskId, type }) => type === 'task.executing' && done.has(taskId))).toEqual([])
    const reads = events.filter(({ type, taskType }) => type === 'task.completed' && taskType === 'read')
    expect(new Set(reads.map(({ taskId }) => taskId)).size).toBe(reads.length)
    expect(reads.length).toBe(
      events.filter(({ type, taskType }) => type === 'task.created' && taskType === 'read').length,
    )
    const ended = events.filter(({ type }) => type === 'task.completed').length
    expect(JSON.parse(stdout)).toMatchObject({ tasks: { completed: ended, failed: 0, cancelled: 0, rejected: 0 } })
    expect(JSON.parse(await taskwright('store', 'check', journal, '--json'))).toMatchObject({
      unfinished: 0,
      problems: [],
    })

    await runAuditProcess([code, '--approve', '--store', 'memory', '--out', 'again'], cwd)
    expect(findingsIn(join(cwd, 'repo-audit-report'))).toEqual(findingsIn(join(cwd, 'again')))
  }, 60_000)

  test('and refused, at whatever moment: what was there before is there as it was, and nothing else', async () => {
    const before = { 'notes.txt': 'mine', 'index.html': '<p>old</p>', 'report.json': '{"old":true}' }
    const cwd = scratchFolder(Object.fromEntries(Object.entries(before).map(([name, text]) => [`out/${name}`, text])))
    const code = scratchFolder({ 'a.ts': 'export const a = 1\n', 'b.ts': 'export const b = 2\n' })
    const moments = [/looks through/, /found 2 files/, /draws conclusions/, /writes the report/, /editor +20 %/]
    for (const moment of moments) {
      const audit = startAudit([code, '--approve', '--out', 'out'], cwd)
      await audit.said(moment)
      audit.kill('SIGKILL')
      await audit.ended
      const { code: exit, stderr } = await runAuditProcess([code, '--refuse', '--json', '--out', 'out'], cwd)
      expect(exit, stderr).toBe(3)
      const names = readdirSync(join(cwd, 'out')).sort()
      expect(names).toEqual(['index.html', 'notes.txt', 'report.json'])
      // It may have been done before it was killed: then its report stands, and its journal stays.
      if (!existsSync(join(cwd, 'out.db'))) expect(contentsOf(join(cwd, 'out'))).toEqual(before)
    }
  }, 60_000)

  test('begins anew when the code has changed since, and says so', async () => {
    const [cwd, code] = [scratchFolder(), scratchFolder(codeBase)]
    await killed([code, '--approve'], cwd)
    appendFileSync(join(code, 'f0.ts'), 'export const later = 1\n')
    const { code: exit, stderr } = await runAuditProcess([code, '--approve'], cwd)
    expect(exit, stderr).toBe(0)
    expect(stderr).toContain('it begins anew: the code has changed since the audit began')
    await runAuditProcess([code, '--approve', '--store', 'memory', '--out', 'again'], cwd)
    expect(findingsIn(join(cwd, 'repo-audit-report'))).toEqual(findingsIn(join(cwd, 'again')))
  }, 60_000)

  test('is undone before an audit of another folder', async () => {
    const [cwd, code, other] = [scratchFolder(), scratchFolder(codeBase), scratchFolder({ 'a.ts': '' })]
    await killed([code, '--approve'], cwd)
    const { code: exit, stderr, stdout } = await runAuditProcess([other, '--approve', '--json'], cwd)
    expect(exit, stderr).toBe(0)
    expect(stderr).toMatch(/rolls back another audit, of .* which was cut short/)
    expect(JSON.parse(stdout)).toMatchObject({ tasks: { failed: 0 }, rolledBack: false })
    expect(findingsIn(join(cwd, 'repo-audit-report'))).toMatchObject({ overview: { files: 1 } })
  }, 60_000)

  test('and then interrupted: everything is rolled back, and its journal goes too', async () => {
    const [cwd, code] = [scratchFolder(), scratchFolder(codeBase)]
    await killed([code, '--approve'], cwd)
    const audit = startAudit([code, '--approve', '--json'], cwd)
    await audit.said(/takes up/)
    audit.kill('SIGINT')
    const { code: exit, stdout, stderr } = await audit.ended
    expect(exit, stderr).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ rolledBack: true, report: null })
    expect(readdirSync(cwd)).toEqual([])
  }, 60_000)
})

describe('the journal', () => {
  test('two audits of one report at a time: the second is told, and does nothing', async () => {
    const [cwd, code] = [scratchFolder(), scratchFolder(codeBase)]
    const first = startAudit([code, '--approve'], cwd)
    await first.said(/found 400 files/)
    const second = await runAuditProcess([code, '--approve', '--json'], cwd)
    expect(second).toMatchObject({ code: 2, stdout: '' })
    expect(second.stderr).toContain('Is another audit at work on this report?')
    const elsewhere = runAuditProcess([code, '--approve', '--out', 'elsewhere'], cwd)
    expect((await first.ended).code).toBe(0)
    expect((await elsewhere).code).toBe(0)
    expect(readdirSync(cwd).sort()).toEqual(['elsewhere', 'elsewhere.db', 'repo-audit-report', 'repo-audit-report.db'])
  }, 60_000)

  test('of a report that stands stays, over a later refusal; one that was named stays always', async () => {
    const cwd = scratchFolder({ 'code/a.ts': '' })
    expect((await runAuditProcess(['code', '--approve'], cwd)).code).toBe(0)
    expect((await runAuditProcess(['code', '--refuse'], cwd)).code).toBe(3)
    expect((await runAuditProcess(['code', '--refuse', '--out', 'out', '--store', 'file:my.db'], cwd)).code).toBe(3)
    expect((await runAuditProcess(['code', '--approve', '--out', 'out', '--store', 'memory'], cwd)).code).toBe(0)
    expect(readdirSync(cwd).sort()).toEqual(['code', 'my.db', 'out', 'repo-audit-report', 'repo-audit-report.db'])
  })

  test('is not audited itself', async () => {
    const cwd = scratchFolder({ 'a.ts': '' })
    for (const _ of [1, 2]) {
      expect((await runAuditProcess(['.', '--approve'], cwd)).code).toBe(0)
      expect(findingsIn(join(cwd, 'repo-audit-report'))).toMatchObject({ overview: { files: 1 }, skipped: [] })
    }
  })

  test('a file that is none is left as it is', async () => {
    const cwd = scratchFolder({ 'code/a.ts': '', 'repo-audit-report.db': 'mine' })
    const { code, stdout, stderr } = await runAuditProcess(['code', '--approve'], cwd)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('it is no SQLite file')
    expect(stderr).toContain('--store file:PATH')
    expect(readFileSync(join(cwd, 'repo-audit-report.db'), 'utf8')).toBe('mine')
    expect(readdirSync(cwd).sort()).toEqual(['code', 'repo-audit-report.db'])
  })
})
