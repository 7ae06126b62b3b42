import type { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../model/definition.ts'
import { toMs } from '../model/duration.ts'
import type { Environment } from '../model/environment.ts'
import type { Failure } from '../model/errors.ts'
import { describeThrown, listProblems, RefusedError, refuse, TaskStoppedError } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { AskOptions, ChildHandle, StepOptions, StepRun, TaskLog } from '../model/handler-parts.ts'
import type { Principal } from '../model/principal.ts'
import type { Demand } from '../model/resources.ts'
import { demandSchema } from '../model/resources.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import { redact, redactText } from '../security/redaction.ts'
import { Questions } from './questions.ts'
import type { StepLog } from './step-log.ts'
import type { Timers } from './timers.ts'

/** What an execution needs of the task that it belongs to. */
export interface ExecutionPort {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  readonly definition: TaskDefinition
  readonly input: unknown
  readonly environment: Environment
  readonly timers: Timers
  readonly steps: StepLog
  report(happening: TaskHappening): void
  /** The handler gave a sign of life. */
  alive(): void
  asked(): void
  questionClosed(questionId: string): void
  use(usage: Demand): void
  progress(fraction: number, message: string): void
  submitChild<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: SubmitOptions | undefined,
  ): Promise<ChildHandle<z.output<Output>>>
}

/** One attempt at a task's work: what the handler sees of it, and what the task can do to it. */
export class Execution implements TaskContext {
  readonly attempt: number
  readonly epoch: number
  readonly log: TaskLog
  readonly questions: Questions
  readonly #port: ExecutionPort
  readonly #inFlight = new Set<Promise<unknown>>()
  readonly #names = new Set<string>()
  #controller: AbortController | null = null
  #stopped: TaskStoppedError | null = null
  #closed = false
  #gate: PromiseWithResolvers<void> | null = null

