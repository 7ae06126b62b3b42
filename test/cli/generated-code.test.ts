import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CodeStyle } from '../../src/cli/generate-tests/code-style.ts'
import { styleOf } from '../../src/cli/generate-tests/code-style.ts'
import { imprinted, isSameCode, ownerOf } from '../../src/cli/generate-tests/imprint.ts'
import { literal } from '../../src/cli/generate-tests/literal.ts'

const styles: readonly CodeStyle[] = [
  { quote: "'", semicolon: '', indent: '  ' },
  { quote: '"', semicolon: ';', indent: '\t' },
]

/** Of this realm. */
const madeBy = (code: string): unknown => structuredClone(runInNewContext(`(${code})`))

test('a literal makes the value again, whatever is in it', () => {
  const value = fc.anything({ withBigInt: true, withDate: false, maxDepth: 4 })
  fc.assert(
    fc.property(value, fc.constantFrom(...styles), (given, style) => {
      const code = literal(given, style)
      if (code === null) return
      expect(madeBy(code)).toEqual(structuredClone(given))
    }),
    { seed: 4, numRuns: 3_000 },
  )
})

test('a literal of text and lists is never given up', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.constantFrom(...styles), (given, style) => {
      expect(madeBy(literal(given, style) ?? '')).toEqual(given)
    }),
    { seed: 4, numRuns: 1_000 },
  )
})

test('what no literal makes is given up', () => {
  const [style = { quote: "'", semicolon: '', indent: '' }] = styles
  for (const value of [
    new Map(),
    Number.NaN,
    -0,
    () => 1,
    [Symbol('x')],
    { a: { b: new Set() } },
    new Date(Number.NaN),
  ])
    expect(literal(value, style)).toBe(null)
  expect(madeBy(literal(new Date(7), style) ?? '')).toEqual(new Date(7))
})

test('any change of one character that a formatter would not make is an edit', () => {
  const text = imprinted(
    "// head\nimport { a } from './a.ts'\n\nwalk(a, {\n  inputs: [{ text: 'two words, and more;' }],\n})\n",
  )
  expect(ownerOf(text)).toBe('command')
  const spared = /^[\s;]$/
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      const isSpared = spared.test(character) || spared.test(text[at] ?? '') || ',\'"`'.includes(text[at] ?? '')
      if (changed === text || isSpared || ',\'"`'.includes(character)) return
      const isInMark = at > text.indexOf('\n') && at < text.indexOf('import')
      if (!isInMark) expect(ownerOf(changed)).toBe('person')
    }),
    { seed: 4, numRuns: 3_000 },
  )
  for (const [from, to] of [
    ['two words', 'two  words'],
    ['two words', 'twowords'],
    ['more;', 'more'],
    ['words,', 'words'],
    ['// head', '// heads'],
    ['import {', 'importx {'],
  ] as const)
    expect([from, isSameCode(text, text.replace(from, to))]).toEqual([from, false])
})

test('the style is that of the imports', () => {
  expect(styleOf('import { a } from "a";\nimport b from "b";\nconst x = \'y\'\n')).toMatchObject({
    quote: '"',
    semicolon: ';',
  })
  expect(styleOf("import { a } from 'a'\nimport b from 'b'\nconst x = 1;\n")).toMatchObject({
    quote: "'",
    semicolon: '',
  })
  expect(styleOf("import a from 'a'\nif (a) {\n\ta()\n}\n").indent).toBe('\t')
})
