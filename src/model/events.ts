import type { Failure } from './errors.ts'
import type { TaskKind } from './kind.ts'
import type { RollbackReport } from './outcome.ts'
import type { Demand } from './resources.ts'
import type { TaskStage } from './stage.ts'

/** Why a running handler is told to stop. */
export type StopCause = 'cancel' | 'timeout' | 'deadline' | 'leaseLost' | 'budget' | 'shutdown'

/** A failure as it is written down: without the thrown value. */
export type RecordedFailure = Omit<Failure, 'cause'>

/** What happened to a task, without the envelope. One for each stage entered, and for what happens inside one. */
export type TaskHappening =
  | {
      type: 'task.created'
      kind: TaskKind
      version: number
      principal: string
      priority: number
      parentId: string | null
    }
  | { type: 'task.validating' }
  | { type: 'task.waiting'; conditions: readonly string[] }
  | { type: 'task.queued'; demand: Demand }
  | { type: 'task.allocating'; leaseId: string; epoch: number }
  /** Its lease has expired: the supervisor has taken back what it held. */
  | { type: 'task.reclaimed'; leaseId: string; epoch: number }
  | { type: 'task.executing'; attempt: number; epoch: number }
  | { type: 'task.completing' }
  | { type: 'task.retrying'; failure: RecordedFailure; attempt: number; delayMs: number }
  | { type: 'task.rollingBack'; failure: RecordedFailure }
  | { type: 'task.completed'; attempts: number }
  | { type: 'task.failed'; failure: RecordedFailure; attempts: number; rollback: RollbackReport }
  | { type: 'task.cancelled'; failure: RecordedFailure; attempts: number; rollback: RollbackReport }
  | { type: 'task.rejected'; failure: RecordedFailure }
  | { type: 'task.running' }
  | { type: 'task.paused' }
  | { type: 'task.stopping'; cause: StopCause }
  | { type: 'task.overdue' }
  | { type: 'task.suspect' }
  | { type: 'task.alive' }
  | { type: 'task.asked'; questionId: string; prompt: string }
  | { type: 'task.answered'; questionId: string }
  | { type: 'task.progress'; fraction: number; message: string }
  | { type: 'task.used'; usage: Demand }
  | {
      type: 'task.log'
      level: 'debug' | 'info' | 'warn' | 'error'
      message: string
      data: Readonly<Record<string, unknown>>
    }
  /** The task must not start, or go on, until it is resumed; or may again. */
  | { type: 'task.held'; held: boolean }
  | { type: 'task.reprioritised'; priority: number }
  /**
   * Taken up from the journal of a process that has ended. `crashes`: how many processes ended without a word while it
   * executed; `lost`: how many of its attempts ended with their process, in whatever way.
   */
  | { type: 'task.recovered'; stage: TaskStage; crashes: number; lost: number }
  /** Cannot be taken up: its definition is gone or was changed incompatibly. Nothing of it is lost. */
  | { type: 'task.parked'; reason: string }
  | { type: 'task.migrated'; fromVersion: number; version: number }
  | { type: 'task.step.started'; step: string; attempt: number }
  | { type: 'task.step.completed'; step: string; attempt: number }
  | { type: 'task.step.failed'; step: string; attempt: number; message: string }
  | { type: 'task.undo.started'; step: string; attempt: number }
  | { type: 'task.undo.completed'; step: string }
  | { type: 'task.undo.failed'; step: string; attempt: number; message: string }
  | { type: 'task.handler'; state: string }
  | { type: 'task.dropped'; message: string; epoch: number }
  | { type: 'task.compensated'; rollback: RollbackReport }

/** What happened to the runtime itself, without the envelope. */
export type RuntimeHappening =
  | { type: 'supervisor.state'; state: SupervisorStage }
  | { type: 'supervisor.crash'; actor: string; message: string }
  | { type: 'pool.resized'; pool: string; resource: string; from: number; to: number }
  /** Nothing of the type is granted anything until it is resumed; or it may again. */
  | { type: 'type.paused'; name: string }
  | { type: 'type.resumed'; name: string }
  /** What tasks that were forgotten have spent of budgets, in all. */
  | {
      type: 'ledger.spent'
      spent: Demand
      /** The part of it that was spent on that day (UTC, days since the epoch), by principal; only with quotas. */
      ofDay?: { readonly day: number; readonly byPrincipal: Readonly<Record<string, Demand>> }
    }
  /** Somebody intervened by hand. */
  | {
      type: 'operator.action'
      by: string
      action: string
      taskId: string | null
      /** The type or resource that it is about. */
      subject: string | null
      why: string
      changed: Changes
    }
  | { type: 'alert'; code: AlertCode; message: string; taskId: string | null }

type ChangedValue = string | number | boolean | null

/** By name: what it was, and what it is since; `null`: there was, or is, none. */
export type Changes = Readonly<Record<string, { readonly from: ChangedValue; readonly to: ChangedValue }>>

export type SupervisorStage = 'starting' | 'running' | 'paused' | 'degraded' | 'draining' | 'stopping' | 'stopped'

export type AlertCode =
  | 'ROLLBACK_INCOMPLETE'
  | 'RESTART_INTENSITY'
  | 'USAGE_OVERRUN'
  | 'INVARIANT_BROKEN'
  | 'UNFIT_AFTER_RESIZE'
  | 'STEP_LATE'
  | 'STORE_FAILED'
  | 'TASK_PARKED'

interface Envelope {
  /** Position in the journal, from 1, without gaps. */
  readonly seq: number
  /** Environment time, ms since the epoch. */
  readonly at: number
}

interface OfTask {
  readonly taskId: string
  readonly taskType: string
}

type Sealed<Happening> = Happening extends unknown ? Readonly<Happening> & Envelope : never

export type TaskEvent = TaskHappening extends infer H
  ? H extends unknown
    ? Readonly<H> & Envelope & OfTask
    : never
  : never

/** Everything that the journal keeps and `runtime.on` tells, by `type`. */
export type RuntimeEvent = TaskEvent | Sealed<RuntimeHappening>
