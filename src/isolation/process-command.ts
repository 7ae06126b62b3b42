import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { IsolatedHandler } from '../model/isolation.ts'
import type { ProcessSupport } from './process-support.ts'
import { guestFile } from './worker-sandbox.ts'

/** What Node takes of data before any handler: address space that it reserves as writable. Measured with Node 24. */
const nodeDataMb = 640
/** Node and its threads need some ten of each. */
const mostTasks = 64
const mostFiles = 128

function real(path: string): string {
  return realpathSync(path)
}

/** Folders that the code of a handler may be read from: its own, every `node_modules` above it, and those it names. */
function codeFolders({ source }: IsolatedHandler): string[] {
  if (source.form === 'script') return []
  const own = dirname(fileURLToPath(source.href))
  const folders = [own, ...source.code]
  for (let at = own; ; at = dirname(at)) {
    const modules = join(at, 'node_modules')
    if (existsSync(modules)) folders.push(modules)
    if (dirname(at) === at) return folders
  }
}

/** The host's own part of what is read: where the guest's code lies, beside what it imports. */
function guestFolder(): string {
  return dirname(dirname(guestFile('guest-process')))
}

/** The conditions that the host resolves packages under. */
function conditionArguments(): string[] {
  const given = process.execArgv
  return given.flatMap((argument, index) => {
    if (/^(--conditions|-C)=/.test(argument)) return [argument]
    const value = given[index + 1]
    return (argument === '--conditions' || argument === '-C') && value !== undefined ? [`--conditions=${value}`] : []
  })
}

function nodeArguments(handler: IsolatedHandler, folders: readonly string[]): string[] {
  const { limits } = handler
  return [
    '--permission',
    ...folders.map((folder) => `--allow-fs-read=${folder}`),
    `--max-old-space-size=${limits.memoryMb}`,
    '--no-warnings',
    ...conditionArguments(),
    guestFile('guest-process'),
  ]
}

function limitArguments(support: ProcessSupport, { limits }: IsolatedHandler): string[] {
  const cpuSeconds = Math.ceil(limits.cpuMs / 1_000) + 1
  // Counted by user: of a user that the host shares, its own tasks would count as well.
  const ownsUser = support.dropsUid || support.bubblewrap !== null
  return [
    support.prlimit,
    ...(ownsUser ? [`--nproc=${mostTasks}`] : []),
    `--nofile=${mostFiles}`,
    '--core=0',
    '--fsize=0',
    `--cpu=${cpuSeconds}:${cpuSeconds + 1}`,
    `--data=${(nodeDataMb + limits.memoryMb) * 0x10_0000}`,
    '--',
  ]
}

/** A view with the system's libraries and the code in it, and nothing else: no network, no processes but its own. */
function bubblewrapArguments(bubblewrap: string, folders: readonly string[]): string[] {
  const system = ['/usr', '/bin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind-try', path, path])
  const bound = [...folders, real(process.execPath)].flatMap((path) => ['--ro-bind', path, path])
  return [
    bubblewrap,
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--clearenv',
    ...system,
    '--ro-bind-try',
    '/etc/ld.so.cache',
    '/etc/ld.so.cache',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...bound,
    '--remount-ro',
    '/',
    '--chdir',
    '/',
    '--',
  ]
}

/** How the process of a handler is started: the outermost measure first. */
export function processCommand(support: ProcessSupport, handler: IsolatedHandler): [string, ...string[]] {
  const folders = [...new Set([guestFolder(), ...codeFolders(handler)].flatMap((folder) => [folder, real(folder)]))]
  return [
    support.setpriv,
    '--no-new-privs',
    '--pdeathsig',
    'KILL',
    '--',
    ...(support.bubblewrap === null ? [] : bubblewrapArguments(support.bubblewrap, folders)),
    ...limitArguments(support, handler),
    real(process.execPath),
    ...nodeArguments(handler, folders),
  ]
}
