import type { RuntimeOptions, TaskDefinition } from 'taskwright'
import { createRuntime, defineTask, defineTemplate, parallel } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

const greet = (version = 1) =>
  defineTask({
    type: 'greet',
    kind: 'processing',
    version,
    description: `greets, version ${version}`,
    input: z.object({
      name: z.string().min(1),
      loud: z.boolean().default(false),
      tags: z.array(z.string()).default([]),
    }),
    output: z.object({ text: z.string() }),
    run: (_, { name, loud, tags }) => ({
      text: [`${loud ? 'HELLO' : 'hello'} ${name} v${version}`, ...tags].join(' '),
    }),
  })

describe('definitions', () => {
  test('are listed with JSON Schemas of what goes in and what comes out', async () => {
    const { runtime } = await virtualWorld({ tasks: [greet(1), greet(2)] })
    const [first, second] = runtime.registry.list()
    expect(first).toMatchObject({
      type: 'greet',
      version: 1,
      kind: 'processing',
      description: 'greets, version 1',
      inputSchema: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', minLength: 1 }, loud: { type: 'boolean', default: false } },
      },
      outputSchema: { type: 'object', properties: { text: { type: 'string' } } },
    })
    expect(second).toMatchObject({ type: 'greet', version: 2 })
  })

  test('what JSON Schema cannot say is left open in the list, and does not break it', async () => {
    const odd = defineTask({
      type: 'odd',
      kind: 'processing',
      input: z.object({ at: z.date(), big: z.bigint(), any: z.custom<() => void>(), late: z.lazy(() => z.string()) }),
      output: z.string().transform((text) => new Set(text)),
      run: () => 'x',
    })
    const flow = parallel({ type: 'flow', members: { odd } })
    const { runtime } = await virtualWorld({ tasks: [odd, flow] })
    expect(JSON.parse(JSON.stringify(runtime.registry.list()))).toHaveLength(2)
  })

  test('by type alone the highest version is meant, whatever the order of registering', async () => {
    const { runtime, run } = await virtualWorld({ tasks: [greet(2), greet(10), greet(9)] })
    const handle = await runtime.submit('greet', { name: 'Ada' })
    expect(await run(handle.result())).toEqual({ text: 'hello Ada v10' })
    const older = await runtime.submit(runtime.registry.get('greet', 2), { name: 'Ada' })
    expect(await run(older.result())).toEqual({ text: 'hello Ada v2' })
  })

  test('one that is not registered can be submitted as it is', async () => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(greet(), { name: 'Ada', loud: true })
    expect(await run(handle.result())).toEqual({ text: 'HELLO Ada v1' })
  })

  test('an unknown type names those that there are', async () => {
    const { runtime, refusal } = await virtualWorld({ tasks: [greet()] })
    expect(await refusal(runtime.submit('great', {}))).toMatchObject({
      code: 'UNKNOWN_TYPE',
      message: 'no task type great; registered are greet',
    })
    const { runtime: empty, refusal: refusalOfEmpty } = await virtualWorld()
    expect(await refusalOfEmpty(empty.submit('great', {}))).toMatchObject({
      message: 'no task type great; none is registered',
    })
    // Names that every object has are no types.
    expect(await refusal(runtime.submit('constructor', {}))).toMatchObject({ code: 'UNKNOWN_TYPE' })
    expect(await refusal(runtime.submit('__proto__', {}))).toMatchObject({ code: 'UNKNOWN_TYPE' })
  })

  test('a wrong version names those that there are', async () => {
    const { runtime } = await virtualWorld({ tasks: [greet(1), greet(3)] })
    expect(() => runtime.registry.get('greet', 2)).toThrow(
      expect.objectContaining({ code: 'WRONG_VERSION', message: 'task type greet has no version 2; it has 1, 3' }),
    )
  })

  test('two of one type and version are refused; the same one twice is one', async () => {
    const environment = (await virtualWorld()).environment
    await expect(createRuntime({ environment, tasks: [greet(1), greet(1)] })).rejects.toMatchObject({
      code: 'DUPLICATE_DEFINITION',
      message: expect.stringContaining('greet version 1'),
    })
    const one = greet()
    const { runtime } = await virtualWorld({ tasks: [one, one] })
    expect(runtime.registry.list()).toHaveLength(1)
  })

  test.each([[undefined], [null], [{}], [() => undefined]])(
    'submitting %s, which is no definition, is refused',
    async (what) => {
      const { runtime, refusal } = await virtualWorld()
      expect(await refusal(runtime.submit(untyped<TaskDefinition>(what), {}))).toMatchObject({
        code: 'UNKNOWN_TYPE',
        message: expect.stringContaining('defineTask'),
      })
    },
  )
})

