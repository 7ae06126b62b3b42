import { expect, test } from 'vitest'
import { z } from 'zod'
import { scratchProject } from './scratch-project.ts'

const named = z.array(z.object({ name: z.string() }))
const report = z.object({
  issues: z.array(
    z.object({
      file: z.string(),
      files: named.optional(),
      dependencies: named.optional(),
      devDependencies: named.optional(),
      exports: named.optional(),
    }),
  ),
})

/** What the check finds in a tree of files, with the options that one of its runs has. */
function unused(files: Readonly<Record<string, string>>, ...options: readonly string[]): string[] {
  const project = scratchProject(
    {
      'package.json': JSON.stringify({
        name: 'taskwright',
        type: 'module',
        exports: { '.': { source: './src/index.ts' } },
        dependencies: { shipped: '1.0.0' },
        devDependencies: { tool: '1.0.0', '@swc/core': '1.0.0' },
      }),
      'src/cli/main.ts': "import './work.ts'\n",
      'src/cli/work.ts': '',
      ...files,
    },
    ['knip.json', 'tsconfig.json'],
  )
  const output = project.run('knip/bin/knip.js', ['--reporter=json', '--no-config-hints', ...options])
  const { issues } = report.parse(JSON.parse(output))
  return issues
    .flatMap(({ file, files = [], dependencies = [], devDependencies = [], exports = [] }) => [
      ...files.map(() => `file ${file}`),
      ...[...dependencies, ...devDependencies].map(({ name }) => `package ${name}`),
      ...exports.map(({ name }) => `export ${name} of ${file}`),
    ])
    .sort()
}

test('an unused file, export or package is found', () => {
  expect(
    unused({
      'src/index.ts': "export { used } from './model/used.ts'\n",
      'src/model/used.ts': 'export const used = 1\nexport const forgotten = 2\n',
      'src/model/lost.ts': 'export const lost = 3\n',
    }),
  ).toEqual(['export forgotten of src/model/used.ts', 'file src/model/lost.ts', 'package shipped', 'package tool'])
})

test('a shipped package that only an example needs is found', () => {
  const files = {
    'src/index.ts': 'export const used = 1\n',
    'examples/it/main.ts': "import 'shipped'\nimport 'tool'\n",
  }
  expect(unused(files)).toEqual([])
  expect(unused(files, '--production', '--strict', '--dependencies')).toEqual(['package shipped'])
})
