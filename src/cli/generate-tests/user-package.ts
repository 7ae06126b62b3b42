import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Runner } from './test-file.ts'

/** The folder of the package that a file belongs to; without one, its own folder. */
export function packageFolderOf(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return dirname(path)
  }
}

/** Vitest where it is installed, else what Node brings along. */
export function installedRunner(folder: string): Runner {
  try {
    createRequire(join(folder, 'package.json')).resolve('vitest/package.json')
    return 'vitest'
  } catch {
    return 'node'
  }
}
