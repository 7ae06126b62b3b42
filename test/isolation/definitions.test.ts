import { createRuntime, defineTask, handlerFile, parallel, scriptHandler } from 'taskwright'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createMachine } from 'xstate'
import { z } from 'zod'
import type { everything } from './fixtures/work.ts'
import { sandboxed } from './sandboxed.ts'

const file = new URL('./fixtures/work.ts', import.meta.url)
const base = { type: 'work', kind: 'processing', input: z.object({ a: z.number() }) } as const

/** @returns what was refused, or `null` */
function problemsOf(define: () => unknown): readonly string[] | null {
  try {
    define()
    return null
  } catch (thrown) {
    return thrown instanceof Error && 'problems' in thrown && Array.isArray(thrown.problems)
      ? thrown.problems
      : [String(thrown)]
  }
}

describe('a definition', () => {
  test.each(['thread', 'process', 'wasm'] as const)(
    'with a closure is refused at the level %s, with what to do',
    (isolation) => {
      const [problem] = problemsOf(() => defineTask({ ...base, isolation, run: () => 1 })) ?? []
      expect(problem).toContain(`cannot run at the level '${isolation}'`)
      expect(problem).toContain("handlerFile(new URL('./work.ts', import.meta.url), 'work')")
      expect(problemsOf(() => defineTask({ ...base, isolation, run: createMachine({}) }))?.[0]).toContain('handlerFile')
    },
  )

  test('with a handler file runs as a process if nothing else is said, with a script in wasm', () => {
    expect(defineTask({ ...base, run: handlerFile(file) }).handler).toMatchObject({
      form: 'isolated',
      level: 'process',
    })
    expect(defineTask({ ...base, run: scriptHandler('export default () => 1') }).handler).toMatchObject({
      level: 'wasm',
    })
    expect(defineTask({ ...base, isolation: 'thread', run: handlerFile(file) }).handler).toMatchObject({
      level: 'thread',
    })
  })

  test('lists every problem of its isolation', () => {
    expect(problemsOf(() => defineTask({ ...base, isolation: 'wasm', run: handlerFile(file) }))?.[0]).toContain(
      'scriptHandler(…)',
    )
    expect(problemsOf(() => defineTask({ ...base, isolation: 'process', run: scriptHandler('1') }))?.[0]).toContain(
      "'wasm'",
    )
    expect(problemsOf(() => defineTask({ ...base, can: { read: ['/x'] }, sandbox: {}, run: () => 1 }))).toHaveLength(2)
    const can = { fetch: ['https://a.example/path', 'ok.example'], read: ['relative'], secrets: [''] }
    expect(problemsOf(() => defineTask({ ...base, can, run: handlerFile(file) }))).toHaveLength(3)
    expect(problemsOf(() => defineTask({ ...base, sandbox: { memoryMb: 1 }, run: handlerFile(file) }))).toHaveLength(1)
    expect(problemsOf(() => handlerFile('./work.ts'))?.[0]).toContain('file: address')
    expect(problemsOf(() => scriptHandler(''))).toHaveLength(1)
  })

  test('keeps the types of its handler, if they are named', () => {
    const run = handlerFile<typeof everything>(file, 'everything')
    const fit = defineTask({ ...base, output: z.object({ doubled: z.number() }), run })
    expectTypeOf<z.output<(typeof fit)['output']>>().toEqualTypeOf<{ doubled: number }>()
    // @ts-expect-error the handler takes a number
    defineTask({ ...base, input: z.object({ a: z.string() }), run })
    // @ts-expect-error the handler gives a number
    defineTask({ ...base, output: z.object({ doubled: z.string() }), run })
    expect(fit.handler.form).toBe('isolated')
  })
})

describe('the floor', () => {
  const inline = defineTask({ ...base, run: () => 1 })

  test('refuses what runs below it: at the start, in flows, and when it is submitted', async () => {
    const isolation = { floor: 'process' } as const
    const refused = {
      code: 'ISOLATION_TOO_LOW',
      message: expect.stringContaining("nothing may run below the level 'process'"),
    }
    await expect(createRuntime({ isolation, tasks: [inline] })).rejects.toMatchObject(refused)
    const flow = parallel({ type: 'flow', members: { inline } })
    await expect(createRuntime({ isolation, tasks: [flow] })).rejects.toMatchObject(refused)
    const runtime = await createRuntime({ isolation })
    await expect(runtime.submit(inline, { a: 1 })).rejects.toMatchObject(refused)
    await expect(runtime.submit(flow, { a: 1 })).rejects.toMatchObject(refused)
    expect(runtime.list()).toEqual([])
    await runtime.stop()
  })

  test('cannot be passed under by another definition of a type that is known', async () => {
    const fit = sandboxed('wasm', 'long')
    const runtime = await createRuntime({ isolation: { floor: 'wasm' }, tasks: [fit] })
    const other = defineTask({ type: fit.type, kind: 'processing', input: z.unknown(), run: () => 'inline' })
    await expect(runtime.submit(other, null)).rejects.toMatchObject({ code: 'ISOLATION_TOO_LOW' })
    expect(await (await runtime.submit(fit, null)).result()).toHaveLength(200_000)
    await runtime.stop()
  })

  test('raises a handler file that asks for less, and refuses it where no file can run', async () => {
    const definition = sandboxed('thread', 'long')
    const raised = await createRuntime({
      isolation: { floor: 'process', process: { bubblewrap: '/nowhere/bwrap' } },
      tasks: [definition],
    })
    // That it was raised shows in what is missing.
    expect(await (await raised.submit(definition, null)).outcome()).toMatchObject({
      failure: { code: 'ISOLATION_UNAVAILABLE', retryable: false },
    })
    await raised.stop()
    await expect(createRuntime({ isolation: { floor: 'wasm' }, tasks: [definition] })).rejects.toMatchObject({
      code: 'ISOLATION_TOO_LOW',
    })
  })

  test('leaves flows alone, whose code is the runtime’s own', async () => {
    const member = sandboxed('wasm', 'long')
    const flow = parallel({ type: 'flow', members: { member } })
    const runtime = await createRuntime({ isolation: { floor: 'wasm' }, tasks: [flow] })
    expect(await (await runtime.submit(flow, { member: null })).result()).toMatchObject({ member: expect.any(String) })
    await runtime.stop()
  })
})
