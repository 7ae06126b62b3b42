import type { MessagePort } from 'node:worker_threads'
import type { JSValueHandle } from 'quickjs-wasi'
import { EvalFlags, QuickJS } from 'quickjs-wasi'
import type { SandboxLimits } from '../../model/isolation.ts'
import type { SandboxErrorCode } from '../../model/sandbox-error.ts'
import { createGuest } from './guest-task.ts'

interface ScriptTask {
  port: MessagePort
  /** Processor time in ms, and bytes of memory. */
  gauge: Float64Array
  /** QuickJS, with its memory capped. */
  engine: SharedArrayBuffer
  script: string
  limits: SandboxLimits
}

// Languages without a host have no such class.
const abortController = `
globalThis.AbortController = class AbortController {
  #listeners = new Set()
  constructor() {
    const listeners = this.#listeners
    this.signal = {
      aborted: false, reason: undefined, onabort: null,
      addEventListener(type, listener) { if (type === 'abort') listeners.add(listener) },
      removeEventListener(type, listener) { listeners.delete(listener) },
      throwIfAborted() { if (this.aborted) throw this.reason },
    }
  }
  abort(reason) {
    const { signal } = this
    if (signal.aborted) return
    signal.aborted = true
    signal.reason = reason
    signal.onabort?.({ type: 'abort' })
    for (const listener of this.#listeners) listener({ type: 'abort' })
  }
}`

const stackBytes = 0x4_0000

/** One script in an engine of its own: nothing of it is left for the next. */
class Script {
  readonly #task: ScriptTask
  readonly #vm: QuickJS
  readonly #rejected = new Set<string>()
  #receive: JSValueHandle | null = null
  #isEnded = false

  constructor(task: ScriptTask, vm: QuickJS) {
    this.#task = task
    this.#vm = vm
  }

  noteRejection(reason: JSValueHandle, isHandled: boolean): void {
    const text = this.#textOf(reason)
    if (isHandled) this.#rejected.delete(text)
    else this.#rejected.add(text)
  }

  end(code: SandboxErrorCode, message: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#task.port.postMessage({ code, message })
  }

  begin(): void {
    const vm = this.#vm
    this.#guarded(() => {
      vm.evalCode(abortController, '<sandbox>')
      const send = vm.newFunction('send', (text, length) => this.#send(text, length))
      const script = vm.newString(this.#task.script)
      const load = vm.newFunction('load', () => {
        const namespace = vm.evalCode(script.toString(), '<script>', EvalFlags.TYPE_MODULE)
        return namespace
      })
      const wrap = vm.evalCode(
        `(send, load) => (${createGuest.toString()})(
          (text) => send(text, text.length),
          async (href, name) => {
            const handler = (await load())[name]
            if (typeof handler === 'function') return handler
            throw Object.assign(new Error('the script exports no function ' + name), { name: 'NonRetryableError' })
          })`,
        '<sandbox>',
      )
      this.#receive = vm.callFunction(wrap, vm.undefined, send, load)
    })
  }

  receive(text: string): void {
    const vm = this.#vm
    this.#guarded(() => {
      if (this.#receive) vm.callFunction(this.#receive, vm.undefined, vm.newString(text)).dispose()
    })
  }

  /** What the engine itself throws was not caught by the script: an interrupt, or memory that did not last to say so. */
  #guarded(work: () => void): void {
    if (this.#isEnded) return
    try {
      work()
      this.#vm.executePendingJobs()
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      this.end(/interrupted|out of memory/.test(message) ? 'SANDBOX_LIMIT' : 'SANDBOX_BROKEN', `the script: ${message}`)
    }
    const [rejected] = this.#rejected
    if (rejected !== undefined)
      this.end(
        /interrupted|out of memory/.test(rejected) ? 'SANDBOX_LIMIT' : 'SANDBOX_BROKEN',
        `a rejection that nobody handles: ${rejected}`,
      )
  }

  #send(text: JSValueHandle | undefined, length: JSValueHandle | undefined): JSValueHandle {
    const wanted = length?.toNumber() ?? 0
    const { messageBytes } = this.#task.limits
    if (wanted > messageBytes)
      this.end('SANDBOX_LIMIT', `a message of ${wanted} characters, over the limit of ${messageBytes} bytes`)
    else if (!this.#isEnded) {
      const message = text?.toString() ?? ''
      if (message.length !== wanted || wanted === 0) this.end('SANDBOX_LIMIT', 'a message was cut for want of memory')
      else this.#task.port.postMessage(message)
    }
    return this.#vm.undefined
  }

  #textOf(reason: JSValueHandle): string {
    try {
      return reason.toString()
    } catch {
      return 'what cannot be printed'
    }
  }
}

function engineMemory(vm: QuickJS): number {
  return vm.getMemoryUsage().memoryUsedSize
}

/** Runs one script in a WebAssembly engine, in a thread of a pool. Resolves when the host has closed the port. */
export async function runScript(task: ScriptTask): Promise<void> {
  const { port, gauge, engine, limits } = task
  const before = process.threadCpuUsage()
  const measure = () => {
    const { user, system } = process.threadCpuUsage(before)
    gauge[0] = (user + system) / 1_000
    return gauge[0]
  }
  let script: Script | null = null
  const vm = await QuickJS.create({
    wasm: new Uint8Array(engine).slice(),
    maxStackSize: stackBytes,
    interruptHandler: () => measure() > limits.cpuMs,
    onUnhandledRejection: (_promise: JSValueHandle, reason: JSValueHandle, isHandled: boolean) =>
      script?.noteRejection(reason, isHandled),
    // Nothing that is printed goes anywhere.
    wasi: () => ({ fd_write: () => 8 }),
    timezoneOffset: 0,
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  port.on('close', resolve)
  script = new Script(task, vm)
  const running = script
  const measured = (work: () => void) => {
    work()
    if (measure() > limits.cpuMs) running.end('SANDBOX_LIMIT', `over ${limits.cpuMs} ms of processor time`)
    gauge[1] = Math.max(gauge[1] ?? 0, engineMemory(vm))
  }
  measured(() => running.begin())
  port.on('message', (text: string) => measured(() => running.receive(text)))
  await promise
  vm.dispose()
}
