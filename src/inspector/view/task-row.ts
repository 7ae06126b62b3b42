import type { RecordedFailure } from '../../model/events.ts'
import type { TaskKind } from '../../model/kind.ts'
import type { RollbackReport } from '../../model/outcome.ts'
import type { Demand } from '../../model/resources.ts'
import type { TaskStage } from '../../model/stage.ts'

/** What a task spends its time with, as the timeline draws it. */
export type Phase =
  | 'waiting'
  | 'queued'
  | 'running'
  | 'paused'
  | 'asking'
  | 'stopping'
  | 'backoff'
  | 'rollingBack'
  | 'ended'

/** A phase begins at `at`, ms since the epoch, and lasts until the next. */
export interface Segment {
  readonly at: number
  readonly phase: Phase
}

/** A question that nobody has answered yet. */
export interface AskedQuestion {
  readonly id: string
  readonly prompt: string
  readonly askedAt: number
}

/** A task as lists, timeline and queue show it. Plain data; times in ms since the epoch. */
export interface TaskRow {
  readonly id: string
  readonly type: string
  readonly kind: TaskKind
  readonly version: number
  readonly principal: string
  readonly parentId: string | null
  readonly createdAt: number
  priority: number
  stage: TaskStage
  /** The state of the work region while it executes; `null` elsewhere. */
  activity: 'preparing' | 'running' | 'paused' | 'awaitingInput' | 'stopping' | null
  isOverdue: boolean
  isSuspect: boolean
  /** It may not start, or go on, until it is resumed. */
  held: boolean
  attempt: number
  epoch: number
  progress: { readonly fraction: number; readonly message: string } | null
  /** What it waits for before it is queued. */
  conditions: readonly string[]
  demand: Demand
  /** It holds its demand now. */
  holds: boolean
  used: Readonly<Record<string, number>>
  queuedAt: number | null
  startedAt: number | null
  endedAt: number | null
  backoffUntil: number | null
  failure: RecordedFailure | null
  rollback: RollbackReport | null
  compensated: boolean
  parked: string | null
  /** Steps that have finished and stand. */
  stepsDone: number
  /** The state of the machine that is its handler. */
  handlerState: string | null
  question: AskedQuestion | null
  readonly segments: Segment[]
  /** `seq` of its last event. */
  seq: number
}

/** The stages that end a life. */
export function isFinalStage(stage: TaskStage): boolean {
  return stage === 'completed' || stage === 'failed' || stage === 'cancelled' || stage === 'rejected'
}
