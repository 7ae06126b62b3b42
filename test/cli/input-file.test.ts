import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInputFile, reasonOf } from '../../src/cli/input-file.ts'
import { problemsOf } from './problems-of.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskwright-input-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

describe('readInputFile', () => {
  it('reads UTF-8, and drops a byte-order mark', async () => {
    expect(await readInputFile(await fileOf('bom', '\ufeffgrün'))).toBe('grün')
  })

  it('names the file and what is wrong with it', async () => {
    const missing = join(folder, 'missing')
    await expect(readInputFile(missing)).rejects.toThrow(`cannot use ${missing}:\n  - there is no such file`)
  })

  it.each([
    ['a directory', () => folder, 'it is a directory; name a file'],
    [
      'a path through a file',
      async () => join(await fileOf('plain', 'x'), 'y'),
      'a part of its path is not a directory',
    ],
    ['an empty file', () => fileOf('empty', ''), 'it is empty'],
    ['a binary file', () => fileOf('binary', Uint8Array.of(0x7b, 0xff, 0xfe)), 'it is not text in UTF-8'],
    ['a device', () => '/dev/null', 'it is not a regular file'],
    ['a name with a null', () => 'a\0b', expect.stringContaining('reading it failed')],
  ])('refuses %s', async (_, path, problem) => {
    const given = await path()
    expect(await problemsOf(() => readInputFile(given))).toEqual([problem])
  })

  it('refuses a huge file without reading it', async () => {
    const path = await fileOf('huge', '{')
    const file = await open(path, 'r+')
    await file.truncate(3 * 2 ** 30)
    await file.close()
    expect(await problemsOf(() => readInputFile(path))).toEqual([
      'it is too large: 3072 MiB, and at most 256 MiB are read',
    ])
  })

  it('tells a file that may not be read from one that is not there', () => {
    // the error itself: a test that runs as root may read everything
    expect(reasonOf(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }))).toBe(
      'permission to read it is denied',
    )
  })
})
