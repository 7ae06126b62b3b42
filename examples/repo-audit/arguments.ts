import { access, constants, realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import type { Inspection } from './inspection.ts'
import type { JournalPlace } from './journal-place.ts'
import { defaultJournal, readJournalPlace, whyUnusable } from './journal-place.ts'
import { whyUnwritable } from './publish.ts'
import type { Root } from './walk.ts'

/** How the editor's question is answered. */
export type Approval = 'approve' | 'refuse' | 'ask' | 'unattended'

export interface Arguments {
  readonly roots: readonly Root[]
  readonly approval: Approval
  readonly directory: string
  readonly store: JournalPlace
  readonly json: boolean
  readonly slots: number
  /** `null`: no page is served. */
  readonly inspection: Inspection | null
}

export type ReadArguments =
  | { readonly form: 'run'; readonly arguments: Arguments }
  | { readonly form: 'help' }
  | { readonly form: 'problems'; readonly problems: readonly string[] }

const defaultSlots = 8
const mostSlots = 1_024

export const help = `Audits a code base with several agents on one Taskwright runtime, and writes a report.

Usage: npm start -- [folder…] [options]

  folder…      what to audit; without one, this repository and its installed package xstate
  --approve    publish the report without asking
  --refuse     refuse the report: it is written and rolled back again
  --out DIR    where the report goes (default: repo-audit-report in the current folder)
  --store S    where the journal is kept, from which an audit that was killed is taken up: file:PATH, or memory to keep
               none (default: a file in the current folder, named like the report's: repo-audit-report.db)
  --slots N    how many tasks may execute at a time (default: ${defaultSlots})
  --no-inspect do not serve the page that shows the run
  --port N     where to serve it (default: 7878, or a free one if that is taken); this machine only
  --keep-open  serve it until Ctrl-C, when the work is done too
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

/** @returns a place for the journal, or what is wrong with the one given */
async function checkStore(given: string | undefined, usual: JournalPlace, cwd: string): Promise<JournalPlace | string> {
  const place = given === undefined ? usual : readJournalPlace(given, cwd)
  if (place === null) return `--store ${given}: give file:PATH, or memory`
  const wrong = await whyUnusable(place)
  if (wrong === null) return place
  if (given !== undefined || place.form === 'memory') return `--store ${given}: ${wrong}`
  return `the journal cannot be kept in ${place.path}: ${wrong}; give --store file:PATH, or --store memory`
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

interface Options {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly folders: readonly string[]
  readonly problems: readonly string[]
}

const flagNames: ReadonlySet<string> = new Set(['approve', 'refuse', 'json', 'help', 'no-inspect', 'keep-open'])
const valueNames: ReadonlySet<string> = new Set(['out', 'slots', 'store', 'port'])

/** Takes the command line apart. What `parseArgs` would throw at the first problem is collected here. */
function readOptions(args: readonly string[]): Options {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      out: { type: 'string' },
      slots: { type: 'string' },
      store: { type: 'string' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const problems: string[] = []
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (valueNames.has(name)) {
      if (value === undefined || value === '') problems.push(`${rawName} needs a value`)
      else if (values.has(name)) problems.push(`${rawName} is given twice`)
      else values.set(name, value)
    } else if (flagNames.has(name)) {
      if (value !== undefined) problems.push(`${rawName} takes no value`)
      flags.add(name)
    } else {
      problems.push(`${rawName}: there is no such option; --help lists them`)
    }
  }
  if (flags.has('no-inspect') && (flags.has('keep-open') || values.has('port')))
    problems.push('--no-inspect excludes --keep-open and --port')
  if (flags.has('approve') && flags.has('refuse')) problems.push('--approve and --refuse exclude each other')
  return { flags, values, folders: positionals, problems }
}

/** Reads the command line. Every problem is found at once. */
export async function readArguments(args: readonly string[], surroundings: Surroundings): Promise<ReadArguments> {
  const { cwd, repository, terminal } = surroundings
  const { flags, values, folders, problems: wrongOptions } = readOptions(args)
  if (flags.has('help')) return { form: 'help' }

  const problems = [...wrongOptions]
  const slots = Number(values.get('slots') ?? defaultSlots)
  if (!Number.isInteger(slots) || slots < 1 || slots > mostSlots) {
    problems.push(`--slots ${values.get('slots')}: give a whole number from 1 to ${mostSlots}`)
  }
  const port = values.has('port') ? Number(values.get('port')) : null
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    problems.push(`--port ${values.get('port')}: give a whole number from 0 to 65535`)
  const out = values.get('out') ?? 'repo-audit-report'
  const directory = resolve(cwd, out)
  const unwritable = await whyUnwritable(directory)
  if (unwritable !== null) problems.push(`--out ${out}: ${unwritable}`)
  const store = await checkStore(values.get('store'), defaultJournal(cwd, directory), cwd)
  if (typeof store === 'string') problems.push(store)
  const given = folders.length > 0 ? folders : [repository, resolve(repository, 'node_modules/xstate')]
  for (const folder of given) {
    const wrong = folder === '' ? ['a folder with an empty name'] : await checkFolder(folder, resolve(cwd, folder))
    problems.push(...wrong)
  }
  if (problems.length > 0 || typeof store === 'string') return { form: 'problems', problems }

  const paths = [...new Set(await Promise.all(given.map((folder) => realpath(resolve(cwd, folder)))))]
  const base = folders.length > 0 ? cwd : await realpath(repository)
  return {
    form: 'run',
    arguments: {
      roots: label(paths, base),
      approval: approvalOf(flags, terminal),
      directory,
      store,
      json: flags.has('json'),
      slots,
      inspection: flags.has('no-inspect') ? null : { port, keepOpen: flags.has('keep-open') },
    },
  }
}

function approvalOf(flags: ReadonlySet<string>, terminal: boolean): Approval {
  if (flags.has('approve')) return 'approve'
  if (flags.has('refuse')) return 'refuse'
  return terminal ? 'ask' : 'unattended'
}
