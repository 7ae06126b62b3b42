import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  foreignFiles,
  generator,
  makeFolder,
  replaceFile,
  restoreFile,
  settleFile,
  unmakeFolder,
  whyUnwritable,
} from '../../../examples/repo-audit/publish.ts'
import { scratchFolder } from './scratch-folder.ts'

describe('a folder', () => {
  test('what was made is removed again, and what was there stays', async () => {
    const base = scratchFolder({ 'there/note.txt': 'mine' })
    const made = await makeFolder(join(base, 'there/a/b/c'))
    await unmakeFolder(made)
    expect(readdirSync(join(base, 'there'))).toEqual(['note.txt'])
    await unmakeFolder(made)
  })

  test('one that was there already stays', async () => {
    const base = scratchFolder()
    await unmakeFolder(await makeFolder(base))
    expect(readdirSync(base)).toEqual([])
  })

  test('one that somebody has put something into stays, with what is in it', async () => {
    const base = scratchFolder()
    const made = await makeFolder(join(base, 'a/b'))
    writeFileSync(join(base, 'a/other.txt'), 'theirs')
    await unmakeFolder(made)
    expect(readdirSync(join(base, 'a'))).toEqual(['other.txt'])
  })
})

describe('a file', () => {
  test('a new one is written, and taken back', async () => {
    const base = scratchFolder()
    const written = await replaceFile(join(base, 'a.txt'), 'new', 't1')
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('new')
    await restoreFile(written)
    expect(readdirSync(base)).toEqual([])
    await restoreFile(written)
  })

  test('one that was there is replaced, and comes back as it was, to its time of change', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    const before = statSync(join(base, 'a.txt'))
    const written = await replaceFile(join(base, 'a.txt'), 'new', 't1')
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('new')
    await restoreFile(written)
    await restoreFile(written)
    expect(readdirSync(base)).toEqual(['a.txt'])
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('old')
    expect(statSync(join(base, 'a.txt'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  test('when it is settled, nothing is kept aside', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    await settleFile(await replaceFile(join(base, 'a.txt'), 'new', 't1'))
    expect(readdirSync(base)).toEqual(['a.txt'])
  })

  test('a link is replaced, not what it points to, and comes back as a link', async () => {
    const base = scratchFolder({ 'target.txt': 'theirs' })
    symlinkSync('target.txt', join(base, 'a.txt'))
    const written = await replaceFile(join(base, 'a.txt'), 'new', 't1')
    expect(readFileSync(join(base, 'target.txt'), 'utf8')).toBe('theirs')
    await restoreFile(written)
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('theirs')
  })

  test('a folder is not replaced', async () => {
    const base = scratchFolder({ 'a.txt/in.txt': 'mine' })
    await expect(replaceFile(join(base, 'a.txt'), 'new', 't1')).rejects.toThrow('is a folder; move it away')
    expect(readdirSync(base)).toEqual(['a.txt'])
  })

  test('a write that fails leaves everything as it was', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    // The name of the file that is written first is taken.
    mkdirSync(join(base, '.a.txt.t1.new'))
    await expect(replaceFile(join(base, 'a.txt'), 'new', 't1')).rejects.toThrow()
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('old')
    expect(readdirSync(base).filter((name) => name !== '.a.txt.t1.new')).toEqual(['a.txt'])
  })
})

describe('whose files they are', () => {
  const names = ['index.html', 'report.json']

  test('an empty or missing folder has nobody’s', async () => {
    expect(await foreignFiles('/nowhere/at/all', names)).toEqual([])
    expect(await foreignFiles(scratchFolder({ 'note.txt': '' }), names)).toEqual([])
  })

  test('an earlier audit’s are known by its data', async () => {
    const own = { 'index.html': '', 'report.json': JSON.stringify({ generator }) }
    expect(await foreignFiles(scratchFolder(own), names)).toEqual([])
  })

  test.each([
    ['without data beside them', { 'index.html': '' }, ['index.html']],
    ['with other data', { 'index.html': '', 'report.json': '{}' }, names],
    ['with damaged data', { 'report.json': '{' }, ['report.json']],
  ])('%s they are somebody else’s', async (_what, files, foreign) => {
    expect(await foreignFiles(scratchFolder(files), names)).toEqual(foreign)
  })
})

test('where a report cannot go is told before anything is tried', async () => {
  const base = scratchFolder({ 'file.txt': '' })
  symlinkSync('.', join(base, 'link'))
  expect(await whyUnwritable(base)).toBeNull()
  expect(await whyUnwritable(join(base, 'link'))).toBeNull()
  expect(await whyUnwritable(join(base, 'a/b/c'))).toBeNull()
  expect(await whyUnwritable(join(base, 'file.txt'))).toBe('it is not a folder')
  expect(await whyUnwritable(join(base, 'file.txt/a/b'))).toBe(`${join(base, 'file.txt')} is not a folder`)
})
