import type { ParserOptions } from '@babel/parser'
import { parse } from '@babel/parser'
import type { Complexity, FunctionComplexity } from './findings.ts'
import { byName } from './findings.ts'
import { limits } from './limits.ts'

/** Upper ends of the bands that `spread` counts functions by; the last band is open. */
export const complexityBands = [5, 10, 20, 50] as const

interface AstNode {
  readonly type: string
  readonly loc?: { readonly start: { readonly line: number }; readonly end: { readonly line: number } } | null
  readonly [field: string]: unknown
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

const functionTypes: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
])

const branchTypes: ReadonlySet<string> = new Set([
  'IfStatement',
  'ConditionalExpression',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'LogicalExpression',
  'AssignmentPattern',
])

const branchingAssignments: ReadonlySet<unknown> = new Set(['&&=', '||=', '??='])

function branches(node: AstNode): boolean {
  if (branchTypes.has(node.type)) return true
  switch (node.type) {
    case 'SwitchCase':
      return node.test !== null
    case 'AssignmentExpression':
      return branchingAssignments.has(node.operator)
    case 'OptionalMemberExpression':
    case 'OptionalCallExpression':
      return node.optional === true
    default:
      return false
  }
}

/** The written name of an identifier, a literal key, or the last part of `a.b.c`. */
function nameOf(node: unknown): string | null {
  if (!isNode(node)) return null
  switch (node.type) {
    case 'Identifier':
      return String(node.name)
    case 'PrivateName':
      return `#${nameOf(node.id) ?? ''}`
    case 'StringLiteral':
    case 'NumericLiteral':
      return String(node.value).slice(0, 60)
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return nameOf(node.property)
    default:
      return null
  }
}

/** What a function is called: its own name, or that of what it is given to. */
function functionName(node: AstNode, parent: AstNode | null): string {
  const own = nameOf(node.id) ?? nameOf(node.key)
  if (own !== null) return own
  if (parent === null) return '(anonymous)'
  const given = nameOf(parent.id) ?? nameOf(parent.key) ?? nameOf(parent.left)
  if (given !== null) return given
  const callee = nameOf(parent.callee)
  return callee === null ? '(anonymous)' : `(callback of ${callee})`
}

interface Counted {
  readonly name: string
  readonly line: number
  readonly lines: number
  complexity: number
}

function open(node: AstNode, name: string): Counted {
  const from = node.loc?.start.line ?? 1
  return { name, line: from, lines: (node.loc?.end.line ?? from) - from + 1, complexity: 1 }
}

interface Visit {
  readonly node: AstNode
  readonly parent: AstNode | null
  readonly within: Counted
}

/** Visits with a list of its own instead of recursion, so that a deep tree cannot overflow the stack. */
function countAll(program: AstNode): Counted[] {
  const top = open(program, '(top level)')
  const found: Counted[] = []
  const visits: Visit[] = [{ node: program, parent: null, within: top }]
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const { node, parent } = visit
    let { within } = visit
    if (functionTypes.has(node.type)) {
      within = open(node, functionName(node, parent))
      found.push(within)
    } else if (branches(node)) {
      within.complexity += 1
    }
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) visits.push({ node: item, parent: node, within })
      } else if (isNode(value)) {
        visits.push({ node: value, parent: node, within })
      }
    }
  }
  if (top.complexity > 1) found.push(top)
  return found
}

type Plugins = NonNullable<ParserOptions['plugins']>

/** The dialects to try, the likeliest first: Flow reads some JavaScript that the others do not. */
function dialects(name: string): Plugins[] {
  if (/\.d\.[cm]?ts$/.test(name)) return [[['typescript', { dts: true }]]]
  if (/\.[cm]?ts$/.test(name)) return [['typescript', 'decorators', 'explicitResourceManagement']]
  if (name.endsWith('.tsx')) return [['typescript', 'jsx', 'decorators', 'explicitResourceManagement']]
  return [
    ['jsx', 'decorators', 'explicitResourceManagement'],
    ['jsx', ['flow', { all: true }], 'decorators'],
  ]
}

