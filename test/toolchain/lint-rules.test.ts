import { expect, test } from 'vitest'
import { z } from 'zod'
import { scratchProject } from './scratch-project.ts'

const report = z.object({
  diagnostics: z.array(
    z.object({ category: z.string(), message: z.string(), location: z.object({ path: z.string() }) }),
  ),
})

/** The rules that each file breaks; a rule of our own is named by the first words of its message. */
function findings(files: Readonly<Record<string, string>>): Record<string, string[]> {
  const project = scratchProject(files, ['biome.json', '.biome', '.gitignore'])
  const output = project.run('@biomejs/biome/bin/biome', ['lint', '--reporter=json', '--max-diagnostics=none'])
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(files).map((name) => [name, []]))
  for (const { category, message, location } of report.parse(JSON.parse(output)).diagnostics) {
    const rule = category === 'plugin' ? message.split(/[,:]/, 1).join() : category.replace(/^lint\/\w+\//, '')
    found[location.path]?.push(rule)
  }
  return found
}

const ambient = 'Time'
const cast = 'A type assertion hides what the compiler would say'
const hiddenImport = 'An import inside a type is hidden from the dependency rule'

test('a file that breaks a rule is found', () => {
  const cases: Record<string, { code: string; rules: string[] }> = {
    'src/model/date-now.ts': { code: 'export const now = Date.now()', rules: [ambient] },
    'src/machines/date-now-passed-on.ts': { code: 'export const clock = { now: Date.now }', rules: [ambient] },
    'src/scheduling/new-date.ts': { code: 'export const now = new Date()', rules: [ambient] },
    'src/actors/math-random.ts': { code: 'export const chance = Math.random()', rules: [ambient] },
    'src/runtime/global-this.ts': {
      code: 'globalThis.setTimeout(() => {}, 1)',
      rules: [ambient, 'noEmptyBlockStatements'],
    },
    'src/runtime/abort-timeout.ts': { code: 'export const signal = AbortSignal.timeout(5)', rules: [ambient] },
    'src/runtime/virtual-clock.ts': { code: 'export const now = Date.now()', rules: [ambient] },
    'src/store/set-timeout.ts': { code: 'setTimeout(close, 1)', rules: ['noRestrictedGlobals'] },
    'src/actors/set-interval.ts': { code: 'setInterval(close, 1)', rules: ['noRestrictedGlobals'] },
    'src/runtime/set-immediate.ts': { code: 'setImmediate(close)', rules: ['noRestrictedGlobals'] },
    'src/runtime/performance.ts': { code: 'export const now = performance.now()', rules: ['noRestrictedGlobals'] },
    'src/security/random-id.ts': { code: 'export const id = crypto.randomUUID()', rules: ['noRestrictedGlobals'] },
    'src/actors/timers-promises.ts': {
      code: "import { setTimeout } from 'node:timers/promises'\nexport { setTimeout as sleep }",
      rules: ['noRestrictedImports'],
    },
    'src/machines/reads-files.ts': {
      code: "import { readFileSync } from 'node:fs'\nexport { readFileSync as read }",
      rules: ['noNodejsModules'],
    },
    'src/cli/cast.ts': { code: 'export const port = process.env as Port', rules: [cast] },
    'src/model/double-cast.ts': { code: 'export const port = 1 as unknown as Port', rules: [cast, cast] },
    'src/model/angle-cast.ts': { code: 'export const port = <Port>input', rules: [cast] },
    'src/model/empty-cast.ts': { code: 'export const port = {} as Port', rules: [cast] },
    'src/model/import-in-type.ts': { code: "export type Port = import('./port.ts').Port", rules: [hiddenImport] },
    'src/model/ignored-error.ts': { code: '// @ts-ignore\nexport const port: number = input', rules: ['noTsIgnore'] },
    'src/model/any.ts': { code: 'export const port = (value: any) => value', rules: ['noExplicitAny'] },
    'src/model/non-null.ts': { code: 'export const port = input!', rules: ['noNonNullAssertion'] },
    'src/model/enumeration.ts': { code: 'export enum Port {\n  One,\n}', rules: ['noEnum'] },
    'src/model/unused.ts': {
      code: "import { a } from './a.ts'\nconst b = 1",
      rules: ['noUnusedImports', 'noUnusedVariables'],
    },
    'src/model/value-import.ts': {
      code: "import { A } from './a.ts'\nexport const a = (b: A) => b",
      rules: ['useImportType'],
    },
    'src/model/no-extension.ts': { code: "export { a } from './any'", rules: ['useImportExtensions'] },
    'src/model/Wrong_Name.ts': { code: 'export const a = 1', rules: ['useFilenamingConvention'] },
    'src/model/floating.ts': {
      code: 'async function settle(): Promise<void> {}\nexport function start() {\n  settle()\n}',
      rules: ['noFloatingPromises', 'noEmptyBlockStatements'],
    },
    'src/model/partial-switch.ts': {
      code: "export function f(a: 'x' | 'y') {\n  switch (a) {\n    case 'x':\n      return 1\n  }\n}",
      rules: ['useExhaustiveSwitchCases'],
    },
    'src/model/long.ts': {
      code: 'export const a = 1\n'.repeat(351),
      rules: ['noExcessiveLinesPerFile', 'noRedeclare'],
    },
    'src/actors/console.ts': { code: "console.log('done')", rules: ['noConsole'] },
    'visualizer/src/reaching.tsx': { code: "import '../../src/runtime/runtime.ts'", rules: ['noRestrictedImports'] },
    'visualizer/src/server.ts': { code: "import '../../src/inspector/routes.ts'", rules: ['noRestrictedImports'] },
    'test/skipped.test.ts': {
      code: "import { test } from 'vitest'\ntest.skip('a', () => {})",
      rules: ['noSkippedTests'],
    },
    'test/only.test.ts': { code: "import { test } from 'vitest'\ntest.only('a', () => {})", rules: ['noFocusedTests'] },
  }
  const found = findings(Object.fromEntries(Object.entries(cases).map(([name, { code }]) => [name, `${code}\n`])))
  const rulesOf = (name: string) => [...new Set(found[name])].sort()
  expect(Object.fromEntries(Object.keys(cases).map((name) => [name, rulesOf(name)]))).toEqual(
    Object.fromEntries(Object.entries(cases).map(([name, { rules }]) => [name, [...new Set(rules)].sort()])),
  )
})

test('what the house allows is left alone', () => {
  const allowed = {
    'src/runtime/system-environment.ts':
      'export const now = () => Date.now() + performance.now()\nexport const chance = () => Math.random()\nsetTimeout(now, 1)\n',
    'src/runtime/virtual-clock.ts': 'export const turn = () => new Promise((resolve) => setImmediate(resolve))\n',
    'src/model/iso-time.ts': 'export const isoTime = (ms: number) => new Date(ms).toISOString()\n',
    'src/model/constants.ts': "export const levels = ['low', 'high'] as const\n",
    'src/machines/phantom-types.ts': 'export const machine = { types: { context: {} as { count: number } } }\n',
    'visualizer/src/wire.ts':
      "import '../../src/inspector/protocol.ts'\nimport '../../src/inspector/view/fold.ts'\nimport '../../src/model/events.ts'\n",
    'src/actors/clock.ts': 'export const arm = (clock: { setTimeout(ms: number): void }) => clock.setTimeout(5)\n',
    'src/cli/clock.ts': 'export const started = Date.now()\nsetTimeout(close, 1)\n',
  }
  expect(findings(allowed)).toEqual(Object.fromEntries(Object.keys(allowed).map((name) => [name, []])))
})
