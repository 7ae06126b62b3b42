import type { Dirent } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ignore } from 'ignore'
import ignore from 'ignore'
import type { Skipped, SourceFile, Walked } from './findings.ts'
import { byName } from './findings.ts'
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

class Walk {
  readonly #root: Root
  readonly #except: ReadonlySet<string>
  readonly #open: Folder[] = [{ below: '', depth: 0, rules: [] }]
  readonly files: SourceFile[] = []
  readonly skipped: Skipped[] = []
  folders = 0
  ignored = 0

  constructor(root: Root, except: readonly string[]) {
    this.#root = root
    this.#except = new Set(except)
  }

  /** Looks into the next folder. @returns its name, or `null` when there is none left. */
  async step(): Promise<string | null> {
    const folder = this.#open.pop()
    if (folder === undefined) return null
    const { below } = folder
    const directory = join(this.#root.path, below)
    try {
      const entries = await readdir(directory, { withFileTypes: true })
      this.folders += 1
      const rules = [...folder.rules, ...(await rulesIn(directory, below))]
      for (const entry of entries) await this.#meet(entry, { ...folder, rules })
    } catch (error) {
      this.#skip(below, 'unreadable', reasonOf(error))
    }
    return this.#shown(below)
  }

  async #meet(entry: Dirent, { below, depth, rules }: Folder): Promise<void> {
    const path = below + entry.name
    const absolute = join(this.#root.path, path)
    const ruledOut = never.has(entry.name) || this.#except.has(absolute)
    if (ruledOut || isIgnored(entry.isDirectory() ? `${path}/` : path, rules)) this.ignored += 1
    else if (entry.isSymbolicLink()) this.#skip(path, 'symbolic link', 'not followed')
    else if (entry.isFile()) await this.#add(path, absolute)
    else if (!entry.isDirectory()) this.#skip(path, 'not a regular file', 'a device, pipe or socket')
    else if (depth >= limits.depth) this.#skip(path, 'too deep', `more than ${limits.depth} folders down`)
    else this.#open.push({ below: `${path}/`, depth: depth + 1, rules })
  }

  async #add(path: string, absolute: string): Promise<void> {
    try {
      const { size, mtimeMs } = await lstat(absolute)
      this.files.push({ path: absolute, name: this.#shown(path), bytes: size, changedAt: mtimeMs })
    } catch (error) {
      this.#skip(path, 'unreadable', reasonOf(error))
    }
  }

  #skip(path: string, reason: Skipped['reason'], detail: string): void {
    this.skipped.push({ name: this.#shown(path), reason, detail })
  }

  #shown(path: string): string {
    const { label } = this.#root
    return [label, path].filter((part) => part !== '').join('/') || '.'
  }
}

/**
 * Every file below a folder, sorted by name. Honours `.gitignore`. Symbolic links are listed as skipped and not
 * followed, so a loop of them is harmless and nothing outside the folder is read. What cannot be read is listed, too.
 *
 * @throws the reason of `signal`, when it is aborted
 */
export async function walk(root: Root, { signal, except = [], onProgress }: WalkOptions): Promise<Walked> {
  const walking = new Walk(root, except)
  for (let folder = await walking.step(); folder !== null; folder = await walking.step()) {
    signal.throwIfAborted()
    onProgress?.(walking.files.length, folder)
  }
  const { files, skipped, folders, ignored } = walking
  files.sort((a, b) => byName(a.name, b.name))
  skipped.sort((a, b) => byName(a.name, b.name))
  return { files, skipped, folders, ignored }
}
