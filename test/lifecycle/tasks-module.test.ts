import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { LifecycleError } from '../../src/testing/lifecycle/lifecycle-error.ts'
import { loadTasksModule } from '../../src/testing/tasks-module.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-modules-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const head = `
  import { defineTask } from ${JSON.stringify(import.meta.resolve('../../src/index.ts'))}
  import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
  const named = (type: string) =>
    defineTask({ type, kind: 'processing', input: z.string(), output: z.string(), run: (_, text) => text })
`
let count = 0

function moduleOf(text: string, extension = '.ts'): string {
  count += 1
  const path = join(folder, `module-${count}${extension}`)
  writeFileSync(path, `${head}${text}`)
  return path
}

/** What is wrong with a module. */
async function problemsWith(path: string): Promise<string> {
  const thrown = await loadTasksModule(path).then(
    () => null,
    (error: unknown) => error,
  )
  return thrown instanceof LifecycleError ? thrown.problems.join('\n') : `not refused: ${thrown}`
}

describe('a module of task definitions', () => {
  test('gives what it exports, once each, with the samples of its type', async () => {
    const path = moduleOf(`
      export const b = named('two')
      export default b
      export const a = named('one')
      export const lifecycle = { one: { inputs: ['x'] } }
      export const unrelated = 7
    `)
    const { definitions, hidden } = await loadTasksModule(path)
    expect(definitions.map(({ name, definition, samples }) => [name, definition.type, samples])).toEqual([
      ['a', 'one', { inputs: ['x'] }],
      ['b', 'two', {}],
    ])
    expect(hidden).toEqual([])
  })

  test('tells of definitions that have no export of their own', async () => {
    const path = moduleOf(`
      export const a = named('one')
      export const tasks = [a, named('two')]
    `)
    const { definitions, hidden } = await loadTasksModule(path)
    expect(definitions.map(({ name }) => name)).toEqual(['a'])
    expect(hidden).toEqual([{ inExport: 'tasks', type: 'two' }])
  })

  test('may be exported by default only', async () => {
    const { definitions } = await loadTasksModule(moduleOf(`export default named('one')`))
    expect(definitions.map(({ name }) => name)).toEqual(['default'])
  })
})

describe('a module that cannot be used says why, and what to do', () => {
  test('it is not there, is a directory, or no module', async () => {
    mkdirSync(join(folder, 'tasks'))
    writeFileSync(join(folder, 'tasks.json'), '{}')
    expect(await problemsWith(join(folder, 'nowhere.ts'))).toBe('there is no such file')
    expect(await problemsWith(join(folder, 'tasks'))).toContain('it is a directory')
    expect(await problemsWith(join(folder, 'tasks.json'))).toContain('name a .ts, .mts, .js, .mjs file')
  })

  test('importing it throws', async () => {
    const path = moduleOf(`export const a = named('one')\nthrow new TypeError('no key for the model')`)
    expect(await problemsWith(path)).toContain('importing it throws TypeError: no key for the model')
    expect(await problemsWith(moduleOf(`throw 'a sentence'`))).toBe('importing it throws: a sentence')
  })

  test('it exports no definition', async () => {
    expect(await problemsWith(moduleOf('export const seven = 7'))).toContain('it exports no task definition')
    expect(await problemsWith(moduleOf('export const makeTasks = () => named("one")'))).toContain(
      'it exports functions (makeTasks): export the definitions that they make',
    )
    expect(await problemsWith(moduleOf('export const tasks = [named("one")]'))).toContain(
      '"one" in the export tasks needs an export of its own',
    )
  })

  test('its samples do not fit, and every problem is told', async () => {
    const path = moduleOf(`
      export const a = named('one')
      export const b = named('two')
      export const lifecycle = { one: { input: ['x'], faults: ['boom'] }, tow: {}, two: [] }
    `)
    const problems = await problemsWith(path)
    expect(problems).toContain('lifecycle of "one": faults[0]')
    expect(problems).toContain('Unrecognized key: "input"')
    expect(problems).toContain('lifecycle speaks of "tow", and the types that are exported are "one", "two"')
    expect(problems).toContain('must be an object with one entry for each type')
  })
})
