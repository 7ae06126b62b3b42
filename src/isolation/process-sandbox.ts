import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { describeThrown } from '../model/errors.ts'
import type { IsolatedHandler } from '../model/isolation.ts'
import { SandboxError } from '../model/sandbox-error.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { processCommand } from './process-command.ts'
import type { ProcessOptions, ProcessSupport } from './process-support.ts'
import { nextUid, probeProcessSupport } from './process-support.ts'
import { measureProcess } from './process-usage.ts'
import type { Sandbox, SandboxListener } from './sandbox.ts'

const pollMs = 100
/** What Node itself holds in memory before any handler. */
const nodeMb = 96
/** Of what it prints only the end of it matters, to say why it died. */
const keptBytes = 16_384
const mostPrintedBytes = 0x10_0000
/** What waits to be read by it. */
const mostUnreadBytes = 0x400_0000

/** One child process with its pipe. */
class ProcessSandbox implements Sandbox {
  readonly #child: ChildProcess
  readonly #pipe: Duplex
  readonly #handler: IsolatedHandler
  readonly #listener: SandboxListener
  readonly #reader: FrameReader
  readonly #poll: NodeJS.Timeout
  #printed = ''
  #printedBytes = 0
  #cpuMs = 0
  #memoryBytes = 0
  #isOver = false

  constructor(child: ChildProcess, pipe: Duplex, handler: IsolatedHandler, listener: SandboxListener) {
    this.#child = child
    this.#pipe = pipe
    this.#handler = handler
    this.#listener = listener
    this.#reader = new FrameReader(handler.limits.messageBytes)
    this.#poll = setInterval(() => this.#watch(), pollMs)
    pipe.on('data', (chunk: Buffer) => this.#read(chunk))
    // It has ended, or ends: its exit says why.
    pipe.on('error', () => undefined)
    child.stderr?.on('data', (chunk: Buffer) => this.#note(chunk))
    child.stderr?.on('error', () => undefined)
    child.on('error', (error) => this.#end('SANDBOX_BROKEN', `the process could not be started: ${error.message}`))
    child.on('exit', (code, signal) => this.#exited(code, signal))
  }

  send(text: string): void {
    if (this.#isOver) return
    this.#pipe.write(encodeFrame(text))
    if (this.#pipe.writableLength > mostUnreadBytes)
      this.#end('SANDBOX_LIMIT', 'the process does not read what it is answered')
  }

  release(): void {
    this.kill()
  }

  kill(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#poll)
    const { pid } = this.#child
    try {
      // It leads a group of its own: with all that it may have started.
      if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
        process.kill(-pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL')
    }
    this.#pipe.destroy()
    this.#child.stderr?.destroy()
  }

  usage(): { cpuMs: number; memoryBytes: number } {
    const { pid } = this.#child
    if (pid !== undefined && !this.#isOver) {
      const { cpuMs, memoryBytes } = measureProcess(pid)
      this.#cpuMs = Math.max(this.#cpuMs, cpuMs)
      this.#memoryBytes = Math.max(this.#memoryBytes, memoryBytes)
    }
    return { cpuMs: this.#cpuMs, memoryBytes: this.#memoryBytes }
  }

  #read(chunk: Buffer): void {
    try {
      for (const text of this.#reader.read(chunk)) {
        if (this.#isOver) return
        this.#listener.message(text)
      }
    } catch (thrown) {
      const said = describeThrown(thrown)
      this.#end(said.includes('over the limit') ? 'SANDBOX_LIMIT' : 'SANDBOX_BROKEN', `it sent ${said}`)
    }
  }

  #note(chunk: Buffer): void {
    this.#printedBytes += chunk.length
    this.#printed = `${this.#printed}${chunk.subarray(-keptBytes).toString('latin1')}`.slice(-keptBytes)
    if (this.#printedBytes > mostPrintedBytes)
      this.#end('SANDBOX_LIMIT', `the process printed more than ${mostPrintedBytes} bytes`)
  }

  #watch(): void {
    const { cpuMs, memoryBytes } = this.usage()
    const { limits } = this.#handler
    if (memoryBytes > (limits.memoryMb + nodeMb) * 0x10_0000)
      this.#end('SANDBOX_LIMIT', `the process used more than ${limits.memoryMb} MiB of memory`)
    else if (cpuMs > limits.cpuMs) this.#end('SANDBOX_LIMIT', `over ${limits.cpuMs} ms of processor time`)
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const { limits } = this.#handler
    if (/out of memory|allocation failed/i.test(this.#printed))
      return this.#end('SANDBOX_LIMIT', `the process used more than ${limits.memoryMb} MiB of memory`)
    if (signal === 'SIGXCPU') return this.#end('SANDBOX_LIMIT', `over ${limits.cpuMs} ms of processor time`)
    const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`
    const half = this.#reader.isInside ? ', in the middle of a message' : ''
    const [said] = this.#printed
      .trim()
      .split('\n')
      .filter((line) => /error|denied|cannot|can't|failed/i.test(line))
    this.#end(
      'SANDBOX_BROKEN',
      `the process ${how} before it gave a result${half}${said ? `: ${said.slice(0, 300)}` : ''}`,
    )
  }

  #end(code: 'SANDBOX_LIMIT' | 'SANDBOX_BROKEN', message: string): void {
    if (this.#isOver) return
    this.kill()
    this.#listener.ended(new SandboxError(code, message))
  }
}

/** Starts child processes, never with less around them than was asked for. */
export class ProcessSandboxes {
  readonly #options: ProcessOptions
  #support: Promise<ProcessSupport> | null = null

  constructor(options: ProcessOptions) {
    this.#options = options
  }

  /** @throws (rejects) SandboxError `ISOLATION_UNAVAILABLE` */
  support(): Promise<ProcessSupport> {
    this.#support ??= probeProcessSupport(this.#options)
    // Whoever asks hears of it.
    this.#support.catch(() => undefined)
    return this.#support
  }

  async open(handler: IsolatedHandler, listener: SandboxListener): Promise<Sandbox> {
    const support = await this.support()
    const [program, ...args] = processCommand(support, handler)
    const uid = support.dropsUid ? nextUid() : null
    const child = spawn(program, args, {
      cwd: '/',
      env: {},
      // The fourth is the only way in and out. Never Node's own channel ('ipc'): what reads it trusts the other side.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
      ...(uid !== null && { uid, gid: uid }),
    })
    const pipe = child.stdio[3]
    if (!(pipe instanceof Duplex)) {
      child.on('error', () => undefined)
      child.kill('SIGKILL')
      throw new SandboxError('SANDBOX_BROKEN', 'the process could not be started')
    }
    return new ProcessSandbox(child, pipe, handler, listener)
  }
}
