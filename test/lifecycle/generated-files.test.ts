import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InstalledProject } from './installed-project.ts'
import { installProject } from './installed-project.ts'

let project: InstalledProject

beforeAll(async () => {
  project = await installProject()
  project.write('src/tasks.ts', tasks('text.toUpperCase()'))
  const charts = fileURLToPath(new URL('../../examples/lifecycle', import.meta.url))
  cpSync(join(charts, 'payment.ts'), join(project.folder, 'src/payment.ts'))
}, 120_000)
afterAll(() => project.remove())

/** Two definitions, of which one goes on with what the other gives. */
function tasks(shouted: string): string {
  return `import { defineTask, sequence } from 'taskwright'
import { z } from 'zod'

const words = z.object({ text: z.string(), tone: z.enum(['kind', 'harsh']) })

export const shout = defineTask({
  type: 'shout',
  kind: 'processing',
  input: words,
  output: words,
  retry: { attempts: 2, backoff: 10, jitter: false },
  async run(task, { text, tone }) {
    await task.step('say', () => text, { undo: () => undefined })
    return { text: ${shouted}, tone }
  },
})

export const twice = sequence({ type: 'shout twice', members: [shout, shout] })
`
}

const vitest = (...args: string[]) => project.node('node_modules/vitest/vitest.mjs', 'run', ...args)

test('the files of an installed package run with Vitest', async () => {
  const generated = await project.taskwright('generate-tests', 'src/tasks.ts')
  expect(generated).toEqual({
    code: 0,
    text: [
      'src/tasks.ts: 2 definitions',
      '  test/lifecycle/shout.lifecycle.test.ts: created',
      '  test/lifecycle/twice.lifecycle.test.ts: created',
      'run them: npx vitest run test/lifecycle',
      '',
    ].join('\n'),
  })
  const { code, text } = await vitest('test/lifecycle')
  expect(text).toMatch(/Test Files +2 passed/)
  expect(text).toMatch(/Tests +[1-9]\d{2,} passed \(/)
  expect(code).toBe(0)
})

test('and with node --test, with the samples that the module has', async () => {
  const { code, text } = await project.taskwright(
    'generate-tests',
    'src/payment.ts',
    '--runner',
    'node',
    '--out',
    'node',
  )
  expect([code, text]).toEqual([0, expect.stringContaining('node/checkout.lifecycle.test.ts: created')])
  expect(readFileSync(join(project.folder, 'node/checkout.lifecycle.test.ts'), 'utf8')).toContain(
    'lifecycleCases(checkout, {\n  ...lifecycle.checkout,\n',
  )
  const run = await project.node('--test', '--test-reporter=tap', 'node/*.test.ts')
  expect(run.text).toMatch(/checkout: (\d+) of \1 paths walked/)
  expect(run.text).toMatch(/# pass [1-9]\d\d/)
  expect(run.text).toContain('# fail 0')
  expect(run.code).toBe(0)
})

test('they have no errors of types', async () => {
  await project.taskwright('generate-tests', 'src/tasks.ts')
  await project.taskwright('generate-tests', 'src/tasks.ts', '--runner', 'node', '--out', 'node')
  const strict = '--strict --noEmit --skipLibCheck --target es2024 --module nodenext --allowImportingTsExtensions'
  const settings = { compilerOptions: { types: ['node'] }, include: ['test', 'node', 'src'] }
  project.write('tsconfig.json', JSON.stringify(settings))
  const { code, text } = await project.node('node_modules/typescript/bin/tsc', '-p', '.', ...strict.split(' '))
  expect(text).toBe('')
  expect(code).toBe(0)
})

test('they fail when the definition breaks', async () => {
  await project.taskwright('generate-tests', 'src/tasks.ts')
  await project.taskwright('generate-tests', 'src/tasks.ts', '--runner', 'node', '--out', 'node')
  project.write('src/tasks.ts', tasks('text.length'))
  const withVitest = await vitest('test/lifecycle/shout.lifecycle.test.ts')
  expect(withVitest.code).toBe(1)
  expect(withVitest.text).toContain('shout completes with none of its inputs')
  const withNode = await project.node('--test', 'node/shout.lifecycle.test.ts')
  expect(withNode.code).toBe(1)
  expect(withNode.text).toContain('shout completes with none of its inputs')
})
