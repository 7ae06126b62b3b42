import { defineTask, graph, map, parallel, sequence } from 'taskwright'
import { describeLifecycle, lifecycleCases } from 'taskwright/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const trip = z.object({ id: z.string() })

const book = defineTask({
  type: 'book',
  kind: 'integration',
  input: trip,
  output: trip,
  retry: { attempts: 2, backoff: 10, jitter: false },
  async run(task, { id }) {
    await task.step('reserve', () => id, { undo: () => undefined })
    return { id }
  },
})

const pay = defineTask({
  type: 'pay',
  kind: 'integration',
  input: trip,
  output: trip,
  async run(task, { id }) {
    await task.step('charge', () => id, { undo: () => undefined })
    return { id }
  },
})

const all = { states: 100, transitions: 100, guards: 100, pairs: 100 }

describeLifecycle(sequence({ type: 'in turn', members: [book, pay] }), { inputs: [{ id: 'rome' }], thresholds: all })
describeLifecycle(parallel({ type: 'side by side', members: { book, pay } }), { thresholds: all })
describeLifecycle(parallel({ type: 'all settled', members: { book, pay }, onFailure: 'settle-all' }), {
  thresholds: all,
})
describeLifecycle(map({ type: 'each', member: book, concurrency: 2 }), {
  inputs: [[{ id: 'rome' }, { id: 'oslo' }]],
  thresholds: all,
})
describeLifecycle(
  graph({
    type: 'as they depend',
    input: trip,
    nodes: (node) => ({
      book: node(book, { input: ({ input }) => input }),
      pay: node(pay, { after: { book }, input: ({ book }) => book }),
    }),
  }),
  { thresholds: all },
)

async function failuresOf(cases: Iterable<{ name: string; run(): Promise<void> }>): Promise<string[]> {
  const failures: string[] = []
  for (const { name, run } of cases) await run().catch((thrown: Error) => failures.push(`${name}: ${thrown.message}`))
  return failures
}

test('the endings of two members are varied together', async () => {
  const suite = await lifecycleCases(parallel({ type: 'both', members: { book, pay } }), { walks: { runs: 0 } })
  const names = [...suite].map(({ name }) => name)
  expect(names).toContain(
    'queued → executing → rollingBack → failed, after child "book" fails for good and the undo of child "pay", charge keeps throwing',
  )
  expect(names).toContain('queued → executing → rollingBack → failed, after child "book" and child "pay" fail for good')
})

test('a member that forgets how to undo what it has done is found', async () => {
  const forgetful = defineTask({
    type: 'pay',
    kind: 'integration',
    input: trip,
    output: trip,
    async run(task, { id }) {
      await task.step('charge', () => id)
      return { id }
    },
  })
  const flow = (member: typeof pay) => parallel({ type: 'trip', members: { book, pay: member } })
  const suite = await lifecycleCases(flow(pay), { walks: { runs: 0 }, subject: flow(forgetful) })
  const failures = await failuresOf(suite)
  expect(failures.some((failure) => failure.includes('child "pay"'))).toBe(true)
})