describe('templates', () => {
  const quiet = defineTemplate({
    name: 'quiet',
    description: 'greets Ada',
    definition: greet(),
    input: { name: 'Ada', tags: ['a'] },
    options: { priority: 'low', labels: { from: 'template' } },
  })

  test('are listed', async () => {
    const { runtime } = await virtualWorld({ templates: [quiet] })
    expect(runtime.registry.listTemplates()).toEqual([
      {
        name: 'quiet',
        type: 'greet',
        version: 1,
        description: 'greets Ada',
        input: { name: 'Ada', tags: ['a'] },
        options: { priority: 'low', labels: { from: 'template' } },
      },
    ])
    expect(runtime.registry.list()).toHaveLength(1)
  })

  test('are submitted as they are, with fields before theirs, or with a draft of theirs edited', async () => {
    const { runtime, run } = await virtualWorld({ templates: [quiet] })
    const plain = await runtime.instantiate(quiet)
    expect(plain.view()).toMatchObject({ priority: 1, labels: { from: 'template' } })
    expect(await run(plain.result())).toEqual({ text: 'hello Ada v1 a' })

    const overridden = await runtime.instantiate(quiet, { name: 'Bob' }, { priority: 'high' })
    expect(overridden.view()).toMatchObject({ priority: 3, labels: { from: 'template' } })
    expect(await run(overridden.result())).toEqual({ text: 'hello Bob v1 a' })

    const edited = await runtime.instantiate('quiet', (draft: { tags: string[] }) => {
      draft.tags.push('b')
    })
    expect(await run(edited.result())).toEqual({ text: 'hello Ada v1 a b' })
    expect(await run((await runtime.instantiate(quiet)).result())).toEqual({ text: 'hello Ada v1 a' })
  })

  test('an incomplete one is completed by the caller, and else refused at the door', async () => {
    const loud = defineTemplate({ name: 'loud', definition: greet(), input: { loud: true } })
    const { runtime, run, refusal } = await virtualWorld({ templates: [loud] })
    expect(await run((await runtime.instantiate(loud, { name: 'Eve' })).result())).toEqual({ text: 'HELLO Eve v1' })
    expect(await refusal(runtime.instantiate(loud))).toMatchObject({
      code: 'INPUT_INVALID',
      problems: [expect.stringContaining('input.name')],
    })
  })

  test('inputs that are no plain objects are replaced, not merged', async () => {
    const year = defineTask({
      type: 'year',
      kind: 'processing',
      input: z.date(),
      output: z.number(),
      run: (_, date) => date.getUTCFullYear(),
    })
    const then = defineTemplate({ name: 'then', definition: year, input: untyped<Partial<Date>>(new Date(0)) })
    const { runtime, run } = await virtualWorld({ templates: [then] })
    expect(await run((await runtime.instantiate('then')).result())).toBe(1970)
    expect(await run((await runtime.instantiate('then', new Date('2001-02-03'))).result())).toBe(2001)
  })

  test('an unknown one names those that there are', async () => {
    const { runtime, refusal } = await virtualWorld({ templates: [quiet] })
    expect(await refusal(runtime.instantiate('loud'))).toMatchObject({
      code: 'UNKNOWN_TEMPLATE',
      message: 'no template loud; registered are quiet',
    })
  })

  test('two of one name are refused, and so is one with bad options or another definition of the type', async () => {
    const refused = async (options: RuntimeOptions) => createRuntime(options)
    await expect(refused({ templates: [quiet, quiet] })).rejects.toMatchObject({ code: 'DUPLICATE_TEMPLATE' })
    const bad = defineTemplate({
      name: 'bad',
      definition: greet(),
      options: { demand: { slots: -1 }, delay: untyped('soon') },
    })
    await expect(refused({ templates: [bad] })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('template bad'),
      problems: [expect.stringContaining('delay'), expect.stringContaining('demand.slots')],
    })
    await expect(refused({ tasks: [greet()], templates: [quiet] })).rejects.toMatchObject({
      code: 'DUPLICATE_DEFINITION',
    })
  })

  test('a recipe that is async, or has nothing to edit, is refused', async () => {
    const bare = defineTemplate({ name: 'bare', definition: quiet.definition })
    const { runtime, refusal, types } = await virtualWorld({ templates: [quiet, bare] })
    const late = async (draft: { name?: string }) => {
      await Promise.resolve()
      draft.name = 'too late'
    }
    expect(await refusal(runtime.instantiate(quiet, late))).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('async'),
    })
    expect(await refusal(runtime.instantiate(bare, () => undefined))).toMatchObject({ code: 'INPUT_INVALID' })
    expect(types()).not.toContain('task.created')
  })
})
