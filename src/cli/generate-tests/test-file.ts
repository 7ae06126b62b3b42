import type { CodeStyle } from './code-style.ts'
import { isIdentifier, literal, textLiteral, widest } from './literal.ts'

export const runners = ['vitest', 'node'] as const

export type Runner = (typeof runners)[number]

/** What a definition's tests are written from. */
export interface TestSubject {
  /** Of the export; `default` is one too. */
  readonly name: string
  readonly type: string
  /** The module, as the test file imports it. */
  readonly module: string
  /** What the module's `lifecycle` has for the type. */
  readonly samples: { readonly isGiven: boolean; readonly hasInputs: boolean }
  /** An input for the file to begin with; `null`: the module has inputs, or none was found. */
  readonly input: { readonly value: unknown } | null
  /** Events of its machine that the module has no sample of. */
  readonly events: readonly string[]
}

/** What the file itself calls something. */
const taken = new Set(['describe', 'describeLifecycle', 'lifecycle', 'lifecycleCases', 'test', 'assert', 'suite'])
const takenByNode = ['coverageText', 'thresholdProblems', 'console', 'report', 'name', 'run']

function localName(name: string): string {
  const isFree = isIdentifier(name) && name !== 'default' && !taken.has(name) && !takenByNode.includes(name)
  return isFree ? name : 'definition'
}

/** The text of a test file: short, and for a person to go on with. */
export function testFile(subject: TestSubject, runner: Runner, style: CodeStyle): string {
  const lines = runner === 'vitest' ? vitestLines(subject, style) : nodeLines(subject, style)
  return `${lines.join('\n')}\n`
}

function headLine({ type }: TestSubject): string {
  return `// The whole life of the task ${JSON.stringify(type)}: each stage, transition, fault and cancellation is walked, on virtual time.`
}

function subjectImport({ name, module, samples }: TestSubject, style: CodeStyle): string {
  const local = localName(name)
  const exported = isIdentifier(name) ? name : textLiteral(name, style)
  const names = [exported === local ? local : `${exported} as ${local}`, ...(samples.isGiven ? ['lifecycle'] : [])]
  return importLine(names.sort(), module, style)
}

function importLine(names: readonly string[], from: string, style: CodeStyle): string {
  const end = `} from ${textLiteral(from, style)}${style.semicolon}`
  const flat = `import { ${names.join(', ')} ${end}`
  if (flat.length <= widest) return flat
  return `import {\n${names.map((name) => `${style.indent}${name},\n`).join('')}${end}`
}

function vitestLines(subject: TestSubject, style: CodeStyle): string[] {
  return [
    headLine(subject),
    importLine(['describeLifecycle'], 'taskwright/testing', style),
    subjectImport(subject, style),
    '',
    `describeLifecycle(${localName(subject.name)}, {`,
    ...optionLines(subject, style),
    `${style.indent}thresholds: { states: 100, transitions: 100, guards: 100, pairs: 100 },`,
    `})${style.semicolon}`,
  ]
}

function nodeLines(subject: TestSubject, style: CodeStyle): string[] {
  const { indent, semicolon } = style
  const fromKit = ['coverageText', 'lifecycleCases', 'thresholdProblems']
  return [
    headLine(subject),
    `import assert from ${textLiteral('node:assert/strict', style)}${semicolon}`,
    importLine(['describe', 'test'], 'node:test', style),
    importLine(fromKit, 'taskwright/testing', style),
    subjectImport(subject, style),
    '',
    `const suite = await lifecycleCases(${localName(subject.name)}, {`,
    ...optionLines(subject, style),
    `})${semicolon}`,
    `const least = { states: 100, transitions: 100, guards: 100, pairs: 100 }${semicolon}`,
    '',
    `describe(${textLiteral(`the life of ${subject.type}`, style)}, () => {`,
    `${indent}for (const { name, run } of suite) test(name, run)${semicolon}`,
    '',
    `${indent}test(\`\${suite.paths} paths cover what they must\`, () => {`,
    `${indent}${indent}const report = suite.coverage()${semicolon}`,
    `${indent}${indent}console.log(coverageText(report))${semicolon}`,
    `${indent}${indent}assert.deepEqual(thresholdProblems(report, least), [])${semicolon}`,
    `${indent}})${semicolon}`,
    `})${semicolon}`,
  ]
}

function optionLines(subject: TestSubject, style: CodeStyle): string[] {
  const { type, samples } = subject
  const access = isIdentifier(type) ? `.${type}` : `[${textLiteral(type, style)}]`
  return [
    ...(samples.isGiven ? [`...lifecycle${access},`] : []),
    ...(samples.hasInputs ? [] : inputLines(subject, style)),
    ...eventLines(subject, style),
  ].map((line) => `${style.indent}${line}`)
}

function inputLines({ input }: TestSubject, style: CodeStyle): string[] {
  const label = 'inputs: '
  const code = input && literal([input.value], style, 1, style.indent.length + label.length)
  if (code) return ['// Told from the schema: put inputs here that mean something.', `${label}${code},`]
  return ['// None could be told from the schema: give one at least that the task completes with.', '// inputs: [],']
}

function eventLines({ events }: TestSubject, style: CodeStyle): string[] {
  if (events.length === 0) return []
  const samples = events.map((type) => `//   { type: ${textLiteral(type, style)} },`)
  return [
    '// Its machine is sent these events bare: give a sample of each that carries something.',
    '// events: [',
    ...samples,
    '// ],',
  ]
}
