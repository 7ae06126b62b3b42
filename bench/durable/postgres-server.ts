import { execFile } from 'node:child_process'
import { chown, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Account } from './server-process.ts'
import { findProgram, startServer } from './server-process.ts'

/** How to connect. */
export interface Postgres {
  readonly host: string
  readonly user: string
  readonly database: string
}

const run = promisify(execFile)

/** Where Debian keeps the servers, a folder for each version and none of them on the PATH. */
const debianFolder = '/usr/lib/postgresql'

async function debianFolders(): Promise<string[]> {
  const versions = await readdir(debianFolder).catch(() => [])
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debianFolder, version, 'bin'))
}

/** PostgreSQL refuses to run as root; its package makes an account for it. */
async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  )
  if (uid === undefined || gid === undefined) throw new Error('there is no account postgres')
  return { uid, gid }
}

async function ping(config: Postgres): Promise<void> {
  const client = new Client(config)
  await client.connect()
  await client.end()
}

/** A new cluster with the settings that PostgreSQL comes with; it listens on a Unix socket only. */
export async function startPostgres(stack: AsyncDisposableStack, folder: string): Promise<Postgres> {
  const folders = await debianFolders()
  const initdb = await findProgram('initdb', 'postgresql', folders)
  const program = await findProgram('postgres', 'postgresql', folders)
  const account = await serverAccount()
  const data = join(folder, 'data')
  await mkdir(data, { mode: 0o700 })
  if (account) await Promise.all([folder, data].map((path) => chown(path, account.uid, account.gid)))
  const user = 'bench'
  const how = ['--auth=trust', '--encoding=UTF8', '--no-locale']
  const made = run(initdb, ['-D', data, '-U', user, ...how], { cwd: folder, ...account })
  stack.defer(async () => {
    await Promise.allSettled([made]) // the folder is not removed under it
  })
  await made
  const config = { host: folder, user, database: 'postgres' }
  const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=']
  await startServer(stack, { program, args, account, ping: () => ping(config) })
  return config
}

/** For the connections that a pool keeps: it says that it has ended them before the server has noticed. */
export function reportLostConnection(error: Error & { readonly code?: string }): void {
  const adminShutdown = '57P01'
  if (error.code !== adminShutdown) console.error(error)
}
