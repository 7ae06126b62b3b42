import { access, constants, realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { whyUnwritable } from './publish.ts'
import type { Root } from './walk.ts'

/** How the editor's question is answered. */
export type Approval = 'approve' | 'refuse' | 'ask' | 'unattended'

export interface Arguments {
  readonly roots: readonly Root[]
  readonly approval: Approval
  readonly directory: string
  readonly json: boolean
  readonly slots: number
}

export type ReadArguments =
  | { readonly form: 'run'; readonly arguments: Arguments }
  | { readonly form: 'help' }
  | { readonly form: 'problems'; readonly problems: readonly string[] }

export const defaultSlots = 8
const mostSlots = 1_024

export const help = `Audits a code base with several agents on one Taskwright runtime, and writes a report.

Usage: npm start -- [folder…] [options]

  folder…      what to audit; without one, this repository and its installed package xstate
  --approve    publish the report without asking
  --refuse     refuse the report: it is written and rolled back again
  --out DIR    where the report goes (default: repo-audit-report in the current folder)
  --slots N    how many tasks may execute at a time (default: ${defaultSlots})
  --json       print the summary as one line of JSON, the last on standard output
  --help       print this

On a terminal you are asked whether to publish. Without a terminal and without --approve or --refuse nobody can be
asked: then the report is published, unless it would replace files that an earlier audit did not write.

Exit code: 0 published, 1 error, 2 bad arguments, 3 refused and rolled back, 130 interrupted and rolled back.`

export interface Surroundings {
  /** The current folder. */
  readonly cwd: string
  /** What is audited when no folder is named, and what the names of its files start from. */
  readonly repository: string
  /** Whether somebody can be asked: standard input and standard error are a terminal. */
  readonly terminal: boolean
}

async function checkFolder(given: string, path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) =>
    error instanceof Error && 'code' in error ? String(error.code) : '',
  )
  if (found === 'ENOENT' || found === 'ENOTDIR') return [`${given}: there is no such folder`]
  if (found === 'ELOOP') return [`${given}: its symbolic links form a loop`]
  if (typeof found === 'string') return [`${given}: it cannot be looked at (${found})`]
  if (!found.isDirectory()) return [`${given}: it is not a folder; name the folder that it is in`]
  const readable = await access(path, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  return readable ? [] : [`${given}: it may not be read`]
}

/** One folder needs no label: names are relative to it. Several are told apart by their path from `base`. */
function label(paths: readonly string[], base: string): Root[] {
  if (paths.length === 1) return paths.map((path) => ({ path, label: '' }))
  return paths.map((path) => {
    const below = relative(base, path)
    const outside = below.startsWith('..') || isAbsolute(below)
    return { path, label: (outside ? path : below).replaceAll(sep, '/') }
  })
}

/** Reads the command line. Every problem is found at once. */
export async function readArguments(args: readonly string[], surroundings: Surroundings): Promise<ReadArguments> {
  const { cwd, repository, terminal } = surroundings
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: { out: { type: 'string' }, slots: { type: 'string' } },
  })
  const problems: string[] = []
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (name === 'out' || name === 'slots') {
      if (value === undefined || value === '') problems.push(`${rawName} needs a value`)
      else if (values.has(name)) problems.push(`${rawName} is given twice`)
      else values.set(name, value)
    } else if (['approve', 'refuse', 'json', 'help'].includes(name) || rawName === '-h') {
      if (value !== undefined) problems.push(`${rawName} takes no value`)
      flags.add(rawName === '-h' ? 'help' : name)
    } else {
      problems.push(`${rawName}: there is no such option; --help lists them`)
    }
  }
  if (flags.has('help')) return { form: 'help' }

  if (flags.has('approve') && flags.has('refuse')) problems.push('--approve and --refuse exclude each other')
  const slots = values.has('slots') ? Number(values.get('slots')) : defaultSlots
  if (!Number.isInteger(slots) || slots < 1 || slots > mostSlots) {
    problems.push(`--slots ${values.get('slots')}: give a whole number from 1 to ${mostSlots}`)
  }
  const directory = resolve(cwd, values.get('out') ?? 'repo-audit-report')
  const unwritable = await whyUnwritable(directory)
  if (unwritable !== null) problems.push(`--out ${values.get('out') ?? 'repo-audit-report'}: ${unwritable}`)

  const byDefault = [repository, resolve(repository, 'node_modules/xstate')]
  const given = positionals.length > 0 ? positionals : byDefault
  for (const folder of given)
    problems.push(...(await checkFolder(folder === '' ? '(empty name)' : folder, resolve(cwd, folder))))
  if (problems.length > 0) return { form: 'problems', problems }

  const paths = [...new Set(await Promise.all(given.map((folder) => realpath(resolve(cwd, folder)))))]
  const unasked = flags.has('approve') ? 'approve' : flags.has('refuse') ? 'refuse' : null
  return {
    form: 'run',
    arguments: {
      roots: label(paths, positionals.length > 0 ? cwd : await realpath(repository)),
      approval: unasked ?? (terminal ? 'ask' : 'unattended'),
      directory,
      json: flags.has('json'),
      slots,
    },
  }
}
