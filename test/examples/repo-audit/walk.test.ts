import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { walk } from '../../../examples/repo-audit/walk.ts'
import { scratchFolder } from './scratch-folder.ts'

const { signal } = new AbortController()
const namesOf = async (path: string, label = '') =>
  (await walk({ path, label }, { signal })).files.map(({ name }) => name)

test('files come sorted by code unit, with their sizes', async () => {
  const path = scratchFolder({ 'b.ts': '12345', 'a/z.ts': '', 'B.ts': '', 'a.ts': '', 'é.ts': '' })
  const { files, folders } = await walk({ path, label: '' }, { signal })
  expect(files.map(({ name }) => name)).toEqual(['B.ts', 'a.ts', 'a/z.ts', 'b.ts', 'é.ts'])
  expect(files.find(({ name }) => name === 'b.ts')?.bytes).toBe(5)
  expect(folders).toBe(2)
})

test('a label goes in front of the names', async () => {
  expect(await namesOf(scratchFolder({ 'a/b.ts': '' }), 'pkg')).toEqual(['pkg/a/b.ts'])
})

test('an empty folder has no files', async () => {
  expect(await walk({ path: scratchFolder(), label: '' }, { signal })).toEqual({
    files: [],
    skipped: [],
    folders: 1,
    ignored: 0,
  })
})

test('.gitignore is honoured as git does: nested, anchored, negated; history and packages are never entered', async () => {
  const path = scratchFolder({
    '.gitignore': '*.log\n/dist/\nkeep/*\n!keep/me.txt\n',
    'a.log': '',
    'src/b.log': '',
    'src/.gitignore': '!b.log\nsecret.txt\n',
    'src/secret.txt': '',
    'src/dist/c.ts': '',
    'dist/d.ts': '',
    'keep/me.txt': '',
    'keep/not.txt': '',
    'node_modules/p/index.js': '',
    '.git/HEAD': '',
  })
  // git ls-files --others --exclude-standard gives the same, but for the package.
  expect(await namesOf(path)).toEqual(['.gitignore', 'keep/me.txt', 'src/.gitignore', 'src/b.log', 'src/dist/c.ts'])
})

test('symbolic links are listed and not followed, so a loop and a way out of the folder are harmless', async () => {
  const path = scratchFolder({ 'in/a.ts': '' })
  symlinkSync('..', join(path, 'in/loop'))
  symlinkSync('/etc', join(path, 'out'))
  symlinkSync('missing', join(path, 'broken'))
  const { files, skipped } = await walk({ path, label: '' }, { signal })
  expect(files.map(({ name }) => name)).toEqual(['in/a.ts'])
  expect(skipped.map(({ name, reason }) => [name, reason])).toEqual([
    ['broken', 'symbolic link'],
    ['in/loop', 'symbolic link'],
    ['out', 'symbolic link'],
  ])
})

test('a pipe is listed and never opened', async () => {
  const path = scratchFolder()
  execFileSync('mkfifo', [join(path, 'pipe')])
  const { files, skipped } = await walk({ path, label: '' }, { signal })
  expect(files).toEqual([])
  expect(skipped).toMatchObject([{ name: 'pipe', reason: 'not a regular file' }])
})

test('a folder that cannot be read is listed, and the rest goes on', async () => {
  const { skipped } = await walk({ path: '/nowhere/at/all', label: 'gone' }, { signal })
  expect(skipped).toEqual([{ name: 'gone', reason: 'unreadable', detail: 'ENOENT' }])
})

test('it stops at a hundred folders inside each other', async () => {
  const path = scratchFolder()
  mkdirSync(join(path, ...Array.from({ length: 102 }, () => 'd')), { recursive: true })
  const { folders, skipped } = await walk({ path, label: '' }, { signal })
  expect(folders).toBe(101)
  expect(skipped).toMatchObject([{ reason: 'too deep' }])
})

test('an excepted folder is left out', async () => {
  const path = scratchFolder({ 'report/index.html': '', 'a.ts': '' })
  const { files, ignored } = await walk({ path, label: '' }, { signal, except: [join(path, 'report')] })
  expect(files.map(({ name }) => name)).toEqual(['a.ts'])
  expect(ignored).toBe(1)
})

test('an aborted walk throws the reason', async () => {
  const reason = new Error('enough')
  await expect(walk({ path: scratchFolder(), label: '' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
