import type { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../model/definition.ts'
import type { Duration } from '../model/duration.ts'
import { toMs } from '../model/duration.ts'
import type { Failure } from '../model/errors.ts'
import { listProblems, RefusedError, refuse, TaskStoppedError } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { AskOptions, ChildHandle, ChildOptions, StepOptions, StepRun, TaskLog } from '../model/handler-parts.ts'
import type { SandboxUsage } from '../model/isolation.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Limits } from '../model/limits.ts'
import type { Principal } from '../model/principal.ts'
import type { Demand } from '../model/resources.ts'
import { demandSchema } from '../model/resources.ts'
import type { TraceContext } from '../model/trace-context.ts'
import { ChildKeys } from './child-keys.ts'
import type { ExecutionPort } from './execution-port.ts'
import { owned } from './owned-promise.ts'
import { Questions } from './questions.ts'
import type { Undoing } from './rollback.ts'
import type { StepLog } from './step-log.ts'
import type { StepHost } from './step-runner.ts'
import { StepRunner } from './step-runner.ts'
import { createTaskLog } from './task-log.ts'
import type { Timer } from './timers.ts'

/** One attempt at a task's work: what the handler sees of it, and what the task can do to it. */
export class Execution implements TaskContext, StepHost {
  readonly attempt: number
  readonly epoch: number
  readonly #port: ExecutionPort
  // Made when first asked for: most handlers of small tasks need none of them.
  #log: TaskLog | null = null
  #questions: Questions | null = null
  #runner: StepRunner | null = null
  #controller: AbortController | null = null
  #stopped: TaskStoppedError | null = null
  #closed = false
  #gate: PromiseWithResolvers<void> | null = null
  #sleeps: Set<Timer> | null = null
  #asked = 0
  #lines = 0
  #childKeys: ChildKeys | null = null

  constructor(port: ExecutionPort, attempt: number, epoch: number) {
    this.#port = port
    this.attempt = attempt
    this.epoch = epoch
  }

  get log(): TaskLog {
    this.#log ??= createTaskLog((happening) => {
      if (this.#closed) return
      this.alive()
      this.#tellLine(happening)
    })
    return this.#log
  }

  get questions(): Questions {
    const { environment, timers } = this.#port
    this.#questions ??= new Questions(environment.clock, timers, (questionId, how) => {
      if (!this.#closed) this.#port.questionClosed(questionId, how)
    })
    return this.#questions
  }

  get steps(): StepLog {
    return this.#port.steps
  }

  get keepsState(): boolean {
    return this.#port.keepsState
  }

  get goesOn(): boolean {
    return this.#port.goesOn
  }

  get limits(): Limits {
    return this.#port.limits
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get id(): string {
    return this.#port.id
  }

  get type(): string {
    return this.#port.type
  }

  get traceContext(): TraceContext | null {
    return this.#port.traceContext
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

  step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result> = {},
  ): Promise<Result> {
    this.#runner ??= new StepRunner(this)
    return owned(this.#runner.run(name, run, options))
  }

  progress(fraction: number, message = ''): void {
    if (this.#closed) return
    this.#port.alive()
    const within = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
    this.#port.progress(within, message)
  }

  used(usage: Demand): void {
    if (this.#closed) return
    const checked = demandSchema.safeParse(usage)
    if (!checked.success)
      throw refuse('DEMAND_INVALID', `${this.id} reported a usage that is none`, listProblems(checked.error))
    this.#port.alive()
    this.#port.use(checked.data)
  }

  measured(usage: SandboxUsage): void {
    if (!this.#closed) this.#port.measured(usage)
  }

  /** A secret that the handler was given: it is hidden wherever it turns up. */
  hide(value: string): void {
    if (!this.#closed) this.#port.hide(value)
  }

  heartbeat(): void {
    if (!this.#closed) this.#port.alive()
  }

  ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options: AskOptions<z.output<Schema>> = {},
  ): Promise<z.output<Schema>> {
    return owned(this.#ask(schema, prompt, options))
  }

  sleep(duration: Duration): Promise<void> {
    return owned(this.#sleep(duration))
  }

  submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: ChildOptions,
  ): Promise<ChildHandle<z.output<Output>>> {
    return owned(this.#submit(definition, input, options))
  }

  child(id: string): ChildHandle<unknown> | undefined {
    return this.#port.child(id)
  }

  /** Tells the handler to stop; open questions end, and a paused one goes on so that it can. */
  stop(failure: Failure): void {
    if (this.#stopped) return
    this.#stopped = new TaskStoppedError(failure.code, failure.message)
    this.#controller?.abort(this.#stopped)
    this.#questions?.withdraw(this.#stopped)
    this.resume()
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
    this.#questions?.withdraw(new RefusedError('TASK_ENDED', `${this.id} has ended`))
    // A sleep that lost a race, say, must not keep the host's process alive.
    for (const timer of this.#sleeps ?? []) this.#port.timers.disarm(timer)
    this.resume()
  }

  /** The handler has succeeded: calls back when the steps that it did not wait for have ended too. */
  whenStepsSettled(then: () => void): void {
    const running = this.#runner?.inFlight
    if (!running || running.size === 0) then()
    else void Promise.allSettled(running).then(() => this.whenStepsSettled(then))
  }

  /** The handler has failed: steps that still run are told to stop, and have the grace period to do so. */
  stopSteps(then: () => void): void {
    const running = this.#runner?.inFlight
    if (!running || running.size === 0) {
      then()
      return
    }
    this.stop({ code: 'HANDLER_FAILED', message: 'the handler failed', retryable: false })
    let done = false
    const finish = () => {
      if (done) return
      done = true
      this.#port.timers.disarm(timer)
      then()
    }
    const timer = this.#port.timers.arm(this.now() + this.definition.graceMs, finish)
    this.whenStepsSettled(finish)
  }

  async pass(): Promise<void> {
    if (this.#gate) await this.#gate.promise
    this.assertOpen()
  }

  alive(): void {
    this.#port.alive()
  }

  report(happening: TaskHappening, payload?: RecordPayload | null): void {
    this.#port.report(happening, payload)
  }

  recorded(): Promise<void> {
    return this.#port.recorded()
  }

  undoLate(undoing: Undoing): Promise<void> {
    return this.#port.undoLate(undoing)
  }

  async #ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options: AskOptions<z.output<Schema>>,
  ): Promise<z.output<Schema>> {
    this.assertOpen()
    this.alive()
    this.#asked += 1
    const shown = this.#port.scrub(prompt)
    const key = `${this.#asked}:${shown}`
    // As the schema gave it when it was answered: what was transformed once would not pass again.
    const given = this.#port.answerTo<z.output<Schema>>(key)
    if (given) return given.value
    const id = this.#port.environment.ids.next('question')
    const answered = this.questions.ask({
      id,
      taskId: this.id,
      schema,
      prompt: shown,
      timeoutMs: options.timeout === undefined ? null : toMs(options.timeout),
      maxBytes: this.#port.limits.answerBytes,
      fallback: 'default' in options ? { answer: options.default } : null,
      record: this.keepsState ? (answer) => this.#port.answered(id, key, answer) : null,
    })
    this.report({ type: 'task.asked', questionId: id, prompt: shown })
    this.#port.asked()
    const answer = await answered
    this.#port.learn(schema, answer)
    if (this.#gate) await this.#gate.promise
    return answer
  }

  #tellLine(line: TaskHappening): void {
    const { logLines } = this.#port.limits
    this.#lines += 1
    if (this.#lines <= logLines) return this.report(line)
    if (this.#lines > logLines + 1) return
    const message = `more than ${logLines} log lines in one attempt: further ones are dropped`
    this.report({ type: 'task.log', level: 'warn', message, data: {} })
  }

  async #sleep(duration: Duration): Promise<void> {
    this.assertOpen()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = this.#port.timers.arm(this.now() + toMs(duration), resolve)
    this.#sleeps ??= new Set()
    this.#sleeps.add(timer)
    const { signal } = this
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } finally {
      this.#port.timers.disarm(timer)
      this.#sleeps.delete(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: ChildOptions | undefined,
  ): Promise<ChildHandle<z.output<Output>>> {
    this.assertOpen()
    this.alive()
    const { key, ...submitOptions } = options ?? {}
    const childKey = this.keepsState ? this.#keyOfChild(definition, input, key) : null
    return this.#port.submitChild(definition, input, options && submitOptions, childKey)
  }

  #keyOfChild(definition: TaskDefinition, input: unknown, key: string | undefined): string {
    if (key !== undefined) return key
    this.#childKeys ??= new ChildKeys()
    return this.#childKeys.next(definition, input)
  }

  assertOpen(): void {
    if (this.#closed) throw new RefusedError('TASK_ENDED', `${this.id} has ended, or this attempt at it was given up`)
    if (this.#stopped) throw this.#stopped
  }
}
