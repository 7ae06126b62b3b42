import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duplicateAtLeast, findDuplicates, fingerprints } from '../../../examples/repo-audit/duplicates.ts'
import type { Duplicates } from '../../../examples/repo-audit/findings.ts'
import { tokenize } from '../../../examples/repo-audit/tokens.ts'

function compare(files: Readonly<Record<string, string>>): Duplicates {
  const search = findDuplicates(
    Object.entries(files).map(([name, text]) => ({ name, tokens: tokenize(text, 'slash') })),
  )
  for (let found = search.next(); ; found = search.next()) if (found.done) return found.value
}

/** `lines` lines of eight tokens each, none like another. */
const code = (name: string, lines: number) =>
  Array.from({ length: lines }, (_, index) => `${name}${index}(${index}, '${name}', b${index});`).join('\n')

describe('tokens', () => {
  const count = (text: string, style: 'slash' | 'hash' | 'dash' | 'none' = 'slash') =>
    tokenize(text, style).lines.length

  test('blanks and comments fall away, by the language’s own signs', () => {
    const same = tokenize('if (a) { b("x") }', 'slash').hashes
    expect(tokenize('if(a){ // why\n  b("x") /* and\n more */ }', 'slash').hashes).toEqual(same)
    expect(count('a # b', 'hash')).toBe(1)
    expect(count('a -- b', 'dash')).toBe(1)
    expect(count('a # b', 'none')).toBe(3)
  })

  test('words, numbers, strings and single marks', () => {
    expect(count(`größe = 0x1F + "a \\" b" + 'c'`)).toBe(7)
  })

  test('each token knows its line', () => {
    expect([...tokenize('a\n\nb /* c\nd */ e\n', 'slash').lines]).toEqual([1, 3, 4])
  })

  test('a comment that never ends takes the rest', () => {
    expect(count('a /* b c')).toBe(1)
  })
})

test('the same code in two files is found, from its first line to its last', () => {
  const shared = code('shared', 10)
  const { groups, found, duplicatedLines, compared, lines } = compare({
    'a.ts': `${code('a', 5)}\n${shared}\n${code('x', 3)}`,
    'b.ts': `${shared}\n${code('b', 2)}`,
  })
  expect(groups).toEqual([
    {
      tokens: 90,
      lines: 10,
      places: [
        { file: 'a.ts', from: 6, to: 15 },
        { file: 'b.ts', from: 1, to: 10 },
      ],
    },
  ])
  expect({ found, duplicatedLines, compared, lines }).toEqual({ found: 1, duplicatedLines: 20, compared: 2, lines: 30 })
})

test('layout and comments make no difference', () => {
  const shared = code('shared', 10)
  const laidOut = shared.replaceAll(', ', ',\n    ').replaceAll(';', ' ; // end')
  expect(compare({ 'a.ts': shared, 'b.ts': laidOut }).groups).toMatchObject([
    {
      tokens: 90,
      places: [
        { from: 1, to: 10 },
        { from: 1, to: 30 },
      ],
    },
  ])
})

test('a copy in the same file, and in three files, is one group', () => {
  const shared = code('shared', 10)
  const { groups } = compare({
    'a.ts': `${shared}\n${code('a', 3)}\n${shared}`,
    'b.ts': `${code('b', 1)}\n${shared}`,
  })
  expect(groups).toHaveLength(1)
  expect(groups[0]?.places).toEqual([
    { file: 'a.ts', from: 1, to: 10 },
    { file: 'a.ts', from: 14, to: 23 },
    { file: 'b.ts', from: 2, to: 11 },
  ])
})

test('copies one after the other are told apart, not found to overlap', () => {
  const { groups } = compare({ 'a.ts': Array.from({ length: 3 }, () => code('shared', 10)).join('\n') })
  expect(groups).toHaveLength(1)
  expect(groups[0]?.places.map(({ from, to }) => [from, to])).toEqual([
    [1, 10],
    [11, 20],
    [21, 30],
  ])
})

test('less than the stated size is no duplicate: in tokens, and in lines', () => {
  expect(compare({ 'a.ts': code('s', 5), 'b.ts': code('s', 5) }).found).toBe(0)
  const flat = code('s', 20).replaceAll('\n', ' ')
  expect(compare({ 'a.ts': flat, 'b.ts': flat }).found).toBe(0)
})

test('different code has no duplicates, nor have tables of data', () => {
  expect(compare({ 'a.ts': code('a', 200), 'b.ts': code('b', 200) }).found).toBe(0)
  const table = Array.from({ length: 2_000 }, () => '[0, 1],').join('\n')
  expect(compare({ 'a.ts': table, 'b.ts': table }).found).toBe(0)
})

test('no files, and empty files', () => {
  expect(compare({})).toMatchObject({ compared: 0, found: 0, lines: 0 })
  expect(compare({ 'a.ts': '', 'b.ts': '' })).toMatchObject({ compared: 2, found: 0, lines: 0 })
})

/** Few different tokens, so that repetitions come up by themselves. */
const tokensArbitrary = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 400 })

test('every run of the stated length has a fingerprint that depends on nothing else', () => {
  const runArbitrary = fc.array(fc.integer({ min: 1, max: 1_000 }), {
    minLength: duplicateAtLeast.tokens,
    maxLength: duplicateAtLeast.tokens,
  })
  fc.assert(
    fc.property(runArbitrary, tokensArbitrary, tokensArbitrary, tokensArbitrary, tokensArbitrary, (run, a, b, c, d) => {
      const within = (before: number[], after: number[]) => {
        const chosen = fingerprints(Uint32Array.from([...before, ...run, ...after]))
        return chosen.filter(({ at }) => at >= before.length && at + 25 <= before.length + run.length)
      }
      const first = within(a, b).map(({ at, hash }) => `${at - a.length} ${hash}`)
      const second = within(c, d).map(({ at, hash }) => `${at - c.length} ${hash}`)
      expect(first.some((one) => second.includes(one))).toBe(true)
    }),
  )
})

test('what is found is really equal, long enough and not overlapping; the order of the files does not matter', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
  const lineArbitrary = fc.integer({ min: 0, max: 14 }).map((seed) => names.map((name) => name + (seed % 7)).join(' '))
  const textArbitrary = fc.array(lineArbitrary, { maxLength: 60 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(textArbitrary, textArbitrary, (a, b) => {
      const texts: Record<string, string> = { 'a.ts': a, 'b.ts': b }
      const result = compare(texts)
      expect(compare({ 'b.ts': b, 'a.ts': a })).toEqual(result)
      for (const { tokens, places } of result.groups) {
        expect(tokens).toBeGreaterThanOrEqual(duplicateAtLeast.tokens)
        const [first = '', ...others] = places.map(({ file, from, to }) =>
          (texts[file] ?? '')
            .split('\n')
            .slice(from - 1, to)
            .join(' '),
        )
        // Lines are whole here, so the text of the places is the same but for where its first and last line start.
        for (const other of others) expect(other.split(' ').length).toBe(first.split(' ').length)
        const own = places.filter(({ file }) => file === places[0]?.file)
        for (const [index, { from }] of own.entries())
          if (index > 0) expect(from).toBeGreaterThanOrEqual(own[0]?.to ?? 0)
      }
    }),
  )
})
