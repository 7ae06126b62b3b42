import fc from 'fast-check'
import type { LimitsInput, TaskContext } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isLarger } from '../../src/model/limits.ts'
import { CrashingHost } from '../integration/crashing-host.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'

/** Runs a handler under limits. */
async function tried(limits: LimitsInput, run: (task: TaskContext) => unknown, input: unknown = null) {
  const world = await virtualWorld({ limits })
  const definition = defineTask({ type: 'tried', kind: 'control', input: z.unknown(), demand: {}, run })
  const handle = await world.runtime.submit(definition, input)
  return { ...world, handle, outcome: await world.run(handle.outcome()) }
}

const large = 'x'.repeat(1_000)

describe('limits', () => {
  test('an input, with its options, before its schema is asked', async () => {
    let asked = 0
    const counting = z.unknown().refine(() => {
      asked += 1
      return true
    })
    const definition = defineTask({ type: 'small', kind: 'control', input: counting, run: () => 1 })
    const { runtime } = await virtualWorld({ limits: { inputBytes: 500 } })
    const refusal = { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('larger than 500 bytes') }
    await expect(runtime.submit(definition, large)).rejects.toMatchObject(refusal)
    await expect(runtime.submit(definition, 1, { labels: { note: large } })).rejects.toMatchObject(refusal)
    await expect(runtime.submit(definition, { deep: [new Map([['k', { large }]])] })).rejects.toMatchObject(refusal)
    expect(asked).toBe(0)
    await runtime.submit(definition, 'x'.repeat(300))
    expect(asked).toBe(1)
  })

  test('an output: the definition’s own limit counts if it is less', async () => {
    expect((await tried({ outputBytes: 500 }, () => large)).outcome).toMatchObject({
      failure: { code: 'OUTPUT_TOO_LARGE' },
    })
    expect((await tried({ outputBytes: 5_000 }, () => large)).outcome.status).toBe('completed')
  })

  test('the result of a step', async () => {
    const { outcome } = await tried({ resultBytes: 500 }, (task) => task.step('big', () => large))
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining('larger than 500 bytes'), retryable: false },
    })
  })

  test('an answer: the question stays open', async () => {
    const world = await virtualWorld({ limits: { answerBytes: 500 } })
    const asking = defineTask({
      type: 'asking',
      kind: 'control',
      input: z.null(),
      run: (task) => task.ask(z.string(), 'what?'),
    })
    const handle = await world.runtime.submit(asking, null)
    await world.advance(1)
    await expect(handle.answer(large)).rejects.toMatchObject({ code: 'ANSWER_INVALID' })
    await world.run(handle.answer('short'))
    expect(await world.run(handle.result())).toBe('short')
  })

  test('texts are cut, and nothing of a secret is left at the cut', async () => {
    const { events, outcome, handle } = await tried({ textBytes: 200 }, (task) => {
      task.log.info(large, { large })
      task.progress(0.5, large)
      // The cut goes through the middle of it.
      task.log.info(`${'y'.repeat(190)} password=${'secret'.repeat(100)}`)
      throw new Error(large)
    })
    const [first, second] = events.filter(({ type }) => type === 'task.log')
    expect(first).toMatchObject({
      message: `${'x'.repeat(200)}… (200 characters more)`,
      data: { cut: expect.any(String) },
    })
    expect(JSON.stringify(second)).not.toContain('secret')
    expect(outcome).toMatchObject({ failure: { message: expect.stringMatching(/^x{200}… /) } })
    expect(handle.view().progress.message.length).toBeLessThan(300)
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(1_000)
  })

  test('log lines of an attempt', async () => {
    const { events } = await tried({ logLines: 3 }, (task) => {
      for (let line = 0; line < 100; line += 1) task.log.info(`line ${line}`)
    })
    const lines = events.flatMap((event) => (event.type === 'task.log' ? [event.message] : []))
    expect(lines).toEqual(['line 0', 'line 1', 'line 2', expect.stringContaining('dropped')])
  })

  test('steps', async () => {
    const { outcome } = await tried({ steps: 3 }, async (task) => {
      for (let step = 0; step < 10; step += 1) await task.step(`${step}`, () => step)
    })
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining('a task may have 3 steps'), retryable: false },
    })
  })

  test('children, and their depth, over a recovery too', async () => {
    const nested = defineTask({
      type: 'nested',
      kind: 'control',
      input: z.number(),
      demand: {},
      async run(task, levels): Promise<number> {
        await task.sleep(10)
        return levels === 0 ? 0 : 1 + z.number().parse(await (await task.submit(nested, levels - 1)).result())
      },
    })
    const world = await virtualWorld({ limits: { depth: 3 }, tasks: [nested] })
    expect(await world.run((await world.runtime.submit(nested, 3)).result())).toBe(3)
    const deeper = await world.run((await world.runtime.submit(nested, 4)).outcome())
    expect(deeper).toMatchObject({ failure: { message: expect.stringContaining('4 tasks deep, and 3 are allowed') } })

    const host = new CrashingHost()
    const first = await host.boot({ limits: { depth: 3 }, tasks: [nested] })
    const { id } = await first.runtime.submit(nested, 4)
    await first.advance(25)
    host.crash()
    const second = await host.boot({ limits: { depth: 3 }, tasks: [nested] })
    const outcome = await second.run(second.runtime.get(id)?.outcome() ?? Promise.reject(new Error('it is gone')))
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('4 tasks deep') } })

    const leaf = defineTask({ type: 'leaf', kind: 'control', input: z.null(), demand: {}, run: () => 1 })
    const many = await tried({ children: 3 }, async (task) => {
      for (let child = 0; child < 10; child += 1) await task.submit(leaf, null)
    })
    expect(many.outcome).toMatchObject({
      failure: { message: expect.stringContaining('as many as limits.children allows') },
    })
  })

  test('limits that are none are refused', async () => {
    await expect(virtualWorld({ limits: { depth: -1, textBytes: 3 } })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
  })
})

describe('what comes from outside is data', () => {
  test('schemas, patterns and code in it are not evaluated', async () => {
    const bombs = [
      { type: 'object', pattern: '(a+)+$', $ref: '#', properties: { x: { $ref: '#' } } },
      { $regex: '(a+)+$', $where: 'while(true);' },
      { __proto__: { polluted: true }, constructor: { prototype: { polluted: true } } },
      JSON.parse('{"__proto__":{"polluted":true}}'),
      JSON.parse('{"toString":"x","valueOf":1,"then":"y","toJSON":"z"}'),
      `${'a'.repeat(50_000)}!`,
    ]
    for (const bomb of bombs) {
      const startedAt = performance.now()
      const { outcome } = await tried(
        {},
        (task) => {
          task.log.info('got', { bomb })
          return 'done'
        },
        bomb,
      )
      expect(outcome).toMatchObject({ output: 'done' })
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test('a value nested beyond all measure is refused, not run into', async () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 200_000; level += 1) deep = [deep]
    const host = new CrashingHost()
    const { runtime } = await host.boot()
    const any = defineTask({ type: 'any', kind: 'control', input: z.unknown(), run: () => 1 })
    await expect(runtime.submit(any, deep)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    const limited = await virtualWorld({ limits: { inputBytes: 10_000 } })
    await expect(limited.runtime.submit(any, deep)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

test('a size is about that of the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = Buffer.byteLength(JSON.stringify(value))
      expect(isLarger(value, 2 * bytes + 20)).toBe(false)
      expect(isLarger(value, Math.floor(bytes / 4) - 1)).toBe(true)
    }),
    { seed: 8, numRuns: 1_000 },
  )
})
