import { expect, test } from 'vitest'
import { z } from 'zod'
import { scratchProject } from './scratch-project.ts'

const report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
})

/** What the dependency rule finds in a tree of files, as `rule: from → to`. */
function violations(files: Readonly<Record<string, string>>): string[] {
  const project = scratchProject(
    {
      'package.json': JSON.stringify({
        name: 'taskwright',
        type: 'module',
        exports: { '.': { source: './src/index.ts' } },
        dependencies: { shipped: '1.0.0' },
        devDependencies: { tool: '1.0.0' },
      }),
      'node_modules/shipped/package.json': '{ "name": "shipped", "main": "index.js" }',
      'node_modules/shipped/index.js': '',
      'node_modules/tool/package.json': '{ "name": "tool", "main": "index.js" }',
      'node_modules/tool/index.js': '',
      ...files,
    },
    ['.dependency-cruiser.cjs'],
  )
  const output = project.run('dependency-cruiser/bin/dependency-cruise.mjs', [
    '--config=.dependency-cruiser.cjs',
    '--output-type=json',
    '.',
  ])
  return report
    .parse(JSON.parse(output))
    .summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)
    .sort()
}

const importing = (...specifiers: readonly string[]) => specifiers.map((name) => `import '${name}'\n`).join('')

/** One file in each room, `machines/it.ts` and so on, that imports nothing. */
const rooms = Object.fromEntries(
  ['model', 'machines', 'scheduling', 'store', 'security', 'actors', 'runtime', 'testing', 'inspector', 'cli'].map(
    (room) => [`src/${room}/it.ts`, 'export {}\n'],
  ),
)

test('an arrow against the order of the rooms is found', () => {
  const reaching = {
    'src/model/bad.ts': importing('../machines/it.ts', '../scheduling/it.ts', '../store/it.ts'),
    'src/machines/bad.ts': importing('../scheduling/it.ts', '../actors/it.ts'),
    'src/scheduling/bad.ts': importing('../machines/it.ts', '../runtime/it.ts'),
    'src/store/bad.ts': importing('../security/it.ts', '../actors/it.ts'),
    'src/security/bad.ts': importing('../store/it.ts'),
    'src/actors/bad.ts': importing('../runtime/it.ts', '../cli/it.ts'),
    'src/runtime/bad.ts': importing('../inspector/it.ts', '../testing/it.ts'),
    'src/inspector/bad.ts': importing('../cli/it.ts', '../testing/it.ts'),
    'src/testing/bad.ts': importing('../inspector/it.ts'),
  }
  const expected = Object.entries(reaching).flatMap(([from, code]) => {
    const room = from.split('/')[1]
    return [...code.matchAll(/'\.\.\/(\w+)\/it\.ts'/g)].flatMap(([, target]) => [
      `${room}-reaches: ${from} → src/${target}/it.ts`,
      ...(target === 'cli' ? [`nobody-imports-cli: ${from} → src/cli/it.ts`] : []),
    ])
  })
  expect(violations({ ...rooms, ...reaching })).toEqual(expected.sort())
})

test('however an import is written, it is found', () => {
  expect(
    violations({
      ...rooms,
      'src/model/exports-from.ts': "export * from '../machines/it.ts'\n",
      'src/model/imports-a-type.ts': "import type { It } from '../machines/it.ts'\nexport type Mine = It\n",
      'src/model/imports-later.ts': "export const it = () => import('../machines/it.ts')\n",
      'src/model/through-the-front.ts': importing('taskwright'),
      'src/index.ts': importing('./cli/it.ts'),
    }),
  ).toEqual([
    'index-reaches: src/index.ts → src/cli/it.ts',
    'model-reaches: src/model/exports-from.ts → src/machines/it.ts',
    'model-reaches: src/model/imports-a-type.ts → src/machines/it.ts',
    'model-reaches: src/model/imports-later.ts → src/machines/it.ts',
    'model-reaches: src/model/through-the-front.ts → src/index.ts',
    'nobody-imports-cli: src/index.ts → src/cli/it.ts',
    'only-dependencies-in-src: src/model/through-the-front.ts → src/index.ts',
  ])
})

test('a cycle, a stranger and a file without a room are found', () => {
  expect(
    violations({
      ...rooms,
      'src/model/hen.ts': importing('./egg.ts'),
      'src/model/egg.ts': importing('./hen.ts'),
      'src/helpers.ts': importing('./model/it.ts'),
      'src/runtime/bad.ts': importing('../../test/it.ts', '../../examples/it.ts', '../../bench/it.ts'),
      'src/actors/bad.ts': importing('tool', 'nowhere'),
      'examples/bad.ts': importing('../src/actors/it.ts', '../src/cli/it.ts'),
      'test/it.ts': '',
      'examples/it.ts': '',
      'bench/it.ts': '',
    }),
  ).toEqual([
    'every-file-has-a-room: src/helpers.ts → src/model/it.ts',
    'examples-use-the-public-face: examples/bad.ts → src/actors/it.ts',
    'examples-use-the-public-face: examples/bad.ts → src/cli/it.ts',
    'no-cycles: src/model/egg.ts → src/model/hen.ts',
    'no-unresolvable: src/actors/bad.ts → nowhere',
    'nobody-imports-cli: examples/bad.ts → src/cli/it.ts',
    'only-dependencies-in-src: src/actors/bad.ts → node_modules/tool/index.js',
    'src-stands-alone: src/runtime/bad.ts → bench/it.ts',
    'src-stands-alone: src/runtime/bad.ts → examples/it.ts',
    'src-stands-alone: src/runtime/bad.ts → test/it.ts',
  ])
})

test('what the order allows is left alone', () => {
  expect(
    violations({
      ...rooms,
      'src/index.ts': importing('./runtime/it.ts', './actors/it.ts', './model/it.ts'),
      'src/machines/good.ts': importing('./it.ts', '../model/it.ts', 'shipped', 'node:path'),
      'src/actors/good.ts': importing(
        '../machines/it.ts',
        '../scheduling/it.ts',
        '../store/it.ts',
        '../security/it.ts',
      ),
      'src/runtime/good.ts': importing('../actors/it.ts', '../store/it.ts'),
      'src/cli/good.ts': importing('../index.ts', '../runtime/it.ts', '../testing/it.ts', '../inspector/it.ts'),
      'examples/good.ts': importing('taskwright', 'tool'),
      'test/good.ts': importing('../src/cli/it.ts', '../src/actors/it.ts', 'tool'),
    }),
  ).toEqual([])
})
