import type { TaskDefinition } from 'taskwright'
import { defineTask } from 'taskwright'
import type { LifecycleOptions } from 'taskwright/testing'
import { lifecycleCases } from 'taskwright/testing'
import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { z } from 'zod'
import { untyped } from '../integration/untyped.ts'

const base = { kind: 'processing', input: z.string(), output: z.string() } as const

/** What the one case of a definition that cannot be walked says. */
async function complaint(suite: Iterable<{ name: string; run(): Promise<void> }>): Promise<string> {
  const cases = [...suite]
  expect(cases.map(({ name }) => name)).toEqual([expect.stringMatching(/can be walked$/)])
  const thrown = await cases[0]?.run().catch((error: Error) => error)
  return thrown instanceof Error ? thrown.message : 'nothing'
}

describe('a definition that cannot be walked says why, and what to supply', () => {
  test('no sample fits its schema', async () => {
    const picky = defineTask({
      ...base,
      type: 'picky',
      input: z.string().refine((text) => text === 'xyzzy'),
      run: (_, text) => text,
    })
    const message = await complaint(await lifecycleCases(picky))
    expect(message).toContain('no sample was found for the input of picky')
    expect(message).toContain('give the option `inputs`')
  })

  test('a sample that was given does not fit', async () => {
    const counting = defineTask({ ...base, type: 'counting', input: z.object({ n: z.number() }), run: () => 'x' })
    const message = await complaint(await lifecycleCases(counting, { inputs: [untyped<{ n: number }>({ n: 'one' })] }))
    expect(message).toContain('n: Invalid input: expected number, received string')
    expect(message).toContain('give inputs as a caller of submit would')
  })

  test('a handler that ignores its signal and never ends', async () => {
    const deaf = defineTask({ ...base, type: 'deaf', run: () => new Promise<string>(() => undefined) })
    const message = await complaint(await lifecycleCases(deaf, { inputs: ['x'] }))
    expect(message).toContain('it ignores its signal')
    expect(message).toContain('pass task.signal to what it awaits')
  })

  test('a machine that goes round in circles', async () => {
    const circles = setup({ types: {} as { output: string } }).createMachine({
      initial: 'a',
      states: { a: { always: 'b' }, b: { always: 'a' } },
      output: '',
    })
    const message = await complaint(
      await lifecycleCases(defineTask({ ...base, type: 'circles', run: circles }), { inputs: ['x'] }),
    )
    expect(message).toContain('Infinite loop detected')
  })

  test('a handler that fails whatever it is given', async () => {
    const broken = defineTask({
      ...base,
      type: 'broken',
      run: (): string => {
        throw new TypeError('oops')
      },
    })
    const message = await complaint(await lifecycleCases(broken, { inputs: ['x', 'y'] }))
    expect(message).toContain('broken completes with none of its inputs')
    expect(message).toContain('it fails with: oops')
  })

  test('a demand that its pools can never hold', async () => {
    const large = defineTask({ ...base, type: 'large', demand: { slots: 10 }, run: (_, text) => text })
    const options = { inputs: ['x'], runtime: { pools: { default: { slots: 2 } } } }
    expect(await complaint(await lifecycleCases(large, options))).toContain('slots: 10 asked, but the capacity is 2')
  })
})

describe('what has no end is cut off, and the report says so', () => {
  test('a chart whose context grows for ever', async () => {
    const growing = setup({
      types: {} as { context: { n: number }; output: string },
      actions: { count: assign({ n: ({ context }) => context.n + 1 }) },
    }).createMachine({
      context: { n: 0 },
      initial: 'a',
      states: { a: { entry: 'count', after: { 10: 'b' } }, b: { after: { 10: 'a' } } },
      output: '',
    })
    const suite = await lifecycleCases(defineTask({ ...base, type: 'growing', run: growing }), { inputs: ['x'] })
    expect(suite.cutOff).toEqual([expect.objectContaining({ what: 'places of the handler’s machine' })])
  })

  test('a handler that sleeps and goes on for ever', async () => {
    const poller = defineTask({
      ...base,
      type: 'poller',
      run: async (task): Promise<string> => {
        for (;;) await task.sleep('1h')
      },
    })
    const suite = await lifecycleCases(poller, { inputs: ['x'], faults: ['throw'], walks: { runs: 0 } })
    expect(suite.cutOff).toEqual([expect.objectContaining({ what: 'points of the handler' })])
  })

  test('more paths than the limit', async () => {
    const echo = defineTask({ ...base, type: 'echo', run: (_, text) => text })
    const suite = await lifecycleCases(echo, { inputs: ['x'], limit: 10, walks: { runs: 0 } })
    expect(suite.paths).toBe(10)
    expect(suite.cutOff).toEqual([{ what: 'paths', count: expect.any(Number), limit: 'the limit of 10 paths' }])
  })
})

test('options that are not valid are refused, with every problem', async () => {
  const options = untyped<LifecycleOptions>({ inputs: [], coverage: 'all', faults: ['boom'], tresholds: {} })
  const refused = lifecycleCases(untyped<TaskDefinition>({ type: 'x' }), options)
  const message = await refused.then(
    () => '',
    (error: Error) => error.message,
  )
  for (const part of ['no task definition', 'at least one sample input', 'faults[0]', 'not a goal', '"tresholds"'])
    expect(message).toContain(part)
})
