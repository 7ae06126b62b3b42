import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readExpression, recogniseText } from '../../../examples/repo-audit/licence-names.ts'
import { findLicenceClues, judgeLicences } from '../../../examples/repo-audit/licences.ts'
import { named } from './scratch-folder.ts'

const require = createRequire(import.meta.url)
const licenceOf = (name: string, file = 'LICENSE') =>
  readFileSync(join(dirname(require.resolve(`${name}/package.json`)), file), 'utf8')
const mit = licenceOf('xstate')

describe('an expression is read by the rules of SPDX', () => {
  test.each([
    ['MIT', 'permissive', 'MIT'],
    ['ISC AND Apache-2.0', 'permissive', 'ISC AND Apache-2.0'],
    ['GPL-3.0-or-later', 'copyleft', 'GPL-3.0-or-later'],
    ['GPL-1.0-only', 'copyleft', 'GPL-1.0-only'],
    ['AGPL-3.0', 'copyleft', 'AGPL-3.0'],
    ['(MIT OR GPL-2.0-only)', 'choice', '(MIT OR GPL-2.0-only)'],
    ['(MIT AND GPL-2.0-only)', 'copyleft', '(MIT AND GPL-2.0-only)'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'copyleft', 'GPL-2.0-only WITH Classpath-exception-2.0'],
    ['Apache 2', 'permissive', 'Apache-2.0'],
    ['UNLICENSED', 'other', 'UNLICENSED'],
    ['SEE LICENSE IN LICENCE.txt', 'other', 'SEE LICENSE IN LICENCE.txt'],
    ['Acme Corporate Terms', 'other', 'Acme Corporate Terms'],
    ['', 'undeclared', ''],
  ])('%s is %s', (written, of, expression) => {
    expect(readExpression(written)).toMatchObject({ class: of, expression })
  })

  test('a near miss is corrected and said so', () => {
    expect(readExpression('Apache 2').remarks).toEqual(['is not an SPDX expression; read as Apache-2.0'])
  })
})

test('licence texts of real packages are recognised', () => {
  expect(recogniseText(mit)).toBe('MIT')
  expect(recogniseText(licenceOf('spdx-correct'))).toBe('Apache-2.0')
  expect(recogniseText(licenceOf('picocolors'))).toBe('ISC')
  expect(recogniseText('All rights reserved.')).toBeNull()
})

describe('clues', () => {
  const cluesOf = (name: string, text: string) => findLicenceClues(named(name), text)

  test('a package manifest, in today’s form and in the old ones', () => {
    const declared = (manifest: object) => {
      const [clue] = cluesOf('package.json', JSON.stringify({ name: 'p', version: '1.0.0', ...manifest }))
      return clue?.form === 'manifest' ? clue.declared : null
    }
    expect(declared({ license: 'MIT' })).toBe('MIT')
    expect(declared({ license: { type: 'MIT', url: 'x' } })).toBe('MIT')
    expect(declared({ licenses: [{ type: 'MIT' }, { type: 'ISC' }] })).toBe('MIT OR ISC')
    expect(declared({ license: 42 })).toBe('')
  })

  test('a manifest that only directs module resolution is no package', () => {
    expect(cluesOf('actors/package.json', '{"main":"../dist/actors.cjs"}')).toEqual([])
  })

  test('other manifests', () => {
    expect(
      cluesOf(
        'Cargo.toml',
        '[package]\nname = "crab"\nversion = "0.2.0"\nlicense = "MIT OR Apache-2.0"\n\n[dependencies]\nname = "no"\n',
      ),
    ).toEqual([
      { form: 'manifest', file: 'Cargo.toml', package: 'crab', version: '0.2.0', declared: 'MIT OR Apache-2.0' },
    ])
    expect(cluesOf('pyproject.toml', '[project]\nname = "snake"\nlicense = { text = "BSD-3-Clause" }\n')).toEqual([
      { form: 'manifest', file: 'pyproject.toml', package: 'snake', version: '', declared: 'BSD-3-Clause' },
    ])
  })

  test('SPDX headers near the top of a file', () => {
    expect(cluesOf('a.c', '/* SPDX-License-Identifier: GPL-2.0-only */')).toEqual([
      { form: 'header', file: 'a.c', expression: 'GPL-2.0-only' },
    ])
    expect(cluesOf('a.c', `${'\n'.repeat(3_000)}SPDX-License-Identifier: MIT`)).toEqual([])
  })

  test('what is no manifest', () => {
    expect(cluesOf('package.json', '{broken')).toEqual([
      { form: 'damaged', file: 'package.json', problem: 'is not JSON' },
    ])
    expect(cluesOf('package.json', '[1]')).toEqual([
      { form: 'damaged', file: 'package.json', problem: 'is not a package manifest' },
    ])
  })
})

test('declared licences are held against the texts beside them', () => {
  const files = {
    'agrees/package.json': '{"name":"agrees","version":"1.0.0","license":"MIT"}',
    'agrees/LICENSE.md': mit,
    'differs/package.json': '{"name":"differs","license":"Apache-2.0"}',
    'differs/COPYING': mit,
    'bare/package.json': '{"name":"bare"}',
    'alone/package.json': '{"name":"alone","license":"ISC"}',
  }
  const { packages } = judgeLicences(
    Object.entries(files).flatMap(([name, text]) => findLicenceClues(named(name), text)),
  )
  expect(
    packages.map(({ package: name, class: of, licenceFile, remarks }) => [name, of, licenceFile, remarks]),
  ).toEqual([
    ['agrees', 'permissive', 'agrees/LICENSE.md', []],
    ['alone', 'permissive', null, ['has no licence text beside it']],
    ['bare', 'undeclared', null, ['declares no licence']],
    ['differs', 'permissive', 'differs/COPYING', ['COPYING reads like MIT']],
  ])
})
