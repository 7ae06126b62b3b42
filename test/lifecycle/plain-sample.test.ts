import { defineTask, map, parallel, sequence } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { plainSample } from '../../src/testing/lifecycle/plain-sample.ts'
import { plainInput } from '../../src/testing/lifecycle/samples.ts'

const tree = z.object({
  name: z.string(),
  get children() {
    return z.array(tree).optional()
  },
})
const endless = z.object({
  get next() {
    return endless
  },
})

describe('the plainest value of a schema', () => {
  test.each<[string, z.ZodType, unknown]>([
    ['texts are called after their property', z.object({ title: z.string() }), { title: 'title' }],
    ['as long as they must be', z.object({ id: z.string().min(4).max(5) }), { id: 'id..' }],
    ['and as short', z.object({ description: z.string().max(4) }), { description: 'desc' }],
    ['formats', z.tuple([z.email(), z.url(), z.iso.date()]), ['ada@example.com', 'https://example.com', '2026-01-01']],
    ['numbers', z.tuple([z.number(), z.int().min(5), z.number().max(-3), z.number().gt(2)]), [1, 5, -3, 3]],
    ['steps', z.tuple([z.number().multipleOf(7).min(8), z.number().gt(0).lt(1)]), [14, 0.5]],
    ['what is optional is left out', z.object({ a: z.boolean(), b: z.string().optional() }), { a: true }],
    ['and what has a default', z.object({ a: z.null(), b: z.string().default('x') }), { a: null }],
    [
      'the first of a choice',
      z.object({ a: z.enum(['x', 'y']), b: z.union([z.literal(7), z.string()]) }),
      { a: 'x', b: 7 },
    ],
    ['lists have one item, called after them', z.object({ names: z.array(z.string()) }), { names: ['name'] }],
    ['or as many as they must', z.array(z.boolean()).min(2), [true, true]],
    [
      'what JSON has no word for',
      z.tuple([z.bigint(), z.undefined(), z.date()]),
      [1n, undefined, new Date('2026-01-01T12:00:00Z')],
    ],
    ['both of two', z.intersection(z.object({ a: z.boolean() }), z.object({ b: z.null() })), { a: true, b: null }],
    ['records are empty', z.record(z.string(), z.number()), {}],
    ['a schema within itself', tree, { name: 'name' }],
    ['what goes in, not what comes out', z.string().transform((text) => text.length), 'text'],
  ])('%s', (_, schema, value) => {
    expect(plainSample(schema)).toEqual({ value })
    expect(schema.safeParse(value).success).toBe(true)
  })

  test('is nothing where there is no end, or no value', () => {
    expect(plainSample(endless)).toBe(null)
    expect(plainSample(z.number().gt(1).lt(1))).toBe(null)
  })
})

test('the input of a flow is told from its members', async () => {
  const input = z.object({ id: z.string() })
  const one = defineTask({ type: 'one', kind: 'processing', input, output: input, run: (_, it) => it })
  const value = { id: 'id' }
  expect(await plainInput(one)).toEqual({ value })
  expect(await plainInput(sequence({ type: 'in turn', members: [one, one] }))).toEqual({ value })
  expect(await plainInput(parallel({ type: 'both', members: { one } }))).toEqual({ value })
  expect(await plainInput(map({ type: 'each', member: one }))).toEqual({ value: [value] })
})

test('what does not pass a refinement is none', async () => {
  const picky = z.string().refine((text) => text === 'xyzzy')
  expect(await plainInput(defineTask({ type: 'picky', kind: 'processing', input: picky, run: () => 1 }))).toBe(null)
})
