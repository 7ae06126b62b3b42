import { describeThrown, NonRetryableError, RefusedError, TaskwrightError } from '../model/errors.ts'
import type { StepOptions, StepRun } from '../model/handler-parts.ts'
import type { IsolatedHandler, SandboxUsage } from '../model/isolation.ts'
import { SandboxError } from '../model/sandbox-error.ts'
import type { AttemptHistory } from './attempt-history.ts'
import type { CapabilityDesk } from './capability-desk.ts'
import { assertJson, parseJson } from './json-text.ts'
import type { Called, GuestMessage, HostMessage } from './messages.ts'
import { guestMessageSchema } from './messages.ts'
import type { OpenSandbox, Sandbox } from './sandbox.ts'
import type { SessionTask } from './session-task.ts'
import type { UndoGoal } from './undo-task.ts'

/** Calls that may be open at a time: each may hold a response of the host's. */
const mostOpenCalls = 64

export interface SessionParts {
  readonly handler: IsolatedHandler
  readonly task: SessionTask
  readonly input: unknown
  readonly open: OpenSandbox
  readonly desk: CapabilityDesk
  readonly history: AttemptHistory
  /** Takes back a step in another sandbox; `null`: this session is there to do it itself. */
  readonly takeBack: ((goal: UndoGoal) => Promise<void>) | null
}