  constructor(port: ExecutionPort, attempt: number, epoch: number) {
    this.#port = port
    this.attempt = attempt
    this.epoch = epoch
    this.questions = new Questions(port.environment.clock, port.timers, (questionId) => {
      if (!this.#closed) port.questionClosed(questionId)
    })
    const line =
      (level: keyof TaskLog) =>
      (message: string, data: Readonly<Record<string, unknown>> = {}) => {
        if (this.#closed) return
        port.alive()
        const shown = redact(data)
        const safe = typeof shown === 'object' && shown !== null ? { ...shown } : {}
        port.report({ type: 'task.log', level, message: redactText(message), data: safe })
      }
    this.log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }

  get id(): string {
    return this.#port.id
  }

  get type(): string {
    return this.#port.type
  }

  get principal(): Principal {
    return this.#port.principal
  }

  get input(): unknown {
    return this.#port.input
  }

  get definition(): TaskDefinition {
    return this.#port.definition
  }

  /** Made when first asked for: most handlers of small tasks never look. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#stopped) this.#controller.abort(this.#stopped)
    }
    return this.#controller.signal
  }

  now(): number {
    return this.#port.environment.clock.now()
  }

  random(): number {
    return this.#port.environment.random.next()
  }

  async step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result> = {},
  ): Promise<Result> {
    this.#assertOpen()
    if (this.#names.has(name)) {
      throw new RefusedError(
        'STEP_DUPLICATE',
        `step "${name}" was used before in this attempt; give each step its own name`,
      )
    }
    this.#names.add(name)
    if (this.#gate) await this.#gate.promise
    this.#assertOpen()
    const memo = this.#port.steps.get<Result>(name)
    if (memo) return memo.result
    const running = this.#runStep(name, run, options)
    this.#inFlight.add(running)
    try {
      return await running
    } finally {
      this.#inFlight.delete(running)
    }
  }

  progress(fraction: number, message = ''): void {
    if (this.#closed) return
    this.#port.alive()
    const within = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
    this.#port.progress(within, redactText(message))
  }

  used(usage: Demand): void {
    if (this.#closed) return
    const checked = demandSchema.safeParse(usage)
    if (!checked.success)
      throw refuse('DEMAND_INVALID', `${this.id} reported a usage that is none`, listProblems(checked.error))
    this.#port.alive()
    this.#port.use(checked.data)
  }

  heartbeat(): void {
    if (!this.#closed) this.#port.alive()
  }

  async ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options: AskOptions<z.output<Schema>> = {},
  ): Promise<z.output<Schema>> {
    this.#assertOpen()
    this.#port.alive()
    const id = this.#port.environment.ids.next('question')
    this.#port.report({ type: 'task.asked', questionId: id, prompt: redactText(prompt) })
    this.#port.asked()
    const answer = await this.questions.ask({
      id,
      taskId: this.id,
      schema,
      prompt,
      timeoutMs: options.timeout === undefined ? null : toMs(options.timeout),
      fallback: options.default === undefined ? null : { answer: options.default },
    })
    if (this.#gate) await this.#gate.promise
    return answer
  }

  async sleep(duration: Parameters<TaskContext['sleep']>[0]): Promise<void> {
    this.#assertOpen()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = this.#port.timers.arm(this.now() + toMs(duration), resolve)
    const { signal } = this
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } finally {
      this.#port.timers.disarm(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: SubmitOptions,
  ): Promise<ChildHandle<z.output<Output>>> {
    this.#assertOpen()
    this.#port.alive()
    return this.#port.submitChild(definition, input, options)
  }

  /** Tells the handler to stop; open questions end, and a paused one goes on so that it can. */
  stop(failure: Failure): void {
    if (this.#stopped) return
    this.#stopped = new TaskStoppedError(failure.code, failure.message)
    this.#controller?.abort(this.#stopped)
    this.questions.withdraw(this.#stopped)
    this.resume()
  }

  /** The handler has failed: steps of it that still run are told, as nobody waits for them. */
  abortSteps(): void {
    if (this.#inFlight.size > 0) this.stop({ code: 'HANDLER_FAILED', message: 'the handler failed', retryable: false })
  }

  pause(): void {
    this.#gate ??= Promise.withResolvers<void>()
  }

  resume(): void {
    this.#gate?.resolve()
    this.#gate = null
  }

  /** The attempt is over, whatever its handler still does. */
  close(): void {
    this.#closed = true
    this.questions.withdraw(new RefusedError('TASK_ENDED', `${this.id} has ended`))
    this.resume()
  }

  /** Calls back when no step is running any more: a handler has not stopped before its steps have. */
  whenStepsSettled(then: () => void): void {
    if (this.#inFlight.size === 0) then()
    else void Promise.allSettled(this.#inFlight).then(() => this.whenStepsSettled(then))
  }

  async #runStep<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result>,
  ): Promise<Result> {
    const { attempt } = this
    const idempotencyKey = `${this.id}:${name}`
    this.#port.alive()
    this.#port.report({ type: 'task.step.started', step: name, attempt })
    const result = await this.#noting(name, () => run({ signal: this.signal, attempt, idempotencyKey }))
    const undo = options.undo
      ? (signal: AbortSignal) => options.undo?.(result, { signal, attempt, idempotencyKey })
      : null
    if (this.#closed) {
      await this.#undoLate(name, undo)
      throw new RefusedError('TASK_ENDED', `step "${name}" finished after its attempt was given up`)
    }
    this.#port.steps.add({ name, result, undo })
    this.#port.alive()
    this.#port.report({ type: 'task.step.completed', step: name, attempt })
    return result
  }

  async #noting<Result>(step: string, run: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await run()
    } catch (thrown) {
      if (!this.#closed) {
        const message = redactText(describeThrown(thrown))
        this.#port.report({ type: 'task.step.failed', step, attempt: this.attempt, message })
      }
      throw thrown
    }
  }

  /** The rollback, or the next attempt, has not seen this effect: it is taken back here and now, and said aloud. */
  async #undoLate(step: string, undo: ((signal: AbortSignal) => unknown) | null): Promise<void> {
    if (!undo) return
    try {
      await undo(new AbortController().signal)
      this.#port.report({ type: 'task.undo.completed', step })
    } catch (thrown) {
      const message = redactText(describeThrown(thrown))
      this.#port.report({ type: 'task.undo.failed', step, attempt: this.attempt, message })
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new RefusedError('TASK_ENDED', `${this.id} has ended, or this attempt at it was given up`)
    if (this.#stopped) throw this.#stopped
  }
}
