import { expect, test } from 'vitest'
import { z } from 'zod'
import { scratchProject } from './scratch-project.ts'

const named = z.array(z.object({ name: z.string() }))
const report = z.object({
  issues: z.array(
    z.object({ file: z.string(), files: named, dependencies: named, devDependencies: named, exports: named }),
  ),
})

test('an unused file, export or package is found', () => {
  const project = scratchProject(
    {
      'package.json': JSON.stringify({
        name: 'taskwright',
        type: 'module',
        exports: { '.': { source: './src/index.ts' } },
        dependencies: { shipped: '1.0.0' },
        devDependencies: { tool: '1.0.0', '@swc/core': '1.0.0' },
      }),
      'src/index.ts': "export { used } from './model/used.ts'\n",
      'src/cli/main.ts': "import './work.ts'\n",
      'src/cli/work.ts': '',
      'src/model/used.ts': 'export const used = 1\nexport const forgotten = 2\n',
      'src/model/lost.ts': 'export const lost = 3\n',
    },
    ['knip.json', 'tsconfig.json'],
  )
  const { issues } = report.parse(JSON.parse(project.run('knip/bin/knip.js', ['--reporter=json', '--no-config-hints'])))
  const found = issues.flatMap(({ file, files, dependencies, devDependencies, exports }) => [
    ...files.map(() => `file ${file}`),
    ...[...dependencies, ...devDependencies].map(({ name }) => `package ${name}`),
    ...exports.map(({ name }) => `export ${name} of ${file}`),
  ])
  expect(found.sort()).toEqual([
    'export forgotten of src/model/used.ts',
    'file src/model/lost.ts',
    'package shipped',
    'package tool',
  ])
})
