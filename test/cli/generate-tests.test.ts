import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { draftInThread } from '../../src/cli/generate-tests/draft-in-thread.ts'
import { runCommand } from './run-command.ts'

let folder = ''

beforeEach(() => {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-generate-')))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  folder = made
  write('package.json', '{ "type": "module" }')
})

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const testOf = (name: string) => `test/lifecycle/${name}.lifecycle.test.ts`

const head = `import { defineTask } from '${import.meta.resolve('../../src/index.ts')}'
import { z } from '${import.meta.resolve('zod')}'
import { setup } from '${import.meta.resolve('xstate')}'
const named = (type: string, input: z.ZodType = z.object({ text: z.string() })) =>
  defineTask({ type, kind: 'processing', input, run: (_, it) => it })
const machine = (...events: string[]) =>
  defineTask({
    type: 'machine',
    kind: 'control',
    input: z.object({}),
    run: setup({}).createMachine({
      initial: 'a',
      states: { a: { on: Object.fromEntries(events.map((event) => [event, 'b'])) }, b: { type: 'final' } },
    }),
  })
`
const moduleOf = (text: string, name = 'tasks.ts') => write(name, head + text)

/** As a formatter of the user's would leave it. */
function format(text: string, style: Readonly<Record<string, string>>): string {
  const flags = Object.entries(style).map(([name, value]) => `--${name}=${value}`)
  const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'))
  const args = [biome, 'format', '--stdin-file-path=generated.ts', ...flags]
  return execFileSync(process.execPath, args, { cwd: folder, input: text, encoding: 'utf8' })
}

const generate = (...args: string[]) => runCommand('generate-tests', join(folder, 'tasks.ts'), ...args)

interface Told {
  runner: string
  files: { type: string; path: string; fate: string; notes: string[] }[]
  orphans: string[]
  hidden: { inExport: string; type: string }[]
}

async function told(...args: string[]): Promise<Told> {
  const { code, out, err } = await generate('--json', ...args)
  expect([code, err]).toEqual([0, ''])
  const answer: Told = JSON.parse(out)
  return answer
}

const fates = ({ files }: Told) => files.map(({ fate }) => fate)

describe('a first run', () => {
  test('writes a file for each definition, beside the package of the module', async () => {
    moduleOf(`export const one = named('one')\nexport default named('two words')`)
    const { runner, files } = await told()
    expect(runner).toBe('node')
    expect(files).toEqual([
      { type: 'two words', path: join(folder, testOf('two-words')), fate: 'created', notes: [] },
      { type: 'one', path: join(folder, testOf('one')), fate: 'created', notes: [] },
    ])
    expect(read(testOf('one'))).toContain("import { one } from '../../tasks.ts'\n")
    expect(read(testOf('one'))).toContain("inputs: [{ text: 'text' }],\n")
    expect(read(testOf('two-words'))).toContain("import { default as definition } from '../../tasks.ts'\n")
  })

  test('writes for the runner that is installed, or asked for, where it is asked to, as the module is written', async () => {
    mkdirSync(join(folder, 'node_modules/vitest'), { recursive: true })
    write('node_modules/vitest/package.json', '{ "name": "vitest", "version": "4.0.0" }')
    moduleOf(`export const one = named('one')`)
    expect((await told()).runner).toBe('vitest')
    expect(read(testOf('one'))).toContain("import { describeLifecycle } from 'taskwright/testing'\n")
    write(
      'tasks.ts',
      read('tasks.ts')
        .replaceAll("'", '"')
        .replace(/^(import .*)$/gm, '$1;'),
    )
    await told('--runner', 'node', '--out', join(folder, 'elsewhere'))
    expect(read('elsewhere/one.lifecycle.test.ts')).toContain('import { describe, test } from "node:test";\n')
  })

  test('takes the samples of the module, and tells of events that have none', async () => {
    moduleOf(`
      export const going = machine('go', 'stay')
      export const lifecycle = { machine: { events: [{ type: 'go' }] } }
    `)
    await told()
    const text = read(testOf('going'))
    expect(text).toContain('  ...lifecycle.machine,\n')
    expect(text).toContain("//   { type: 'stay' },\n")
    expect(text).not.toContain("{ type: 'go' }")
  })

  test('says what to supply where no input can be told', async () => {
    moduleOf(`export const picky = named('picky', z.string().refine((text) => text === 'xyzzy'))`)
    const { files } = await told()
    expect(files[0]?.notes).toEqual([expect.stringContaining('give it an input in `inputs`: no sample was found')])
    expect(read(testOf('picky'))).toContain('// inputs: [],\n')
  })

  test('tells of definitions without an export of their own', async () => {
    moduleOf(`export const one = named('one')\nexport const tasks = [one, named('two')]`)
    expect((await told()).hidden).toEqual([{ inExport: 'tasks', type: 'two' }])
    expect((await generate()).err).toBe('"two" in the export tasks has no tests: give it an export of its own')
  })

  test('writes nothing when it is dry', async () => {
    moduleOf(`export const one = named('one')`)
    const { code, out } = await generate('--dry-run')
    expect([code, out]).toEqual([0, expect.stringContaining('nothing is written')])
    expect(readdirSync(folder).sort()).toEqual(['package.json', 'tasks.ts'])
  })
})

