import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprint, plan } from '../../../examples/repo-audit/batches.ts'
import type { SourceFile } from '../../../examples/repo-audit/findings.ts'
import { limits } from '../../../examples/repo-audit/limits.ts'

const walked = (files: SourceFile[]) => ({ files, skipped: [], folders: 1, ignored: 0 })

const filesArbitrary = fc.uniqueArray(
  fc
    .record({ path: fc.string({ minLength: 1 }), bytes: fc.nat(3 * limits.fileBytes) })
    .map(({ path, bytes }): SourceFile => ({ path, name: `${path}.ts`, bytes, changedAt: 0 })),
  { selector: ({ path }) => path, maxLength: 300 },
)

test('every file is in one batch, in order; batches are small in number of files and in bytes', () => {
  fc.assert(
    fc.property(filesArbitrary, (files) => {
      const { batches, files: count, bytes } = plan([walked(files)])
      const planned = batches.flatMap((batch) => batch.files)
      expect(planned.map(({ name }) => name)).toEqual(files.map(({ name }) => name).sort())
      expect(count).toBe(files.length)
      expect(bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0))
      expect(batches.map(({ number }) => number)).toEqual(batches.map((_, index) => index + 1))
      for (const batch of batches) {
        expect(batch.files.length).toBeLessThanOrEqual(64)
        const size = batch.files.reduce((sum, file) => sum + file.bytes, 0)
        if (batch.files.length > 1) expect(size).toBeLessThanOrEqual(limits.batchBytes)
      }
    }),
  )
})

test('the plan does not depend on the order in which the files were found', () => {
  fc.assert(
    fc.property(filesArbitrary, (files) => {
      expect(plan([walked(files.toReversed())])).toEqual(plan([walked(files)]))
    }),
  )
})

test('a file under two folders is taken once', () => {
  const file = { path: '/a/b.ts', name: 'b.ts', bytes: 1, changedAt: 0 }
  expect(plan([walked([file]), walked([{ ...file, name: 'a/b.ts' }])]).files).toBe(1)
})

test('more code than is compared is left out and counted', () => {
  const size = limits.fileBytes
  const fit = limits.comparedBytes / size
  const files = Array.from({ length: fit + 3 }, (_, index) => ({
    path: `/${index}`,
    name: `f${String(index).padStart(3, '0')}.ts`,
    bytes: size,
    changedAt: 0,
  }))
  const { compared, leftOut, batches } = plan([
    walked([...files, { path: '/data', name: 'data.json', bytes: 1, changedAt: 0 }]),
  ])
  expect(compared).toHaveLength(fit)
  expect(leftOut).toBe(3)
  expect(compared.map(({ name }) => name)).not.toContain('data.json')
  const marked = batches.flatMap((batch) => batch.files).filter((file) => file.compared)
  expect(marked.map(({ name }) => name)).toEqual(compared.map(({ name }) => name))
})

test('code that was changed, came or went is told from code that was not', () => {
  const file = { path: '/a.ts', name: 'a.ts', bytes: 1, changedAt: 5 }
  const as = (...files: SourceFile[]) => fingerprint([walked(files)])
  expect(as(file)).toBe(as({ ...file }))
  for (const other of [[], [{ ...file, bytes: 2 }], [{ ...file, changedAt: 6 }], [file, { ...file, path: '/b.ts' }]])
    expect(as(...other)).not.toBe(as(file))
})
