import type { FetchRequest, FetchResponse, IsolatedTask } from '../../model/isolation.ts'
import type { HostMessage, StartedTask } from '../messages.ts'

type Handler = (task: IsolatedTask, input: unknown) => unknown
interface Step {
  resolve(value: unknown): void
  reject(error: unknown): void
  work?: (run: object) => unknown
  undo?: ((result: unknown, run: object) => unknown) | undefined
  undoInDoubt?: ((run: object) => unknown) | undefined
}

/**
 * The inside of a sandbox: gives the handler its task, and speaks for it. Stands alone, without imports: at the level
 * `wasm` its own text is what runs. The host believes nothing of what it says.
 */
export function createGuest(
  send: (text: string) => void,
  load: (href: string | null, exportName: string) => Promise<Handler>,
): (text: string) => void {
  const longest = 4_000
  const calls = new Map<number, Step>()
  const controller = new AbortController()
  let lastId = 0
  let isEnded = false
  let isTakingBack = false

  function say(message: object): void {
    const text = JSON.stringify(message)
    if (typeof text !== 'string' || text === '') throw new Error('a message was lost on its way out')
    send(text)
  }

  function unfitPart(value: object, path: string, depth: number): string | null {
    const isList = Array.isArray(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (!isList && prototype !== null && prototype !== Object.prototype) return `${path} is an instance of a class`
    for (const [key, inner] of Object.entries(value)) {
      const problem = inner === undefined && !isList ? null : unfit(inner, `${path}.${key}`, depth + 1)
      if (problem) return problem
    }
    return null
  }

  function unfit(value: unknown, path: string, depth: number): string | null {
    if (depth > 64) return `${path} is nested too deep`
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return null
    if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`
    if (typeof value === 'object') return unfitPart(value, path, depth)
    return `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`
  }

  /** What JSON would drop or change is an error, and never a value. */
  function json(value: unknown, what: string): unknown {
    const problem = value === undefined ? null : unfit(value, what, 0)
    if (problem) {
      const error = new Error(`${problem}: an isolated handler takes and gives what JSON can hold, and nothing else`)
      error.name = 'NonRetryableError'
      throw error
    }
    return value
  }

  function describe(thrown: unknown): { message: string; permanent: boolean } {
    let message = 'something was thrown that cannot be printed'
    let permanent = false
    try {
      const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown
      message = String(isError ? thrown.message : thrown) || 'an error without a message'
      permanent = isError && 'name' in thrown && thrown.name === 'NonRetryableError'
    } catch {
      // Kept as it is.
    }
    return { message: message.slice(0, longest), permanent }
  }

  function call(message: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      lastId += 1
      calls.set(lastId, { resolve, reject })
      say({ ...message, id: lastId })
    })
  }

  function line(level: string) {
    return (message: string, data: object = {}): void => {
      const shown = String(message)
      try {
        say({ type: 'log', level, message: shown, data })
      } catch (thrown) {
        say({ type: 'log', level, message: shown, data: { unreadable: describe(thrown).message } })
      }
    }
  }

  function taskOf({ now, ...facts }: StartedTask): IsolatedTask {
    const ahead = now - Date.now()
    const task: object = {
      ...facts,
      signal: controller.signal,
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      now: () => Date.now() + ahead,
      random: () => Math.random(),
      step(name: string, work: Step['work'], options: Pick<Step, 'undo' | 'undoInDoubt'> = {}) {
        return new Promise((resolve, reject) => {
          const { undo, undoInDoubt } = options
          lastId += 1
          calls.set(lastId, { resolve, reject, ...(work && { work }), undo, undoInDoubt })
          const has = { hasUndo: undo !== undefined, hasUndoInDoubt: undoInDoubt !== undefined }
          say({ type: 'step', id: lastId, name: String(name), ...has })
        })
      },
      progress(fraction: number, message = '') {
        say({ type: 'progress', fraction: Number.isFinite(fraction) ? fraction : 0, message: String(message) })
      },
      used: (usage: object) => say({ type: 'used', usage }),
      heartbeat: () => say({ type: 'heartbeat' }),
      ask(question: string, prompt: string, options: { timeoutMs?: number; default?: unknown } = {}) {
        const fallback = 'default' in options ? { default: { answer: json(options.default, 'the default') } } : {}
        const timeout = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }
        return call({ type: 'ask', question, prompt, ...timeout, ...fallback })
      },
      sleep: (ms: number) => call({ type: 'sleep', ms }).then(() => undefined),
      fetch: (url: string, request: FetchRequest = {}): Promise<FetchResponse | unknown> =>
        call({ type: 'fetch', url: String(url), request }),
      read: (path: string) => call({ type: 'read', path: String(path) }),
      secret: (name: string) => call({ type: 'secret', name: String(name) }),
    }
    return Object.assign(Object.create(null), task)
  }

  function end(message: object): void {
    if (isEnded) return
    isEnded = true
    say(message)
  }

  function start({ task, input, href, exportName }: Extract<HostMessage, { type: 'start' }>): void {
    const failed = (thrown: unknown) => {
      if (!isTakingBack) end({ type: 'failed', ...describe(thrown) })
    }
    load(href, exportName)
      .then((handler) => handler(taskOf(task), input))
      .then((value) => {
        if (!isTakingBack) end({ type: 'done', value: json(value, 'the output') })
      })
      .catch(failed)
  }

  function runStep(id: number, { work }: Step, run: object): void {
    Promise.resolve()
      .then(() => work?.({ ...run, signal: controller.signal }))
      .then((value) => say({ type: 'stepEnded', id, value: json(value, 'the result') }))
      .catch((thrown: unknown) => say({ type: 'stepFailed', id, ...describe(thrown) }))
  }

  function takeBack(step: Step, message: Extract<HostMessage, { type: 'takeBack' }>): void {
    isTakingBack = true
    const run = { ...message.run, signal: controller.signal }
    Promise.resolve()
      .then(() => (message.how === 'undo' ? step.undo?.(message.value, run) : step.undoInDoubt?.(run)))
      .then(() => end({ type: 'done' }))
      .catch((thrown: unknown) => end({ type: 'failed', ...describe(thrown) }))
  }

  return (text) => {
    const message: HostMessage = JSON.parse(text)
    if (message.type === 'start') return start(message)
    if (message.type === 'stop') {
      const reason = Object.assign(new Error(message.message), { name: 'TaskStoppedError', code: message.code })
      return controller.abort(reason)
    }
    const waiting = calls.get(message.id)
    if (!waiting) return
    if (message.type === 'runStep') return runStep(message.id, waiting, message.run)
    if (message.type === 'takeBack') return takeBack(waiting, message)
    calls.delete(message.id)
    if (message.type === 'answer') waiting.resolve(message.value)
    else waiting.reject(Object.assign(new Error(message.message), { code: message.code }))
  }
}
