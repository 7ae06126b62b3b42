import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { describeThrown } from '../model/errors.ts'
import type { IsolatedHandler } from '../model/isolation.ts'
import type { SandboxErrorCode } from '../model/sandbox-error.ts'
import { SandboxError } from '../model/sandbox-error.ts'
import type { Sandbox, SandboxListener } from './sandbox.ts'
import { cappedEngine } from './wasm-memory.ts'

const mostThreads = 64
/** How long a thread waits for its next task before it ends. */
const idleMs = 5_000
/** How long a thread may take to be free after its handler has ended. */
const releaseMs = 1_000
/** Beside a script's engine, whose memory is its own: the thread that it runs in. */
const scriptThreadMb = 64

/** Run from source, by a Node that strips types, or as built. */
export function guestFile(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./guest/${name}.${extension}`, import.meta.url))
}

function isNotice(value: unknown): value is { code: SandboxErrorCode; message: string } {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value
}

function lost(thrown: unknown, { level, limits }: IsolatedHandler): SandboxError {
  const said = describeThrown(thrown)
  const isMemory = /memory limit|out of memory/i.test(said)
  return isMemory
    ? new SandboxError('SANDBOX_LIMIT', `the ${level} used more than ${limits.memoryMb} MiB of memory`, {
        cause: thrown,
      })
    : new SandboxError('SANDBOX_BROKEN', `the ${level} ended before it gave a result: ${said}`, { cause: thrown })
}

/** The threads of a runtime: a pool for each handler, so that handlers of two definitions never meet in one. */
export class WorkerSandboxes {
  readonly #pools = new Map<string, Piscina>()

  async open(handler: IsolatedHandler, listener: SandboxListener): Promise<Sandbox> {
    const { port1: port, port2: guestPort } = new MessageChannel()
    const gauge = new Float64Array(new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT))
    const force = new AbortController()
    const { source, limits } = handler
    const isScript = source.form === 'script'
    const task = isScript
      ? { port: guestPort, gauge, limits, script: source.text, engine: cappedEngine(limits.memoryMb) }
      : { port: guestPort, gauge }
    port.on('message', (said: unknown) => {
      if (typeof said === 'string') listener.message(said)
      else if (isNotice(said)) listener.ended(new SandboxError(said.code, said.message))
      else listener.ended(new SandboxError('SANDBOX_BROKEN', 'the thread sent what is no text'))
    })
    const run = this.#pool(handler).run(task, {
      name: isScript ? 'runScript' : 'runInThread',
      transferList: [guestPort],
      signal: force.signal,
    })
    run.then(
      () => listener.ended(new SandboxError('SANDBOX_BROKEN', 'the thread closed its port')),
      (thrown: unknown) => listener.ended(lost(thrown, handler)),
    )
    return {
      send: (text) => port.postMessage(text),
      release: () => {
        port.close()
        // A handler may go on after its result: then its thread is of no use to the next.
        const late = setTimeout(() => force.abort(), releaseMs)
        const free = () => clearTimeout(late)
        run.then(free, free)
      },
      kill: () => {
        port.close()
        force.abort()
      },
      usage: () => ({ cpuMs: gauge[0] ?? 0, memoryBytes: gauge[1] ?? 0 }),
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #pool({ source, limits }: IsolatedHandler): Piscina {
    const isScript = source.form === 'script'
    const key = isScript ? 'scripts' : JSON.stringify([source.href, source.exportName, limits.memoryMb])
    const known = this.#pools.get(key)
    if (known) return known
    const pool = new Piscina({
      filename: guestFile(isScript ? 'guest-wasm' : 'guest-thread'),
      minThreads: 0,
      maxThreads: mostThreads,
      idleTimeout: idleMs,
      // Of what the host was started with nothing is for a thread; of its environment neither.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: isScript ? scriptThreadMb : limits.memoryMb },
      recordTiming: false,
    })
    // What a thread dies of is told to the task that it died with.
    pool.on('error', () => undefined)
    this.#pools.set(key, pool)
    return pool
  }
}
