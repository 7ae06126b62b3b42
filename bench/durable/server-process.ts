import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** The contestant is left out; the message says what to install. */
export class MissingServerError extends Error {
  constructor(program: string, aptPackage: string) {
    super(`${program} is not installed (Debian: apt-get install -y ${aptPackage})`)
    this.name = 'MissingServerError'
  }
}

export async function findProgram(
  name: string,
  aptPackage: string,
  otherFolders: readonly string[] = [],
): Promise<string> {
  for (const folder of [...otherFolders, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const path = join(folder, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new MissingServerError(name, aptPackage)
}

interface ServerOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly account?: Account | undefined
  /** Rejects as long as the server does not answer. */
  readonly ping: () => Promise<unknown>
}

/** Starts a server, waits until it answers, and leaves it to `stack` to stop it. */
export async function startServer(stack: AsyncDisposableStack, options: ServerOptions): Promise<void> {
  const { program, args, account, ping } = options
  // While something else was awaited, an interrupt may have disposed of the stack: nobody would stop this server.
  if (stack.disposed) throw new Error(`${program} is no longer wanted`)
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...account })
  let printed = ''
  const keep = (chunk: Buffer) => {
    printed = `${printed}${chunk}`.slice(-2_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = once(child, 'exit')
  child.on('exit', () => {
    // Thrown to nobody: it ends the benchmark, whose clients would try to connect again for ever.
    if (!stack.disposed) throw new Error(`${program} ended by itself:\n${printed}`)
  })
  stack.defer(async () => {
    child.kill('SIGINT') // for both servers: disconnect the clients and shut down
    const stopped = await Promise.race([exited.then(() => true), sleep(10_000, false, { ref: false })])
    if (!stopped) child.kill('SIGKILL')
    await exited
  })
  const deadline = performance.now() + 30_000
  for (;;) {
    try {
      await ping()
      return
    } catch (cause) {
      if (performance.now() > deadline) throw new Error(`${program} does not answer:\n${printed}`, { cause })
      await sleep(50)
    }
  }
}
