import { constants } from 'node:fs'
import { access, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** Where the journal of an audit goes. One that nobody named goes with what was rolled back. */
export type JournalPlace =
  | { readonly form: 'memory' }
  | { readonly form: 'file'; readonly path: string; readonly isNamed: boolean }

/**
 * A journal for each report, in the current folder: an audit that was killed is found again by the report that it was
 * to write, and two audits of one report are never at work at a time.
 */
export function defaultJournal(cwd: string, directory: string): JournalPlace {
  return { form: 'file', path: join(cwd, `${basename(directory) || 'audit'}.db`), isNamed: false }
}

/** @returns `null` for what names no place */
export function readJournalPlace(text: string, cwd: string): JournalPlace | null {
  if (text === 'memory') return { form: 'memory' }
  const [, path] = /^file:(.+)$/.exec(text) ?? []
  return path === undefined ? null : { form: 'file', path: resolve(cwd, path), isNamed: true }
}

function isAllowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

/** Why a journal could not be kept there, before anything is tried; `null` if it can. */
export async function whyUnusable(place: JournalPlace): Promise<string | null> {
  if (place.form === 'memory') return null
  const { path } = place
  const folder = dirname(path)
  const found = await stat(folder).catch(() => null)
  if (!found?.isDirectory()) return `there is no folder ${folder}`
  const isThere = await stat(path).catch(() => null)
  if (isThere && !isThere.isFile()) return 'it is not a file'
  if (isThere && !(await isAllowed(path, constants.R_OK | constants.W_OK))) return 'it may not be written to'
  // SQLite keeps a second file beside it.
  return (await isAllowed(folder, constants.W_OK | constants.X_OK)) ? null : `${folder} may not be written to`
}

/** Absolute paths of the files that a journal consists of. */
export async function journalFiles(place: JournalPlace): Promise<string[]> {
  if (place.form === 'memory') return []
  const folder = dirname(place.path)
  const folders = [folder, await realpath(folder).catch(() => folder)]
  return folders.flatMap((at) => ['', '-wal', '-shm', '-journal'].map((end) => join(at, basename(place.path) + end)))
}

export async function removeJournal(place: JournalPlace): Promise<void> {
  for (const file of await journalFiles(place)) await rm(file, { force: true })
}
