import type { Failure } from './errors.ts'
import { TaskwrightError } from './errors.ts'

/** A step, or the definition's own `rollback`, whose undo kept failing: its effect still stands. */
export interface StandingEffect {
  readonly step: string
  readonly message: string
}

/** What rollback did. `undone` is in the order of undoing: the last step first. */
export type RollbackReport =
  | { readonly status: 'none' }
  | { readonly status: 'complete'; readonly undone: readonly string[] }
  | { readonly status: 'incomplete'; readonly undone: readonly string[]; readonly standing: readonly StandingEffect[] }

export const nothingToRollBack: RollbackReport = { status: 'none' }

/** How a task ended. Exactly one for each task. */
export type TaskOutcome<Output = unknown> =
  | { readonly status: 'completed'; readonly output: Output; readonly attempts: number }
  | {
      readonly status: 'failed'
      readonly failure: Failure
      readonly attempts: number
      readonly rollback: RollbackReport
    }
  | {
      readonly status: 'cancelled'
      readonly failure: Failure
      readonly attempts: number
      readonly rollback: RollbackReport
    }
  | { readonly status: 'rejected'; readonly failure: Failure; readonly attempts: 0 }

/** Thrown by `result()` when a task did not complete. `code` is the failure's; `outcome` tells all. */
export class TaskEndedError extends TaskwrightError<Failure['code']> {
  readonly taskId: string
  readonly outcome: Exclude<TaskOutcome, { status: 'completed' }>

  constructor(taskId: string, outcome: Exclude<TaskOutcome, { status: 'completed' }>) {
    super(outcome.failure.code, `task ${taskId} was ${outcome.status}: ${outcome.failure.message}`, {
      cause: outcome.failure.cause,
    })
    this.taskId = taskId
    this.outcome = outcome
  }
}

export class TaskFailedError extends TaskEndedError {}
export class TaskCancelledError extends TaskEndedError {}
export class TaskRejectedError extends TaskEndedError {}

/** The error that `result()` throws for an outcome. */
export function toError(taskId: string, outcome: Exclude<TaskOutcome, { status: 'completed' }>): TaskEndedError {
  switch (outcome.status) {
    case 'failed':
      return new TaskFailedError(taskId, outcome)
    case 'cancelled':
      return new TaskCancelledError(taskId, outcome)
    default:
      return new TaskRejectedError(taskId, outcome)
  }
}
