import type { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import type { Environment } from '../../model/environment.ts'
import type { AskOptions, ChildHandle, ChildOptions, StepOptions, TaskLog } from '../../model/handler-parts.ts'
import type { Principal } from '../../model/principal.ts'
import { ChildKeys } from '../child-keys.ts'
import type { HandlerSandboxes, SandboxedRun } from '../isolated-executor.ts'
import type { StepLog } from '../step-log.ts'
import type { Timers } from '../timers.ts'

/** What a replay needs of the task that it is for. */
export interface ReplayedTask {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  readonly attempt: number
  readonly input: unknown
  readonly definition: TaskDefinition
  readonly environment: Environment
  readonly timers: Timers
  readonly steps: StepLog
  readonly sandboxes: HandlerSandboxes
  /** Answers that were given, by the key of their question. */
  answerTo(key: string): { readonly value: unknown } | undefined
  /** A child by its id, or by its key. */
  child(idOrKey: string): ChildHandle<unknown> | undefined
  /** A text without what must not be told of the task. */
  scrub(text: string): string
}

const mostSleeps = 1_000

const silence: TaskLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/**
 * What a handler works with while it is run for nothing but the undos of its steps: finished steps give their recorded
 * results, and what was not reached before is never reached. No effect of a step is made again.
 */
class ReplayContext implements TaskContext {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  readonly attempt: number
  readonly log = silence
  /** What it asks of others it does not ask. */
  readonly traceContext = null
  readonly #task: ReplayedTask
  readonly #controller = new AbortController()
  readonly #isComplete: () => boolean
  readonly #childKeys = new ChildKeys()
  #asked = 0
  #slept = 0

  constructor(task: ReplayedTask, isComplete: () => boolean) {
    this.id = task.id
    this.type = task.type
    this.principal = task.principal
    this.attempt = task.attempt
    this.#task = task
    this.#isComplete = isComplete
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  now(): number {
    return this.#task.environment.clock.now()
  }

  random(): number {
    return this.#task.environment.random.next()
  }

  step<Result>(name: string, _run: unknown, options: StepOptions<Result> = {}): Promise<Result> {
    const { steps } = this.#task
    const step = steps.get(name)
    if (!step) return never()
    const { undo, undoInDoubt } = options
    Object.assign(step, { undo: undo ?? null, undoInDoubt: undoInDoubt ?? null })
    // Nothing more is wanted: what comes after it may have effects, and may never have been reached.
    if (this.#isComplete()) return never()
    const finished = steps.finished<Result>(name)
    if (finished) return Promise.resolve(finished.result)
    // A handler may have gone on after it.
    if (step.state === 'failed') return Promise.reject(new Error(`step "${name}" has failed`))
    return never()
  }

  progress(): void {
    // Was reported when it happened.
  }

  used(): void {
    // Was booked when it happened.
  }

  heartbeat(): void {
    // Nobody waits for one.
  }

  ask<Schema extends z.ZodType>(
    _schema: Schema,
    prompt: string,
    _options?: AskOptions<z.output<Schema>>,
  ): Promise<z.output<Schema>>
  ask(_schema: z.ZodType, prompt: string): Promise<unknown> {
    this.#asked += 1
    const answer = this.#task.answerTo(`${this.#asked}:${this.#task.scrub(prompt)}`)
    return answer ? Promise.resolve(answer.value) : never()
  }

  sleep(): Promise<void> {
    // It has passed, if something after it was reached; a handler that only sleeps must not keep the thread.
    this.#slept += 1
    return this.#slept > mostSleeps ? never() : Promise.resolve()
  }

  submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: ChildOptions,
  ): Promise<ChildHandle<z.output<Output>>>
  submit(definition: TaskDefinition, input: unknown, { key }: ChildOptions = {}): Promise<ChildHandle<unknown>> {
    const child = this.#task.child(key ?? this.#childKeys.next(definition, input))
    return child ? Promise.resolve(child) : never()
  }

  child(id: string): ChildHandle<unknown> | undefined {
    return this.#task.child(id)
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

/**
 * Finds the undos of a task's steps again, by running its handler over the recorded results. The functions that undo
 * went with the process that crashed. Source: deterministic replay, as in Temporal's and Restate's handlers.
 * Ends when all are found, when the handler ends, or after `timeoutMs`.
 */
export function replayUndos(task: ReplayedTask, timeoutMs: number): Promise<void> {
  const { handler } = task.definition
  if (handler.form === 'actor') return Promise.resolve()
  const { promise, resolve: end } = Promise.withResolvers<void>()
  const resolve = () => end()
  const isComplete = () => task.steps.standing().every(({ undo, undoInDoubt }) => undo !== null || undoInDoubt !== null)
  if (isComplete()) return Promise.resolve()
  const timer = task.timers.arm(task.environment.clock.now() + timeoutMs, resolve)
  const context = new ReplayContext(task, () => {
    const complete = isComplete()
    if (complete) resolve()
    return complete
  })
  let sandbox: SandboxedRun | null = null
  const run = (): unknown => {
    if (handler.form === 'function') return handler.run(context, task.input)
    sandbox = task.sandboxes.run(handler, context, task.input)
    return sandbox.done
  }
  Promise.resolve()
    .then(run)
    // Whatever it ends with: what it has not named by then has no undo any more.
    .then(resolve, resolve)
  return promise.finally(() => {
    task.timers.disarm(timer)
    sandbox?.kill()
  })
}
