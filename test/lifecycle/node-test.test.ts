import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const file = join(import.meta.dirname, 'fixtures/with-node.ts')
const tap = ['--conditions=source', '--test', '--test-reporter=tap', file]

/** Vitest tells its children that they run under it: `node --test` is not to know. */
const { NODE_OPTIONS: _, VITEST: __, NODE_TEST_CONTEXT: ___, ...env } = process.env

test('the cases run with node:test', async () => {
  const { stdout } = await run(process.execPath, tap, { env })
  expect(stdout).toContain('completed, when nothing goes wrong')
  expect(stdout).toMatch(/# pass [1-9]\d\d/)
  expect(stdout).toContain('# fail 0')
})

test('and fail there where the subject is broken', async () => {
  const failed = await run(process.execPath, tap, { env: { ...env, BROKEN: 'yes' } }).then(
    () => null,
    (error: { code: number; stdout: string }) => error,
  )
  expect(failed?.code).toBe(1)
  expect(failed?.stdout).toMatch(/# fail [1-9]/)
})