test('what is written is formatted', async () => {
  const input = `z.object({ people: z.array(z.object({ name: z.string(), address: z.object({ street: z.string(),
    city: z.string(), country: z.enum(["it's", 'no']) }), age: z.int() })), when: z.date(), big: z.bigint() })`
  moduleOf(`export const one = named('one', ${input})\nexport const going = machine('go', "it's")`)
  for (const runner of ['node', 'vitest']) {
    await told('--runner', runner)
    for (const name of ['one', 'going']) {
      const text = read(testOf(name))
      const style = { 'javascript-formatter-quote-style': 'single', semicolons: 'as-needed', 'indent-style': 'space' }
      expect(format(text, style)).toBe(text)
    }
  }
})

describe('a second run', () => {
  test('touches nothing that would be the same', async () => {
    moduleOf(`export const one = named('one')`)
    await told()
    const before = statSync(join(folder, testOf('one'))).mtimeMs
    expect(fates(await told())).toEqual(['unchanged'])
    expect(statSync(join(folder, testOf('one'))).mtimeMs).toBe(before)
  })

  test('renews a file that nobody has changed, a formatter aside', async () => {
    moduleOf(`export const going = machine('go')`)
    await told()
    const formatted = format(read(testOf('going')), {
      'javascript-formatter-quote-style': 'double',
      semicolons: 'always',
      'indent-style': 'tab',
      'line-width': '50',
      'line-ending': 'crlf',
    })
    expect(formatted).not.toBe(read(testOf('going')))
    write(testOf('going'), formatted)
    expect(fates(await told())).toEqual(['unchanged'])
    expect(read(testOf('going'))).toBe(formatted)
    moduleOf(`export const going = machine('go', 'stay')`)
    expect(fates(await told())).toEqual(['renewed'])
    expect(read(testOf('going'))).toContain("//   { type: 'stay' },\n")
    expect(readdirSync(join(folder, 'test/lifecycle'))).toHaveLength(1)
  })

  test.each([
    ['a sample', (text: string) => text.replace('inputs: [{}]', "inputs: [{ n: 'a b' }]")],
    ['space within a text', (text: string) => text.replace('of machine', 'of  machine')],
    ['a comment', (text: string) => `${text}// mine\n`],
    ['the line that says whose it is', (text: string) => text.replace(/.*Made by.*\n/, '')],
    ['one character', (text: string) => text.replace('100', '90')],
  ])('keeps a file in which somebody has changed %s, and tells what is new', async (_, change) => {
    moduleOf(`export const going = machine('go')`)
    await told()
    const mine = change(read(testOf('going')))
    expect(mine).not.toBe(read(testOf('going')))
    write(testOf('going'), mine)
    const { files } = await told()
    expect(files).toMatchObject([{ fate: 'kept', notes: [] }])
    moduleOf(`export const going = machine('go', 'stay')\nexport const lifecycle = { machine: { limit: 9 } }`)
    const news = (await told('--runner', 'vitest')).files
    expect(news).toMatchObject([
      {
        fate: 'kept',
        notes: [
          'spread what the module now has in `lifecycle` for this type',
          'its machine now answers "stay": give a sample in `events` if it carries something',
          'it is written for the other test runner, not for vitest',
        ],
      },
    ])
    expect(read(testOf('going'))).toBe(mine)
  })

  test('tells of a file whose definition is gone, and leaves it', async () => {
    moduleOf(`export const one = named('one')\nexport const two = named('two')`)
    await told()
    moduleOf(`export const one = named('one')`)
    expect((await told()).orphans).toEqual([join(folder, testOf('two'))])
    expect(read(testOf('two'))).toContain('two')
  })

  test('never takes the place of another module’s tests', async () => {
    moduleOf(`export const one = named('one')`)
    await told()
    const before = read(testOf('one'))
    moduleOf(`export const one = named('one')`, 'more.ts')
    const { code, out } = await runCommand('generate-tests', join(folder, 'more.ts'))
    expect(code).toBe(1)
    expect(out).toContain(`it tests ${join(folder, 'tasks.ts')}: give --out another folder`)
    expect(read(testOf('one'))).toBe(before)
  })
})

