import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readArguments } from '../../../examples/repo-audit/arguments.ts'
import { scratchFolder } from './scratch-folder.ts'

function surroundings(terminal = false) {
  const cwd = scratchFolder({ 'a/x.ts': '', 'b/y.ts': '', 'file.txt': '', 'repo/node_modules/xstate/index.js': '' })
  return { cwd, repository: join(cwd, 'repo'), terminal }
}

const problemsOf = async (...args: string[]) => {
  const read = await readArguments(args, surroundings())
  return read.form === 'problems' ? read.problems : []
}

describe('what is read', () => {
  test('nothing said: the repository and its package xstate, to the folder’s report, nobody asked', async () => {
    const given = surroundings()
    expect(await readArguments([], given)).toEqual({
      form: 'run',
      arguments: {
        roots: [
          { path: given.repository, label: '' },
          { path: join(given.repository, 'node_modules/xstate'), label: 'node_modules/xstate' },
        ],
        approval: 'unattended',
        directory: join(given.cwd, 'repo-audit-report'),
        store: { form: 'file', path: join(given.cwd, 'repo-audit-report.db'), isNamed: false },
        json: false,
        slots: 8,
        inspection: { port: null, keepOpen: false },
      },
    })
  })

  test('whether and where the page is served that shows the run', async () => {
    const given = surroundings()
    const inspection = async (...args: string[]) => {
      const read = await readArguments(args, given)
      return read.form === 'run' ? read.arguments.inspection : 'not read'
    }
    expect(await inspection('a', '--no-inspect')).toBeNull()
    expect(await inspection('a', '--port', '0', '--keep-open')).toEqual({ port: 0, keepOpen: true })
    expect(await problemsOf('a', '--port', '70000')).toEqual(['--port 70000: give a whole number from 0 to 65535'])
    expect(await problemsOf('a', '--no-inspect', '--keep-open')).toEqual([
      '--no-inspect excludes --keep-open and --port',
    ])
  })

  test('everything said', async () => {
    const given = surroundings(true)
    const args = ['a', '--approve', 'b', '--out=c', '--slots', '3', '--json', '--store', 'file:b/x.db']
    expect(await readArguments(args, given)).toMatchObject({
      form: 'run',
      arguments: {
        roots: [{ label: 'a' }, { label: 'b' }],
        approval: 'approve',
        directory: join(given.cwd, 'c'),
        store: { form: 'file', path: join(given.cwd, 'b/x.db'), isNamed: true },
        json: true,
        slots: 3,
      },
    })
  })

  test('one folder needs no label; the same folder twice is one', async () => {
    const given = surroundings()
    symlinkSync('a', join(given.cwd, 'also-a'))
    expect(await readArguments(['a', './a', 'also-a'], given)).toMatchObject({
      arguments: { roots: [{ path: join(given.cwd, 'a'), label: '' }] },
    })
  })

  test.each([
    [['a'], true, 'ask'],
    [['a'], false, 'unattended'],
    [['a', '--refuse'], true, 'refuse'],
    [['a', '--approve'], false, 'approve'],
  ])('%j on a terminal: %s → %s', async (args, terminal, approval) => {
    expect(await readArguments(args, surroundings(terminal))).toMatchObject({ arguments: { approval } })
  })

  test('each report has a journal of its own, in the current folder', async () => {
    const given = surroundings()
    const args = ['a', '--out', 'deep/down/here']
    expect(await readArguments(args, given)).toMatchObject({
      arguments: { store: { path: join(given.cwd, 'here.db'), isNamed: false } },
    })
    expect(await readArguments(['a', '--store', 'memory'], given)).toMatchObject({
      arguments: { store: { form: 'memory' } },
    })
  })

  test('help goes before everything', async () => {
    expect(await readArguments(['--nonsense', '-h'], surroundings())).toEqual({ form: 'help' })
  })
})

describe('what is refused', () => {
  test('every problem is listed', async () => {
    expect(
      await problemsOf(
        '--approve',
        '--refuse',
        '--bogus',
        '--slots',
        'many',
        'nowhere',
        'file.txt',
        '--out',
        'file.txt',
      ),
    ).toEqual([
      '--bogus: there is no such option; --help lists them',
      '--approve and --refuse exclude each other',
      '--slots many: give a whole number from 1 to 1024',
      '--out file.txt: it is not a folder',
      'nowhere: there is no such folder',
      'file.txt: it is not a folder; name the folder that it is in',
    ])
  })

  test.each([['0'], ['-1'], ['1.5'], ['NaN'], ['1e9'], ['Infinity']])('--slots=%s', async (slots) => {
    expect(await problemsOf(`--slots=${slots}`)).toEqual([`--slots ${slots}: give a whole number from 1 to 1024`])
  })

  test.each([
    ['nonsense', 'give file:PATH, or memory'],
    ['file:', 'give file:PATH, or memory'],
    ['file:a', 'it is not a file'],
  ])('--store=%s', async (store, problem) => {
    expect(await problemsOf('a', `--store=${store}`)).toEqual([`--store ${store}: ${problem}`])
  })

  test('a journal in a folder that is not there', async () => {
    const given = surroundings()
    expect(await readArguments(['a', '--store=file:no/x.db'], given)).toEqual({
      form: 'problems',
      problems: [`--store file:no/x.db: there is no folder ${join(given.cwd, 'no')}`],
    })
  })

  test('values that are missing, given twice, or not wanted', async () => {
    expect(await problemsOf('--out')).toEqual(['--out needs a value'])
    expect(await problemsOf('--out', 'x', '--out', 'y')).toEqual(['--out is given twice'])
    expect(await problemsOf('--json=yes')).toEqual(['--json takes no value'])
    expect(await problemsOf('')).toEqual(['a folder with an empty name'])
  })

  test('a loop of links is named', async () => {
    const given = surroundings()
    symlinkSync('loop', join(given.cwd, 'loop'))
    expect(await readArguments(['loop'], given)).toEqual({
      form: 'problems',
      problems: ['loop: its symbolic links form a loop'],
    })
  })
})
