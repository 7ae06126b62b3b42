import type { z } from 'zod'
import type { TaskDefinition } from './definition.ts'
import type { Duration } from './duration.ts'
import type { Demand } from './resources.ts'
import type { Principal } from './principal.ts'
import type { SubmitOptions } from './submit-options.ts'

/** What a step's function is told about its run. */
export interface StepRun {
  readonly signal: AbortSignal
  /** The task's attempt in which the step runs, from 1. */
  readonly attempt: number
  /** The same for every run of this step of this task: hand it to services that deduplicate. */
  readonly idempotencyKey: string
}

export interface StepOptions<Result> {
  /** Takes the step's effect back. Runs on rollback, last step first; retried by the definition's `rollbackRetry`. */
  undo?(result: Result, run: StepRun): unknown
}

export interface AskOptions<Answer> {
  /** How long to wait for an answer. Without one the task waits until it is answered or stopped. */
  timeout?: Duration
  /** The answer taken when `timeout` has passed. Without one the ask throws. */
  default?: Answer
}

/** Structured log lines of a task; secrets are redacted before they leave. */
export interface TaskLog {
  debug(message: string, data?: Readonly<Record<string, unknown>>): void
  info(message: string, data?: Readonly<Record<string, unknown>>): void
  warn(message: string, data?: Readonly<Record<string, unknown>>): void
  error(message: string, data?: Readonly<Record<string, unknown>>): void
}

/** A child's handle as its parent's handler sees it. */
export interface ChildHandle<Output> {
  readonly id: string
  result(): Promise<Output>
  cancel(reason?: string): Promise<void>
  /** Undoes a completed child: its steps' undos in reverse, then its definition's `rollback`. */
  rollBack(): Promise<void>
}

/**
 * What a handler does its work with. Every call is a sign of life and renews the lease.
 * After the task has ended, or this attempt was given up, calls that would change something throw `TASK_ENDED`,
 * and reports (`progress`, `used`, `log`) are dropped.
 */
export interface TaskContext {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  /** The number of this attempt, from 1. */
  readonly attempt: number
  /** Aborted when the attempt must stop; `signal.reason` is a `TaskStoppedError` that says why. */
  readonly signal: AbortSignal
  readonly log: TaskLog
  /** The environment's time, ms since the epoch. */
  now(): number
  /** The environment's chance, from 0 (inclusive) to 1 (exclusive). */
  random(): number
  /**
   * A named unit of work, run once for a task: later attempts get the first result back.
   * A name may be used once in an attempt (`STEP_DUPLICATE`).
   */
  step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options?: StepOptions<Result>,
  ): Promise<Result>
  /** How far the work is, from 0 to 1. */
  progress(fraction: number, message?: string): void
  /**
   * Reports what was really consumed, added to earlier reports. More than the demand draws on the pool;
   * a budget that cannot give it stops the task with `BUDGET_EXCEEDED`. @throws RefusedError for what is no demand.
   */
  used(usage: Demand): void
  heartbeat(): void
  /** Parks the task in `awaitingInput` until somebody answers with what `schema` accepts. */
  ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options?: AskOptions<z.output<Schema>>,
  ): Promise<z.output<Schema>>
  /** Waits on the environment's clock; throws when the task is stopped. */
  sleep(duration: Duration): Promise<void>
  /** Submits a child: it acts for the same principal, and is cancelled when this task ends. */
  submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: SubmitOptions,
  ): Promise<ChildHandle<z.output<Output>>>
}