describe('a module that cannot be used', () => {
  test('is refused with every problem, and nothing is written', async () => {
    const missing = await generate()
    expect(missing).toMatchObject({ code: 2, out: '', err: expect.stringContaining('there is no such file') })
    moduleOf(`throw new Error('no key')`)
    expect((await generate()).err).toContain('importing it throws Error: no key (line')
    moduleOf(`import './nowhere'`)
    expect((await generate()).err).toContain('write it as the file is called')
    moduleOf('enum Mood { kind }\nexport const one = named("one")')
    expect((await generate()).err).toContain('use no enum')
    moduleOf('process.exit(0)')
    expect((await generate()).err).toContain('it ends its process when it is imported')
    expect(readdirSync(folder).sort()).toEqual(['package.json', 'tasks.ts'])
  })

  test('has no hold on the command: what it starts ends, what it prints goes elsewhere', async () => {
    moduleOf(`setInterval(() => {}, 1000)\nconsole.log('hello')\nexport const one = named('one')`)
    const { code, out, err } = await generate('--json')
    expect([code, err]).toEqual([0, 'hello'])
    expect(JSON.parse(out)).toMatchObject({ files: [{ fate: 'created' }] })
  })

  test('that never ends is stopped', async () => {
    moduleOf('for (;;);')
    const { signal } = new AbortController()
    const request = { path: join(folder, 'tasks.ts'), out: folder, runner: 'node' } as const
    const drafted = draftInThread(request, { signal, onPrinted: () => undefined, limitMs: 1_000 })
    await expect(drafted).rejects.toThrow('it takes longer than 1 s: something in it does not end')
  })

  test('a folder that cannot be written to', async () => {
    moduleOf(`export const one = named('one')`)
    const { code, err } = await generate('--out', join(folder, 'package.json/tests'))
    expect(code).toBe(2)
    expect(err).toContain('package.json/tests')
  })

  test('and a call that is wrong', async () => {
    const { code, err } = await runCommand('generate-tests', '--runner', 'jest', '--outt', 'x')
    expect(code).toBe(2)
    expect(err).toContain('must be vitest or node; not "jest"')
    expect(err).toContain('unknown option "--outt"')
  })
})
