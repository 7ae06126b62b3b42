import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Library } from '../../../examples/repo-audit/library.ts'
import { limits } from '../../../examples/repo-audit/limits.ts'
import { scratchFolder } from './scratch-folder.ts'

const at = (folder: string, name: string) => ({ path: join(folder, name), name, bytes: 0, changedAt: 0 })

test('text is read as UTF-8 without its byte-order mark', async () => {
  const folder = scratchFolder({ 'a.txt': '\uFEFFgrüße' })
  expect(await new Library().read(at(folder, 'a.txt'))).toEqual({ form: 'text', text: 'grüße' })
})

test('a file with a zero byte near its start is binary', async () => {
  const folder = scratchFolder({ 'a.bin': new Uint8Array([65, 0, 66]) })
  expect(await new Library().read(at(folder, 'a.bin'))).toMatchObject({
    form: 'skipped',
    skipped: { reason: 'binary' },
  })
})

test('a file over the stated size is not read, and both sizes are said', async () => {
  const folder = scratchFolder({
    'most.txt': 'a'.repeat(limits.fileBytes),
    'over.txt': 'a'.repeat(limits.fileBytes + 1),
  })
  const library = new Library()
  expect((await library.read(at(folder, 'most.txt'))).form).toBe('text')
  expect(await library.read(at(folder, 'over.txt'))).toEqual({
    form: 'skipped',
    skipped: { name: 'over.txt', reason: 'too large', detail: '2.0 MiB; files over 2 MiB are not read' },
  })
})

test('what is gone, or became a folder, a link or a pipe since the walk, is told and not waited for', async () => {
  const folder = scratchFolder({ 'folder/a.txt': '' })
  execFileSync('mkfifo', [join(folder, 'pipe')])
  execFileSync('ln', ['-s', '/etc/hostname', join(folder, 'link')])
  const library = new Library()
  const reasons = ['gone', 'folder', 'pipe', 'link'].map(async (name) => {
    const result = await library.read(at(folder, name))
    return result.form === 'skipped' ? [result.skipped.reason, result.skipped.detail] : []
  })
  expect(await Promise.all(reasons)).toEqual([
    ['unreadable', 'ENOENT'],
    ['not a regular file', 'a folder, device, pipe or socket'],
    ['not a regular file', 'a folder, device, pipe or socket'],
    ['unreadable', 'ELOOP'],
  ])
})

test('it holds no more than its bound, and reads again what it let go', async () => {
  const names = ['a.txt', 'b.txt', 'c.txt']
  const folder = scratchFolder(Object.fromEntries(names.map((name) => [name, `${name}${'x'.repeat(35)}`])))
  const library = new Library(100)
  for (const name of names) {
    await library.read(at(folder, name))
    expect(library.held).toBeLessThanOrEqual(100)
  }
  for (const name of names) expect(await library.text(at(folder, name))).toBe(`${name}${'x'.repeat(35)}`)
  expect(library.held).toBe(80)
})

test('what is on the shelf is not read twice', async () => {
  const folder = scratchFolder({ 'a.txt': 'before' })
  const library = new Library()
  await library.read(at(folder, 'a.txt'))
  writeFileSync(join(folder, 'a.txt'), 'after')
  expect(await library.text(at(folder, 'a.txt'))).toBe('before')
})

test('what is no text stays none', async () => {
  const library = new Library()
  const folder = scratchFolder()
  expect(await library.text(at(folder, 'late.txt'))).toBeNull()
  writeFileSync(join(folder, 'late.txt'), 'text')
  expect(await library.text(at(folder, 'late.txt'))).toBeNull()
})
