import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { describeThrown } from '../model/errors.ts'
import { SandboxError } from '../model/sandbox-error.ts'

const run = promisify(execFile)

/** Measures that a machine may be without, if its host says that this is known. */
export const dispensableMeasures = ['bubblewrap', 'uid'] as const

export type DispensableMeasure = (typeof dispensableMeasures)[number]

export interface ProcessOptions {
  /** Where bubblewrap is. Default: `bwrap` on the PATH. */
  readonly bubblewrap?: string | undefined
  /**
   * What the level `process` may start without. Without `bubblewrap` the network is open, and only file permissions and
   * Node's own flags stand before files and other processes; without `uid` as well, the handler can end the host.
   */
  readonly without?: readonly DispensableMeasure[] | undefined
}

/** What processes are started with here, as it was tried out. */
export interface ProcessSupport {
  readonly setpriv: string
  readonly prlimit: string
  /** `null`: not used. */
  readonly bubblewrap: string | null
  /** Whether a user of its own can be given to each process. */
  readonly dropsUid: boolean
}

const probeMs = 10_000
/** In no system's table of users; each sandbox gets one of its own. */
const firstUid = 2_000_000_000
const uidsOfHost = 1_000
let lastUid = 0

/** A user id that no other sandbox of this host has. Hosts beside it count from elsewhere. */
export function nextUid(): number {
  lastUid = (lastUid + 1) % uidsOfHost
  return firstUid + (process.pid % 100_000) * uidsOfHost + lastUid
}

async function find(program: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter)) {
    const path = join(folder, program)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return null
}

/** Whether bubblewrap works here: it may be there, and be refused its namespaces. @returns what is wrong, or `null` */
async function tryBubblewrap(path: string, dropsUid: boolean): Promise<string | null> {
  try {
    const uid = dropsUid ? nextUid() : undefined
    const options = { timeout: probeMs, env: {}, ...(uid !== undefined && { uid, gid: uid }) }
    await run(
      path,
      ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '/bin/true'],
      options,
    )
    return null
  } catch (thrown) {
    return describeThrown(thrown).trim().split('\n').at(-1) ?? 'it failed'
  }
}

/**
 * Tries out what the level `process` needs.
 * @throws (rejects) SandboxError `ISOLATION_UNAVAILABLE` that lists what is missing and says what to do
 */
export async function probeProcessSupport({ bubblewrap, without = [] }: ProcessOptions): Promise<ProcessSupport> {
  if (process.platform !== 'linux')
    throw new SandboxError('ISOLATION_UNAVAILABLE', `the level process needs Linux; this is ${process.platform}`)
  const [setpriv, prlimit, found] = await Promise.all([
    find('setpriv'),
    find('prlimit'),
    bubblewrap === undefined ? find('bwrap') : bubblewrap,
  ])
  const dropsUid = process.getuid?.() === 0
  const missing: string[] = []
  if (!setpriv || !prlimit) missing.push('setpriv and prlimit: install util-linux')
  const wrong = found === null ? 'bwrap was not found' : await tryBubblewrap(found, dropsUid)
  if (wrong !== null && !without.includes('bubblewrap'))
    missing.push(
      `bubblewrap (${wrong}): install the package bubblewrap and allow unprivileged user namespaces; or, if the network and ` +
        "the view of processes may stay open, say so with isolation: { process: { without: ['bubblewrap'] } }",
    )
  if (wrong !== null && !dropsUid && !without.includes('uid'))
    missing.push(
      'a user of its own for the process: run the host as root, or with bubblewrap; or, if the handler may end the host, say ' +
        "so with isolation: { process: { without: ['bubblewrap', 'uid'] } }",
    )
  if (missing.length > 0 || !setpriv || !prlimit)
    throw new SandboxError(
      'ISOLATION_UNAVAILABLE',
      `the level process is not to be had on this machine, and nothing lower is started instead. Missing:${missing.map((line) => `\n  - ${line}`).join('')}`,
    )
  return { setpriv, prlimit, bubblewrap: wrong === null ? found : null, dropsUid }
}