/** One handler in its sandbox: checks what it says, and does it with the task. */
export class Session {
  /** The output. Rejects with what the handler threw, or a SandboxError. */
  readonly done: Promise<unknown>
  readonly #parts: SessionParts
  readonly #outcome = Promise.withResolvers<unknown>()
  readonly #steps = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #startedAt = performance.now()
  readonly #over = new AbortController()
  #sandbox: Sandbox | null = null
  #isOver = false
  #isReleased = false
  #wallMs = 0
  #openCalls = 0
  #messages = 0
  #bytes = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.done = this.#outcome.promise
    // Whoever started it hears of it; a session that is only killed has no other listener.
    this.done.catch(() => undefined)
    void this.#start()
  }

  get usage(): SandboxUsage {
    const { cpuMs, memoryBytes } = this.#sandbox?.usage() ?? { cpuMs: 0, memoryBytes: 0 }
    const wallMs = this.#isOver ? this.#wallMs : performance.now() - this.#startedAt
    return { cpuMs, memoryBytes, outputBytes: this.#bytes, wallMs }
  }

  /** Ends the sandbox; what it still does counts no more. */
  kill(reason: SandboxError = new SandboxError('SANDBOX_BROKEN', 'the sandbox was ended')): void {
    this.#finish(() => this.#outcome.reject(reason), reason)
  }

  async #start(): Promise<void> {
    const { handler, open, input, task } = this.#parts
    try {
      assertJson(input, 'the input')
      const sandbox = await open(handler, {
        message: (text) => this.#receive(text),
        ended: (error) => this.kill(error),
      })
      this.#sandbox = sandbox
      if (this.#isOver) {
        sandbox.kill()
        return
      }
      const { id, type, principal, attempt, signal } = task
      const { source } = handler
      this.#say({
        type: 'start',
        task: { id, type, principal, attempt, now: task.now() },
        input,
        href: source.form === 'file' ? source.href : null,
        exportName: source.exportName,
      })
      const stop = () => this.#stop(signal.reason)
      signal.addEventListener('abort', stop, { once: true, signal: this.#over.signal })
      if (signal.aborted) stop()
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(describeThrown(thrown))
      this.#finish(() => this.#outcome.reject(error), error)
    }
  }

  #stop(reason: unknown): void {
    const code = reason instanceof TaskwrightError ? reason.code : 'CANCELLED'
    this.#say({ type: 'stop', code, message: describeThrown(reason) })
  }

  #say(message: HostMessage): void {
    if (this.#isOver) return
    this.#sandbox?.send(JSON.stringify(message))
  }

  #receive(text: string): void {
    if (this.#isOver) return
    const { limits } = this.#parts.handler
    this.#messages += 1
    this.#bytes += Buffer.byteLength(text)
    if (text.length > limits.messageBytes)
      return this.#overLimit(`a message of ${text.length} characters, over ${limits.messageBytes} bytes`)
    if (this.#messages > limits.messages) return this.#overLimit(`more than ${limits.messages} messages`)
    if (this.#bytes > limits.totalBytes) return this.#overLimit(`more than ${limits.totalBytes} bytes of messages`)
    const message = this.#read(text)
    if (!message) return
    try {
      this.#take(message)
    } catch (thrown) {
      // What it reported is none, such as usage of a resource that no pool has: as if it had thrown that itself.
      this.#finish(() => this.#outcome.reject(thrown), new Error(describeThrown(thrown)))
    }
  }

  #read(text: string): GuestMessage | null {
    try {
      const read = guestMessageSchema.safeParse(parseJson(text))
      if (read.success) return read.data
      this.#breach(`it sent a message that is none: ${read.error.issues[0]?.message ?? 'not valid'}`)
    } catch (thrown) {
      this.#breach(`it sent what cannot be read: ${describeThrown(thrown)}`)
    }
    return null
  }

  #take(message: GuestMessage): void {
    const { task } = this.#parts
    switch (message.type) {
      case 'done':
        this.#isReleased = true
        return this.#finish(() => this.#outcome.resolve(message.value), new Error('the handler has ended'))
      case 'failed': {
        const error = isOutOfMemory(message.message) ? this.#outOfMemory() : thrownInside(message)
        this.#isReleased = true
        return this.#finish(() => this.#outcome.reject(error), error)
      }
      case 'progress':
        return task.progress(message.fraction, message.message)
      case 'used':
        return task.used(message.usage)
      case 'heartbeat':
        return task.heartbeat()
      case 'log':
        return task.log[message.level](message.message, message.data)
      case 'stepEnded':
        return this.#endStep(message.id, (step) => step.resolve(message.value))
      case 'stepFailed':
        return this.#endStep(message.id, (step) => step.reject(thrownInside(message)))
      default:
        return this.#call(message)
    }
  }

  #endStep(id: number, end: (step: PromiseWithResolvers<unknown>) => void): void {
    const step = this.#steps.get(id)
    if (!step) return this.#breach('it ended a step that does not run')
    this.#steps.delete(id)
    end(step)
  }

  /** Every call is answered once, by its id. */
  #call(message: Exclude<Called, { type: 'stepEnded' | 'stepFailed' }>): void {
    this.#openCalls += 1
    if (this.#openCalls > mostOpenCalls) return this.#overLimit(`more than ${mostOpenCalls} calls at a time`)
    const { id } = message
    void this.#answerTo(message)
      .then((value) => {
        assertJson(value, 'the answer')
        this.#say({ type: 'answer', id, value })
      })
      .catch((thrown: unknown) => {
        const code = thrown instanceof TaskwrightError ? thrown.code : 'FAILED'
        this.#say({ type: 'refused', id, code, message: describeThrown(thrown) })
      })
      .finally(() => {
        this.#openCalls -= 1
      })
  }

  async #answerTo(message: Exclude<Called, { type: 'stepEnded' | 'stepFailed' }>): Promise<unknown> {
    const { task, desk, handler } = this.#parts
    const { can, limits } = handler
    switch (message.type) {
      case 'step':
        return this.#step(message)
      case 'ask':
        return this.#ask(message)
      case 'sleep':
        return task.sleep(message.ms)
      case 'fetch':
        return desk.fetch(can.fetch, message.url, message.request, {
          maxBytes: limits.messageBytes,
          signal: AbortSignal.any([task.signal, this.#over.signal]),
        })
      case 'read':
        return desk.read(can.read, message.path, limits.messageBytes)
      case 'secret':
        return this.#secret(message.name)
    }
  }

  async #secret(name: string): Promise<string> {
    const { task, desk, handler } = this.#parts
    const value = await desk.secret(handler.can.secrets, name, task)
    task.hide?.(value)
    return value
  }

  async #ask({ question, prompt, timeoutMs, ...rest }: Extract<GuestMessage, { type: 'ask' }>): Promise<unknown> {
    const { task, handler, history } = this.#parts
    const { questions } = handler.source
    const schema = Object.hasOwn(questions, question) ? questions[question] : undefined
    if (!schema) {
      const known = Object.keys(questions).join(', ') || 'none'
      throw new RefusedError(
        'QUESTION_UNKNOWN',
        `the handler was made without a question "${question}"; it has ${known}`,
      )
    }
    const answer = await task.ask(schema, prompt, {
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(rest.default && { default: schema.parse(rest.default.answer) }),
    })
    history.noteAnswer(answer)
    return answer
  }

  async #step({ id, name, hasUndo, hasUndoInDoubt }: Extract<GuestMessage, { type: 'step' }>): Promise<unknown> {
    const { task, history } = this.#parts
    const work = ({ attempt, idempotencyKey, inDoubt }: StepRun): Promise<unknown> => {
      const running = Promise.withResolvers<unknown>()
      if (this.#isOver) throw new SandboxError('SANDBOX_BROKEN', 'the sandbox was ended')
      this.#steps.set(id, running)
      this.#say({ type: 'runStep', id, run: { attempt, idempotencyKey, inDoubt } })
      return running.promise
    }
    const options: StepOptions<unknown> = {
      ...(hasUndo && { undo: (value, run) => this.#takeBack(id, { step: name, how: 'undo', value, run }) }),
      ...(hasUndoInDoubt && {
        undoInDoubt: (run) => this.#takeBack(id, { step: name, how: 'undoInDoubt', value: undefined, run }),
      }),
    }
    try {
      const value = await task.step(name, work, options)
      history.note(name, { ok: true, value })
      return value
    } catch (thrown) {
      history.note(name, { ok: false, error: thrown })
      throw thrown
    }
  }

  /** In a session that is run for it, the sandbox says with its end how it went. */
  #takeBack(id: number, goal: UndoGoal): Promise<void> {
    const { takeBack } = this.#parts
    if (takeBack) return takeBack(goal)
    const { attempt, idempotencyKey, inDoubt } = goal.run
    const run = { attempt, idempotencyKey, inDoubt }
    this.#say({ type: 'takeBack', id, how: goal.how, value: goal.value, run })
    return new Promise(() => undefined)
  }

  #outOfMemory(): SandboxError {
    const { level, limits } = this.#parts.handler
    return new SandboxError('SANDBOX_LIMIT', `the ${level} used more than ${limits.memoryMb} MiB of memory`)
  }

  #overLimit(what: string): void {
    this.kill(new SandboxError('SANDBOX_LIMIT', `the handler sent ${what}`))
  }

  #breach(what: string): void {
    this.kill(new SandboxError('SANDBOX_BROKEN', `the sandbox was ended: ${what}`))
  }

  #finish(tell: () => void, reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#wallMs = performance.now() - this.#startedAt
    // The last measure, while there is something to measure.
    this.#sandbox?.usage()
    if (this.#isReleased) this.#sandbox?.release()
    else this.#sandbox?.kill()
    this.#over.abort(reason)
    for (const step of this.#steps.values()) step.reject(reason)
    this.#steps.clear()
    tell()
  }
}

/** What engines throw that can still throw. */
function isOutOfMemory(message: string): boolean {
  return /^(out of memory|Array buffer allocation failed)$/.test(message)
}

function thrownInside({ message, permanent }: { message: string; permanent: boolean }): Error {
  return permanent ? new NonRetryableError(message) : new Error(message)
}
