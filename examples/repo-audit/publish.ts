import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Stands in every `report.json`, so that a later run knows its own files from other people's. */
export const generator = 'taskwright repo-audit'

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** A folder to be there. `first` is the topmost of those that have to be made for it; `null` if none has to. */
export interface MadeFolder {
  readonly path: string
  readonly first: string | null
}

/** What has to be made for a folder to be there. */
export async function planFolder(path: string): Promise<MadeFolder> {
  let first: string | null = null
  for (let at = path; (await look(at)) === null; at = dirname(at)) first = at
  return { path, first }
}

/** May be called again. */
export async function makeFolder({ path }: MadeFolder): Promise<void> {
  await mkdir(path, { recursive: true })
}

/** Removes the folders that were made, innermost first; one that somebody has put something into since stays. */
export async function unmakeFolder({ path, first }: MadeFolder): Promise<void> {
  if (first === null) return
  for (let at = path; at.startsWith(first); at = dirname(at)) {
    try {
      await rmdir(at)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') continue
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return
      throw error
    }
  }
}

/**
 * A file to be written: under which name it is written first, and where the one is kept that had its name before;
 * `null` if there was none. It is planned before anything is done, so that a process that is killed half-way leaves
 * nothing that the next one does not know.
 */
export interface PlannedFile {
  readonly path: string
  readonly fresh: string
  readonly aside: string | null
}

/** @param token makes the names of the temporary files this run's own */
export async function planFile(path: string, token: string): Promise<PlannedFile> {
  const hidden = (suffix: string): string => join(dirname(path), `.${basename(path)}.${token}.${suffix}`)
  return { path, fresh: hidden('new'), aside: (await look(path)) === null ? null : hidden('previous') }
}

/**
 * Writes a file so that a reader sees the old one or the new one, whole, and keeps the old one aside.
 * On failure everything is as it was. May be called again after a process was killed in it.
 */
export async function replaceFile({ path, fresh, aside }: PlannedFile, text: string): Promise<void> {
  const before = await look(path)
  if (before?.isDirectory()) throw new Error(`${path} is a folder; move it away, a file is to be written there`)
  let moved: string | null = null
  await rm(fresh, { force: true })
  try {
    const file = await open(fresh, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    // What is kept aside already was moved by a process that was killed: what stands in its place is not the old one.
    if (aside !== null && before !== null && (await look(aside)) === null) {
      await rename(path, aside)
      moved = aside
    }
    await rename(fresh, path)
  } catch (error) {
    if (moved !== null) await rename(moved, path)
    await rm(fresh, { force: true })
    throw error
  }
}

/** Takes a file back, however far its writing came: the one before it returns, just as it was. May be called again. */
export async function restoreFile({ path, fresh, aside }: PlannedFile): Promise<void> {
  await rm(fresh, { force: true })
  if (aside === null) await rm(path, { force: true })
  else if ((await look(aside)) !== null) await rename(aside, path)
}

/** Lets the file go that was kept aside: after this, the new one cannot be taken back. */
export async function settleFile({ aside }: Pick<PlannedFile, 'aside'>): Promise<void> {
  if (aside !== null) await rm(aside, { force: true })
}

/** Which of the files in a folder would be replaced though an earlier audit did not write them. */
export async function foreignFiles(directory: string, names: readonly string[]): Promise<string[]> {
  const present: string[] = []
  for (const name of names) if ((await look(join(directory, name))) !== null) present.push(name)
  if (present.length === 0) return []
  const report = await readFile(join(directory, 'report.json'), 'utf8').catch(() => '')
  try {
    const value: unknown = JSON.parse(report)
    const own = typeof value === 'object' && value !== null && 'generator' in value && value.generator === generator
    return own ? [] : present
  } catch {
    return present
  }
}

/** Why a report could not be written to a folder, before anything is tried; `null` if it can. */
export async function whyUnwritable(directory: string): Promise<string | null> {
  for (let at = directory; ; at = dirname(at)) {
    const found = await lstat(at).catch((error: unknown) => codeOf(error))
    if (found === 'ENOENT') {
      if (at === dirname(at)) return 'it does not exist'
      continue
    }
    if (typeof found === 'string') {
      if (found === 'ENOTDIR') continue
      return `it cannot be looked at (${found})`
    }
    if (found.isSymbolicLink() ? !(await isFolder(at)) : !found.isDirectory()) {
      return at === directory ? 'it is not a folder' : `${at} is not a folder`
    }
    const writable = await access(at, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    )
    return writable ? null : `${at} may not be written to`
  }
}

async function isFolder(path: string): Promise<boolean> {
  const entry = await open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0)).catch(() => null)
  await entry?.close()
  return entry !== null
}
