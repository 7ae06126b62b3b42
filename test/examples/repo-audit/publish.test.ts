import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  foreignFiles,
  generator,
  makeFolder,
  planFile,
  planFolder,
  replaceFile,
  restoreFile,
  settleFile,
  unmakeFolder,
  whyUnwritable,
} from '../../../examples/repo-audit/publish.ts'
import { scratchFolder } from './scratch-folder.ts'

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

async function made(path: string) {
  const folder = await planFolder(path)
  await makeFolder(folder)
  return folder
}

async function written(path: string) {
  const file = await planFile(path, 't1')
  await replaceFile(file, 'new')
  return file
}

describe('a folder', () => {
  test('what was made is removed again, and what was there stays', async () => {
    const base = scratchFolder({ 'there/note.txt': 'mine' })
    const folder = await made(join(base, 'there/a/b/c'))
    await unmakeFolder(folder)
    expect(readdirSync(join(base, 'there'))).toEqual(['note.txt'])
    await unmakeFolder(folder)
  })

  test('one that was there already stays', async () => {
    const base = scratchFolder()
    await unmakeFolder(await made(base))
    expect(readdirSync(base)).toEqual([])
  })

  test('one that somebody has put something into stays, with what is in it', async () => {
    const base = scratchFolder()
    const folder = await made(join(base, 'a/b'))
    writeFileSync(join(base, 'a/other.txt'), 'theirs')
    await unmakeFolder(folder)
    expect(readdirSync(join(base, 'a'))).toEqual(['other.txt'])
  })
})

describe('a file', () => {
  test('a new one is written, and taken back', async () => {
    const base = scratchFolder()
    const file = await written(join(base, 'a.txt'))
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('new')
    await restoreFile(file)
    expect(readdirSync(base)).toEqual([])
    await restoreFile(file)
  })

  test('one that was there is replaced, and comes back as it was, to its time of change', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    const before = statSync(join(base, 'a.txt'))
    const file = await written(join(base, 'a.txt'))
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('new')
    await restoreFile(file)
    await restoreFile(file)
    expect(readdirSync(base)).toEqual(['a.txt'])
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('old')
    expect(statSync(join(base, 'a.txt'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  test('when it is settled, nothing is kept aside', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    await settleFile(await written(join(base, 'a.txt')))
    expect(readdirSync(base)).toEqual(['a.txt'])
  })

  test('a link is replaced, not what it points to, and comes back as a link', async () => {
    const base = scratchFolder({ 'target.txt': 'theirs' })
    symlinkSync('target.txt', join(base, 'a.txt'))
    const file = await written(join(base, 'a.txt'))
    expect(readFileSync(join(base, 'target.txt'), 'utf8')).toBe('theirs')
    await restoreFile(file)
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('theirs')
  })

  test('a folder is not replaced', async () => {
    const base = scratchFolder({ 'a.txt/in.txt': 'mine' })
    await expect(written(join(base, 'a.txt'))).rejects.toThrow('is a folder; move it away')
    expect(readdirSync(base)).toEqual(['a.txt'])
  })

  test('a write that fails leaves everything as it was', async () => {
    const base = scratchFolder({ 'a.txt': 'old' })
    // The name of the file that is written first is taken.
    mkdirSync(join(base, '.a.txt.t1.new'))
    await expect(written(join(base, 'a.txt'))).rejects.toThrow()
    expect(readFileSync(join(base, 'a.txt'), 'utf8')).toBe('old')
    expect(readdirSync(base).filter((name) => name !== '.a.txt.t1.new')).toEqual(['a.txt'])
  })
})

describe('a file whose writing was cut short by a kill', () => {
  /** What is on the disk after each step of the writing, with an old file and without. */
  const cutShort: [string, Record<string, string>, string | null][] = [
    ['before anything', { 'a.txt': 'old' }, 'old'],
    ['in the middle of the new one', { 'a.txt': 'old', '.a.txt.t1.new': 'ne' }, 'old'],
    ['with the old one aside', { '.a.txt.t1.new': 'new', '.a.txt.t1.previous': 'old' }, 'old'],
    ['at its end', { 'a.txt': 'new', '.a.txt.t1.previous': 'old' }, 'old'],
    ['before anything, with none there', {}, null],
    ['in the middle, with none there', { '.a.txt.t1.new': 'ne' }, null],
    ['at its end, with none there', { 'a.txt': 'new' }, null],
  ]

  test.each(cutShort)('%s: it is written again, and taken back', async (_when, files, old) => {
    const base = scratchFolder(files)
    const file = {
      path: join(base, 'a.txt'),
      fresh: join(base, '.a.txt.t1.new'),
      aside: old === null ? null : join(base, '.a.txt.t1.previous'),
    }
    await replaceFile(file, 'new')
    expect(readFileSync(file.path, 'utf8')).toBe('new')
    await restoreFile(file)
    expect(contents(base)).toEqual(old === null ? {} : { 'a.txt': old })
  })

  test.each(cutShort)('%s: it is taken back as it is', async (_when, files, old) => {
    const base = scratchFolder(files)
    await restoreFile({
      path: join(base, 'a.txt'),
      fresh: join(base, '.a.txt.t1.new'),
      aside: old === null ? null : join(base, '.a.txt.t1.previous'),
    })
    expect(contents(base)).toEqual(old === null ? {} : { 'a.txt': old })
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
