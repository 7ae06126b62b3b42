import type { Random } from 'taskwright'

/** What parsers trip over. */
const tokens = [
  '',
  '\0',
  '\r\n',
  '\n',
  ',',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '\uFEFF',
  '\u2028',
  '😀',
  '-',
  '-0',
  '0',
  '1e999',
  '-1e999',
  '9007199254740993',
  '1e-400',
  'NaN',
  'Infinity',
  'null',
  'true',
  '{}',
  '[]',
  '""',
  '"__proto__":',
  '"constructor":',
  '"toString":',
  '"then":',
  '"$devalue":',
  '"$sealed":',
  '"payload":',
  '"seq":',
  '"type":',
  'password=',
  '://a:b@',
  'Bearer ',
  '-----BEGIN PRIVATE KEY-----',
  '%',
  '$',
  '..',
  '/',
  "'",
  '`',
  '${',
  '<!--',
] as const

function within(random: Random, below: number): number {
  return Math.floor(random.next() * below)
}

function cut(text: string, random: Random): readonly [from: number, to: number] {
  const from = within(random, text.length + 1)
  const length = within(random, Math.min(text.length - from, 1 + within(random, 200)) + 1)
  return [from, from + length]
}

type Mutation = (text: string, random: Random, others: readonly string[]) => string

const mutations: readonly Mutation[] = [
  // A character becomes another.
  (text, random) => {
    const at = within(random, text.length)
    return (
      text.slice(0, at) + String.fromCharCode(within(random, random.next() < 0.8 ? 128 : 65_536)) + text.slice(at + 1)
    )
  },
  // Something is left out, doubled, put elsewhere, cut off.
  (text, random) => {
    const [from, to] = cut(text, random)
    return text.slice(0, from) + text.slice(to)
  },
  (text, random) => {
    const [from, to] = cut(text, random)
    return text.slice(0, to) + text.slice(from, to).repeat(1 + within(random, 3)) + text.slice(to)
  },
  (text, random) => {
    const [from, to] = cut(text, random)
    const rest = text.slice(0, from) + text.slice(to)
    const at = within(random, rest.length + 1)
    return rest.slice(0, at) + text.slice(from, to) + rest.slice(at)
  },
  (text, random) => text.slice(0, within(random, text.length + 1)),
  // A token is put in, or in the place of a number or a word.
  (text, random) => {
    const at = within(random, text.length + 1)
    return text.slice(0, at) + (tokens[within(random, tokens.length)] ?? '') + text.slice(at)
  },
  (text, random) => replaceOne(text, /-?\d+(?:\.\d+)?/g, random),
  (text, random) => replaceOne(text, /"[^"\\]{0,40}"/g, random),
  // Lines change places.
  (text, random) => {
    const lines = text.split('\n')
    const [one, other] = [within(random, lines.length), within(random, lines.length)]
    return lines
      .with(one, lines[other] ?? '')
      .with(other, lines[one] ?? '')
      .join('\n')
  },
  // A part of another seed.
  (text, random, others) => {
    const other = others[within(random, others.length)] ?? ''
    const [from, to] = cut(other, random)
    const at = within(random, text.length + 1)
    return text.slice(0, at) + other.slice(from, to) + text.slice(at)
  },
  // Deep nesting.
  (text, random) => {
    const depth = 1 + within(random, random.next() < 0.9 ? 20 : 5_000)
    const at = within(random, text.length + 1)
    return `${text.slice(0, at)}${'['.repeat(depth)}${']'.repeat(depth)}${text.slice(at)}`
  },
]

function replaceOne(text: string, pattern: RegExp, random: Random): string {
  const found = [...text.matchAll(pattern)]
  const match = found[within(random, found.length)]
  if (!match) return text
  const token = tokens[within(random, tokens.length)] ?? ''
  return text.slice(0, match.index) + token + text.slice(match.index + match[0].length)
}

/** A seed with one to eight things done to it. */
export function mutate(seeds: readonly string[], random: Random): string {
  let text = seeds[within(random, seeds.length)] ?? ''
  for (let left = 1 + within(random, 8); left > 0; left -= 1)
    text = mutations[within(random, mutations.length)]?.(text, random, seeds) ?? text
  return text
}
