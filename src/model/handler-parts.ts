import type { Duration } from './duration.ts'
import type { SubmitOptions } from './submit-options.ts'

/** What a step's function is told about its run. */
export interface StepRun {
  readonly signal: AbortSignal
  /** The task's attempt in which the step runs, from 1. */
  readonly attempt: number
  /** The same for every run of this step of this task: hand it to services that deduplicate. */
  readonly idempotencyKey: string
  /** An earlier run began, and it is not known how it ended: its effect may be there already. */
  readonly inDoubt: boolean
}

export interface StepOptions<Result> {
  /** Takes the step's effect back. Runs on rollback, last step first; retried by the definition's `rollbackRetry`. */
  undo?(result: Result, run: StepRun): unknown
  /**
   * Takes back what a run may have done of which no result is known: it threw, or the process ended meanwhile.
   * Must do nothing if there is nothing to take back.
   */
  undoInDoubt?(run: StepRun): unknown
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

/** What a parent may say about a child. */
export interface ChildOptions extends SubmitOptions {
  /**
   * Names the child among its siblings: after a crash, the same key finds the child again. Without one its type, its
   * input and its place among those alike do.
   */
  key?: string
}

/** A child's handle as its parent's handler sees it. */
export interface ChildHandle<Output> {
  readonly id: string
  result(): Promise<Output>
  cancel(reason?: string): Promise<void>
  /** Undoes a completed child: its steps' undos in reverse, then its definition's `rollback`. */
  rollBack(): Promise<void>
}