/** Where and why, without the text of the source: that could hold a secret. */
function describe(error: unknown): string {
  if (error instanceof RangeError) return 'nested too deeply for the parser'
  if (!(error instanceof SyntaxError)) return 'the parser gave up'
  const reason = 'reasonCode' in error ? String(error.reasonCode) : 'SyntaxError'
  const at =
    'loc' in error && typeof error.loc === 'object' && error.loc !== null && 'line' in error.loc ? error.loc.line : null
  const words = reason.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return at === null ? words : `line ${String(at)}: ${words}`
}

export type FileComplexity =
  | { readonly form: 'parsed'; readonly functions: readonly FunctionComplexity[] }
  | { readonly form: 'unparsable'; readonly reason: string }

/**
 * Cyclomatic complexity of every function of a JavaScript or TypeScript file: one, and one more for each branch,
 * loop, `case`, `?:`, `&&`, `||`, `??`, optional chain and default value. A function inside another counts for itself.
 * Source: T. McCabe, "A Complexity Measure", IEEE TSE 1976, counted as ESLint's rule `complexity` does.
 */
export function measureComplexity(name: string, text: string): FileComplexity {
  let refusal: unknown
  for (const plugins of dialects(name)) {
    try {
      const { program } = parse(text, {
        sourceType: 'unambiguous',
        attachComment: false,
        allowReturnOutsideFunction: true,
        allowAwaitOutsideFunction: true,
        allowSuperOutsideMethod: true,
        allowUndeclaredExports: true,
        plugins,
      })
      const functions = isNode(program) ? countAll(program).map((counted) => ({ ...counted, file: name })) : []
      return { form: 'parsed', functions }
    } catch (error) {
      refusal ??= error
    }
  }
  return { form: 'unparsable', reason: describe(refusal) }
}

/** Most complex first, then in the order of the files. */
function compare(a: FunctionComplexity, b: FunctionComplexity): number {
  return b.complexity - a.complexity || byName(a.file, b.file) || a.line - b.line || byName(a.name, b.name)
}

const noComplexity: Complexity = {
  parsed: 0,
  counted: 0,
  sum: 0,
  spread: [0, ...complexityBands.map(() => 0)],
  functions: [],
  unparsable: [],
}

/** The complexity of one file, in the form that adds up. */
export function summarise(name: string, result: FileComplexity): Complexity {
  if (result.form === 'unparsable') return { ...noComplexity, unparsable: [{ file: name, reason: result.reason }] }
  const { functions } = result
  const bandOf = ({ complexity }: FunctionComplexity): number =>
    complexityBands.filter((upperEnd) => complexity > upperEnd).length
  return {
    parsed: 1,
    counted: functions.length,
    sum: functions.reduce((sum, { complexity }) => sum + complexity, 0),
    spread: noComplexity.spread.map((_, band) => functions.filter((found) => bandOf(found) === band).length),
    functions: functions.toSorted(compare).slice(0, limits.listed),
    unparsable: [],
  }
}

/** Adds up what parts of the code base measured. */
export function addComplexity(parts: readonly Complexity[]): Complexity {
  return {
    parsed: parts.reduce((sum, { parsed }) => sum + parsed, 0),
    counted: parts.reduce((sum, { counted }) => sum + counted, 0),
    sum: parts.reduce((total, { sum }) => total + sum, 0),
    spread: noComplexity.spread.map((_, band) => parts.reduce((sum, { spread }) => sum + (spread[band] ?? 0), 0)),
    functions: parts
      .flatMap(({ functions }) => functions)
      .sort(compare)
      .slice(0, limits.listed),
    unparsable: parts.flatMap(({ unparsable }) => unparsable).sort((a, b) => byName(a.file, b.file)),
  }
}
