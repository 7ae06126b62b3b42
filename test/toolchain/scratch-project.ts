import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface ScratchProject {
  readonly folder: string
  /** Runs a command of the repository's installed packages in the folder, and gives its standard output. */
  run(bin: string, args: readonly string[]): string
}

/** A folder with `files`, and copies of the repository's `configuration`, that is gone when the test is over. */
export function scratchProject(
  files: Readonly<Record<string, string>>,
  configuration: readonly string[] = [],
): ScratchProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-toolchain-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of configuration) cpSync(join(repository, name), join(folder, name), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return {
    folder,
    run(bin, args) {
      const script = join(repository, 'node_modules', bin)
      const { stdout, error } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' })
      if (error) throw error
      return stdout
    },
  }
}
