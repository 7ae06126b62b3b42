import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'

const installed = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  deprecated: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
})
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
const manifest = z.object({ allowScripts: z.record(z.string(), z.boolean()) }).parse(read('package.json'))
const { packages } = z.object({ packages: z.record(z.string(), installed) }).parse(read('package-lock.json'))
const entries = Object.entries(packages).filter(([path]) => path !== '')

test('every optional package of every platform is locked, or newer npm refuses the lock file', () => {
  const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  )
  expect(missing).toEqual([])
})

test('every package is locked by its hash, and none by the host it came from', () => {
  expect(entries.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([])
  expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})

test('whether a package may run a script when it is installed is decided for each that has one', () => {
  const withScript = entries.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path)
  expect(withScript.map((path) => path.replace('node_modules/', '')).sort()).toEqual(
    Object.keys(manifest.allowScripts).sort(),
  )
})

test('no package is deprecated', () => {
  expect(entries.filter(([, { deprecated }]) => deprecated !== undefined).map(([path]) => path)).toEqual([])
})
