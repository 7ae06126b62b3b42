import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findingsSchema } from '../../../examples/repo-audit/findings.ts'
import { runAuditProcess, startAudit } from './audit-process.ts'
import { scratchFolder } from './scratch-folder.ts'

const secret = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`
const shared = Array.from({ length: 10 }, (_, line) => `  call${line}(${line}, 'shared', other${line})`).join('\n')

/** A small code base with one of everything that is looked for. */
const codeBase = {
  'package.json': '{"name":"sample","version":"1.0.0","license":"MIT"}',
  'src/a.ts': `export function tangled(a: number) {\n${'  if (a) a += 1\n'.repeat(11)}}\n`,
  'src/b.ts': `export function one() {\n${shared}\n}\n`,
  'src/c.ts': `export function two() {\n${shared}\n}\n`,
  'src/broken.ts': 'const a = ;\n',
  'src/leak.ts': `export const key = '${secret}'\n`,
  'src/<b>bold</b>.ts': 'export const a = 1\n',
  'image.bin': new Uint8Array([1, 0, 2]),
}

const summarySchema = z.strictObject({
  tasks: z.strictObject({ completed: z.int(), failed: z.int(), cancelled: z.int(), rejected: z.int() }),
  rolledBack: z.boolean(),
  durationMs: z.number().nonnegative(),
  report: z.string().nullable(),
})

/** With --json there is one line on standard output, and nothing else. */
function summaryOf(stdout: string): z.output<typeof summarySchema> {
  expect(stdout.endsWith('\n')).toBe(true)
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  return summarySchema.parse(JSON.parse(lines[0] ?? ''))
}

function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

describe('approved', () => {
  test('the report is published, and says what was planted', async () => {
    const cwd = scratchFolder()
    const code = scratchFolder(codeBase)
    symlinkSync('..', join(code, 'src/loop'))
    const { code: exit, stdout, stderr } = await runAuditProcess([code, '--approve', '--json'], cwd)
    expect(stderr).toMatch(/^ +\d+\.\d s {2}librarian {3}looks through 1 folder: /)
    expect(exit).toBe(0)
    const report = join(cwd, 'repo-audit-report/index.html')
    expect(summaryOf(stdout)).toMatchObject({
      tasks: { failed: 0, cancelled: 0, rejected: 0 },
      rolledBack: false,
      report,
    })
    expect(summaryOf(stdout).tasks.completed).toBeGreaterThan(20)
    expect(readdirSync(join(cwd, 'repo-audit-report')).sort()).toEqual(['index.html', 'report.json'])

    const data = readFileSync(join(cwd, 'repo-audit-report/report.json'), 'utf8')
    const { findings } = z.object({ findings: findingsSchema }).parse(JSON.parse(data))
    expect(findings.overview).toMatchObject({ files: 8, texts: 7 })
    expect(findings.complexity.functions[0]).toMatchObject({
      name: 'tangled',
      file: 'src/a.ts',
      line: 1,
      complexity: 12,
    })
    expect(findings.complexity.unparsable).toEqual([{ file: 'src/broken.ts', reason: 'line 1: unexpected token' }])
    expect(findings.secrets).toMatchObject([{ file: 'src/leak.ts', line: 1, column: 21, rule: 'GitHub token' }])
    expect(findings.duplicates.groups).toMatchObject([{ places: [{ file: 'src/b.ts' }, { file: 'src/c.ts' }] }])
    expect(findings.licences.packages).toMatchObject([{ package: 'sample', expression: 'MIT', class: 'permissive' }])
    expect(findings.skipped.map(({ name, reason }) => [name, reason])).toEqual([
      ['image.bin', 'binary'],
      ['src/loop', 'symbolic link'],
    ])

    const page = readFileSync(report, 'utf8')
    expect(page).toContain('src/&lt;b&gt;bold&lt;/b&gt;.ts')
    for (const text of [page, data, stdout, stderr]) expect(text).not.toContain(secret.slice(4, 12))
  })

  test('the same folder gives the same findings, with one slot and with many', async () => {
    const cwd = scratchFolder()
    const code = scratchFolder(codeBase)
    const findingsOn = async (slots: string) => {
      const { code: exit } = await runAuditProcess([code, '--approve', '--out', slots, '--slots', slots], cwd)
      expect(exit).toBe(0)
      const data: unknown = JSON.parse(readFileSync(join(cwd, slots, 'report.json'), 'utf8'))
      return z.object({ findings: z.unknown() }).parse(data).findings
    }
    expect(await findingsOn('1')).toEqual(await findingsOn('32'))
  })

  test('an earlier report and other files in its folder: the report is replaced, the others stay', async () => {
    const cwd = scratchFolder({
      'code/a.ts': '',
      'out/notes.txt': 'mine',
      'out/index.html': 'old',
      'out/report.json': 'old',
    })
    expect(await runAuditProcess(['code', '--approve', '--out', 'out'], cwd)).toMatchObject({ code: 0 })
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['index.html', 'notes.txt', 'report.json'])
    expect(contentsOf(join(cwd, 'out'))).toMatchObject({ 'notes.txt': 'mine' })
    expect(readFileSync(join(cwd, 'out/index.html'), 'utf8')).toContain('<!doctype html>')
  })

  test('an empty folder', async () => {
    const cwd = scratchFolder()
    mkdirSync(join(cwd, 'code'))
    const { code, stdout } = await runAuditProcess(['code', '--approve'], cwd)
    expect(code).toBe(0)
    expect(stdout).toContain('Files       0 in 1 folder')
    expect(stdout).toContain('Published by --approve')
  })
})

describe('refused', () => {
  test('the report is gone, with the folders that were made for it', async () => {
    const cwd = scratchFolder({ 'code/a.ts': 'export const a = 1\n' })
    const { code, stdout, stderr } = await runAuditProcess(
      ['code', '--refuse', '--json', '--out', 'deep/down/out'],
      cwd,
    )
    expect(code).toBe(3)
    expect(summaryOf(stdout)).toMatchObject({
      tasks: { failed: 3, cancelled: 0, rejected: 0 },
      rolledBack: true,
      report: null,
    })
    expect(stderr).toContain('publication was refused by --refuse')
    expect(readdirSync(cwd)).toEqual(['code'])
  })

  test('what was in the folder before is there as it was', async () => {
    const before = { 'notes.txt': 'mine', 'index.html': '<p>old</p>', 'report.json': '{"old":true}' }
    const cwd = scratchFolder({
      'code/a.ts': '',
      ...Object.fromEntries(Object.entries(before).map(([name, text]) => [`out/${name}`, text])),
    })
    expect(await runAuditProcess(['code', '--refuse', '--out', 'out'], cwd)).toMatchObject({ code: 3 })
    expect(contentsOf(join(cwd, 'out'))).toEqual(before)
  })
})

describe('with nobody to ask', () => {
  test('it is published, twice', async () => {
    const cwd = scratchFolder({ 'code/a.ts': '' })
    for (const _ of [1, 2]) {
      const { code, stdout } = await runAuditProcess(['code'], cwd)
      expect(code).toBe(0)
      expect(stdout).toContain('There was no terminal to ask on')
    }
    expect(readdirSync(join(cwd, 'repo-audit-report')).sort()).toEqual(['index.html', 'report.json'])
  })

  test('but not in place of what no audit wrote', async () => {
    const cwd = scratchFolder({ 'code/a.ts': '', 'out/index.html': 'a page of mine' })
    const { code, stdout } = await runAuditProcess(['code', '--out', 'out'], cwd)
    expect(code).toBe(3)
    expect(stdout).toContain('nobody to ask whether to replace index.html, which no audit wrote')
    expect(contentsOf(join(cwd, 'out'))).toEqual({ 'index.html': 'a page of mine' })
  })
})

describe('interrupted', () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_500 }, (_, index) => [
      `f${index}.ts`,
      `export function f${index}(a) {\n${shared}\n}\n`.repeat(20),
    ]),
  )

  test.each(['SIGINT', 'SIGTERM'] as const)('%s: cancelled, rolled back, nothing left behind', async (signal) => {
    const cwd = scratchFolder({ 'out/report.json': 'old' })
    const code = scratchFolder(many)
    const audit = startAudit([code, '--approve', '--json', '--out', 'out'], cwd)
    await audit.said(/found 1500 files/)
    audit.kill(signal)
    const { code: exit, stdout, stderr } = await audit.ended
    expect(exit).toBe(130)
    const summary = summaryOf(stdout)
    expect(summary).toMatchObject({ tasks: { failed: 0 }, rolledBack: true, report: null })
    expect(summary.tasks.cancelled).toBeGreaterThan(0)
    expect(stderr).toContain(`${signal}: cancelling and rolling back`)
    expect(contentsOf(join(cwd, 'out'))).toEqual({ 'report.json': 'old' })
  })
})

describe('an error', () => {
  test('where the report should go is a folder: code 1, the reason, and everything as it was', async () => {
    const cwd = scratchFolder({ 'code/a.ts': '', 'out/index.html/mine.txt': 'mine' })
    const { code, stdout, stderr } = await runAuditProcess(['code', '--approve', '--json', '--out', 'out'], cwd)
    expect(code).toBe(1)
    expect(summaryOf(stdout)).toMatchObject({ rolledBack: true, report: null })
    expect(stderr).toContain('index.html is a folder; move it away')
    expect(readdirSync(join(cwd, 'out'), { recursive: true }).sort()).toEqual(['index.html', 'index.html/mine.txt'])
  })

  test('bad arguments: code 2, every problem, nothing on standard output, nothing done', async () => {
    const cwd = scratchFolder()
    const args = ['nowhere', '--approve', '--refuse', '--slots=0', '--json']
    const { code, stdout, stderr } = await runAuditProcess(args, cwd)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.match(/^ {2}- /gm)).toHaveLength(3)
    expect(existsSync(join(cwd, 'repo-audit-report'))).toBe(false)
  })
})

test('help says how to call it', async () => {
  const { code, stdout } = await runAuditProcess(['--help'], scratchFolder())
  expect(code).toBe(0)
  for (const option of ['--approve', '--refuse', '--out DIR', '--store S', '--slots N', '--json'])
    expect(stdout).toContain(option)
})
