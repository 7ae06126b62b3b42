import { expect, test } from 'vitest'
import { addComplexity, measureComplexity, summarise } from '../../../examples/repo-audit/complexity.ts'

function functionsOf(text: string, name = 'a.ts'): [name: string, complexity: number][] {
  const result = measureComplexity(name, text)
  if (result.form === 'unparsable') throw new Error(result.reason)
  return result.functions.map((found): [string, number] => [found.name, found.complexity]).sort()
}

test.each([
  ['no branch', 'function f() { return 1 }', 1],
  ['if and else', 'function f(a) { if (a) { return 1 } else { return 2 } }', 2],
  ['else if', 'function f(a) { if (a) {} else if (!a) {} else {} }', 3],
  [
    'loops',
    'function f(a) { for (;;) {} for (const b of a) {} for (const b in a) {} while (a) {} do {} while (a) }',
    6,
  ],
  [
    'switch: default is no branch',
    'function f(a) { switch (a) { case 1: case 2: break; case 3: break; default: } }',
    4,
  ],
  ['conditional', 'function f(a) { return a ? 1 : a ? 2 : 3 }', 3],
  ['logical operators', 'function f(a, b) { return (a && b) || (a ?? b) }', 4],
  ['logical assignments', 'function f(a) { a ||= 1; a &&= 2; a ??= 3; a += 4 }', 4],
  ['optional chains: each ?. is one', 'function f(a) { return a?.b.c?.()?.[0] }', 4],
  ['default values', 'function f(a = 1, { b = 2 } = {}) { return a + b }', 4],
  ['try and catch are no branches', 'function f() { try { return 1 } catch { return 2 } finally {} }', 1],
])('%s', (_what, text, complexity) => {
  expect(functionsOf(text)).toEqual([['f', complexity]])
})

test('a function inside another counts for itself', () => {
  const text = 'function outer(a) { if (a) {} return function inner(b) { return b && b } }'
  expect(functionsOf(text)).toEqual([
    ['inner', 2],
    ['outer', 2],
  ])
})

test('code outside functions counts when it branches', () => {
  expect(functionsOf('const a = process.argv.length > 2 ? 1 : 2')).toEqual([['(top level)', 2]])
})

test('functions are called by their own name, or by what they are given to', () => {
  const text = `
    const arrow = () => 1
    const object = { method() {}, property: () => 1, 'quoted key': () => 1 }
    class Thing { #hidden() {} get size() { return 1 } static field = () => 1; constructor() {} }
    let later; later = function () {}
    exports.part = () => 1
    list.map(() => 1)
    ;(() => 1)()
  `
  expect(functionsOf(text).map(([name]) => name)).toEqual(
    [
      '#hidden',
      '(anonymous)',
      '(callback of map)',
      'arrow',
      'constructor',
      'field',
      'later',
      'method',
      'part',
      'property',
      'quoted key',
      'size',
    ].sort(),
  )
})

test('the dialects are read: TypeScript, JSX, declarations, decorators, Flow, CommonJS with return', () => {
  expect(functionsOf('function f<T>(a: T | undefined): a is T { return a !== undefined && true }', 'a.mts')).toEqual([
    ['f', 2],
  ])
  expect(functionsOf('const F = ({ on }) => <div>{on ? <b/> : null}</div>', 'a.tsx')).toEqual([['F', 2]])
  expect(functionsOf('const F = ({ on }) => <div>{on && <b/>}</div>', 'a.js')).toEqual([['F', 2]])
  expect(functionsOf('export declare function f(a: string): void', 'a.d.ts')).toEqual([])
  expect(functionsOf('class A { @bound method() {} }', 'a.ts')).toEqual([['method', 1]])
  expect(functionsOf('function f(a: ?string): string { return a || "" }', 'a.js')).toEqual([['f', 2]])
  expect(functionsOf('if (process.argv.length) return\nmodule.exports = () => 1', 'a.cjs')).toEqual([
    ['(top level)', 2],
    ['exports', 1],
  ])
})

test('lines are those of the function', () => {
  const result = measureComplexity('a.ts', '\n\nfunction f() {\n  return 1\n}\n')
  expect(result).toMatchObject({ functions: [{ file: 'a.ts', line: 3, lines: 3 }] })
})

test('what cannot be parsed is told with its line, and without its text', () => {
  const result = measureComplexity('a.ts', 'const a = 1\nlet hunter2secret = ;\n')
  expect(result).toEqual({ form: 'unparsable', reason: 'line 2: unexpected token' })
  const twice = measureComplexity('a.ts', 'const hunter2secret = 1\nconst hunter2secret = 2\n')
  expect(twice).toEqual({ form: 'unparsable', reason: 'line 2: var redeclaration' })
})

test('nesting that is too deep for the parser is told, and a long chain that it can read is counted', () => {
  expect(measureComplexity('a.ts', '['.repeat(100_000))).toEqual({
    form: 'unparsable',
    reason: 'nested too deeply for the parser',
  })
  expect(functionsOf(`function f(a) { return ${Array.from({ length: 1_000 }, () => 'a').join(' && ')} }`)).toEqual([
    ['f', 1_000],
  ])
})

test('summaries add up, the same in any order', () => {
  const parts = [
    ['a.ts', 'function f(a) { if (a) {} } function g() {}'],
    ['b.ts', `function h(a) { ${'if (a) {}'.repeat(60)} }`],
    ['c.ts', 'let = ;'],
  ].map(([name = '', text = '']) => summarise(name, measureComplexity(name, text)))
  const sum = addComplexity(parts)
  expect(sum).toMatchObject({ parsed: 2, counted: 3, sum: 64, spread: [2, 0, 0, 0, 1] })
  expect(sum.functions.map(({ name }) => name)).toEqual(['h', 'f', 'g'])
  expect(sum.unparsable.map(({ file }) => file)).toEqual(['c.ts'])
  expect(addComplexity(parts.toReversed())).toEqual(sum)
})
