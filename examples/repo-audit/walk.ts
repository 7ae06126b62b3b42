import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ignore from 'ignore'
import type { Ignore } from 'ignore'
import { byName } from './findings.ts'
import type { Skipped, SourceFile, Walked } from './findings.ts'
import { limits } from './limits.ts'

/** A folder to audit. `label` goes in front of the names of its files; `''` for none. */
export interface Root {
  readonly path: string
  readonly label: string
}

export interface WalkOptions {
  readonly signal: AbortSignal
  /** Absolute paths that are left out, such as the report's own folder. */
  readonly except?: readonly string[]
  /** Told now and then how many files were found so far. */
  onProgress?(files: number, folder: string): void
}

/** Never entered: the history of version control, and what a package manager installed. */
const never: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules'])

/** The rules of one `.gitignore`, which speak of paths below `base`. */
interface Rules {
  readonly base: string
  readonly rules: Ignore
}

interface Folder {
  /** Path from the root, `/` between names and at the end; `''` is the root. */
  readonly below: string
  readonly depth: number
  readonly rules: readonly Rules[]
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/** The last rule that speaks of a path decides, the nearest `.gitignore` first, as in git. */
function isIgnored(path: string, chain: readonly Rules[]): boolean {
  for (const { base, rules } of chain.toReversed()) {
    const verdict = rules.test(path.slice(base.length))
    if (verdict.ignored) return true
    if (verdict.unignored) return false
  }
  return false
}

async function rulesIn(directory: string, below: string): Promise<Rules[]> {
  const text = await readFile(join(directory, '.gitignore'), 'utf8').catch(() => '')
  return text.trim() === '' ? [] : [{ base: below, rules: ignore().add(text) }]
}

/**
 * Every file below a folder, sorted by name. Honours `.gitignore`. Symbolic links are listed as skipped and not
 * followed, so a loop of them is harmless and nothing outside the folder is read. What cannot be read is listed, too.
 *
 * @throws the reason of `signal`, when it is aborted
 */
export async function walk(root: Root, options: WalkOptions): Promise<Walked> {
  const files: SourceFile[] = []
  const skipped: Skipped[] = []
  const except = new Set(options.except)
  const open: Folder[] = [{ below: '', depth: 0, rules: [] }]
  let folders = 0
  let ignored = 0
  const shown = (below: string): string => (root.label === '' ? below : `${root.label}/${below}`)

  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    options.signal.throwIfAborted()
    const { below, depth } = folder
    const directory = join(root.path, below)
    const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
      skipped.push({ name: shown(below) || '.', reason: 'unreadable', detail: reasonOf(error) })
      return null
    })
    if (entries === null) continue
    folders += 1
    const rules = [...folder.rules, ...(await rulesIn(directory, below))]
    for (const entry of entries) {
      const path = below + entry.name
      const absolute = join(root.path, path)
      if (never.has(entry.name) || except.has(absolute) || isIgnored(entry.isDirectory() ? `${path}/` : path, rules)) {
        ignored += 1
      } else if (entry.isSymbolicLink()) {
        skipped.push({ name: shown(path), reason: 'symbolic link', detail: 'not followed' })
      } else if (entry.isDirectory()) {
        if (depth < limits.depth) open.push({ below: `${path}/`, depth: depth + 1, rules })
        else skipped.push({ name: shown(path), reason: 'too deep', detail: `more than ${limits.depth} folders down` })
      } else if (entry.isFile()) {
        const found = await lstat(absolute).catch((error: unknown) => reasonOf(error))
        if (typeof found === 'string') skipped.push({ name: shown(path), reason: 'unreadable', detail: found })
        else files.push({ path: absolute, name: shown(path), bytes: found.size })
      } else {
        skipped.push({ name: shown(path), reason: 'not a regular file', detail: 'a device, pipe or socket' })
      }
    }
    options.onProgress?.(files.length, shown(below))
  }
  files.sort((a, b) => byName(a.name, b.name))
  skipped.sort((a, b) => byName(a.name, b.name))
  return { files, skipped, folders, ignored }
}
