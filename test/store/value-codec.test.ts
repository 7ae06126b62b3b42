import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeValue, encodeValue } from '../../src/store/value-codec.ts'

/** As a value comes back from the disk. */
const throughText = (value: unknown): unknown => {
  const text = JSON.stringify({ value: encodeValue(value) })
  const read: { value?: unknown } = JSON.parse(text)
  return decodeValue(read.value)
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: false,
  withTypedArray: false,
  maxDepth: 4,
})

describe('a value that is written down', () => {
  test('comes back as it was: plain data of any kind', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(throughText(value)).toEqual(value)
      }),
    )
  })

  test('keeps what JSON alone would lose', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    const back = throughText(cyclic)
    expect(back).toHaveProperty('self', back)
    for (const value of [undefined, -0, Number.NaN, 10n, new Date(5), new Map([[1, new Set(['a'])]])])
      expect(throughText(value)).toEqual(value)
    expect(throughText({ $devalue: 'not ours' })).toEqual({ $devalue: 'not ours' })
  })

  test('is itself where JSON can hold it, so that a journal can be read', () => {
    const value = { text: 'é', list: [1, null, { deep: true }] }
    expect(encodeValue(value)).toBe(value)
  })

  test.each([[() => 1], [class Thing {}], [new (class Thing {})()], [Symbol('s')]])(
    'is refused if it cannot be: %s',
    (value) => {
      expect(() => encodeValue({ inner: [value] })).toThrow(/inner/)
    },
  )
})
