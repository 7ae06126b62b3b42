import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { SourceFile } from '../../../examples/repo-audit/findings.ts'

/** A folder with `files`, by name, that is gone when the test is over. */
export function scratchFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-audit-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** A file as the walk gives it, for analysers that only look at its name. */
export function named(name: string): SourceFile {
  return { path: `/nowhere/${name}`, name, bytes: 0, changedAt: 0 }
}
