import type { TaskKind } from './kind.ts'
import type { TaskOutcome } from './outcome.ts'
import type { Demand } from './resources.ts'
import type { TaskStage } from './stage.ts'

/** A question that a task waits for. */
export interface OpenQuestion {
  readonly id: string
  readonly taskId: string
  readonly prompt: string
  /** JSON Schema of the answer. */
  readonly schema: unknown
  readonly askedAt: number
  /** Absolute time, ms, at which the default is taken, or the ask fails. */
  readonly expiresAt: number | null
  /** The answer that is taken then; `null`: none, the ask fails. */
  readonly fallback: { readonly answer: unknown } | null
}

/** A task as lists and pages show it: plain data, times in ms since the epoch. */
export interface TaskView {
  readonly id: string
  readonly type: string
  readonly kind: TaskKind
  readonly version: number
  readonly stage: TaskStage
  /** The state of `executing`'s work region: preparing, running, paused, awaitingInput, stopping. */
  readonly activity: string | null
  /** Somebody has paused it: it may not start, or go on, until it is resumed. */
  readonly held: boolean
  readonly principal: string
  readonly priority: number
  readonly parentId: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly attempt: number
  readonly progress: { readonly fraction: number; readonly message: string }
  readonly demand: Demand
  readonly createdAt: number
  readonly queuedAt: number | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly deadlineAt: number | null
  /** Attempts in all that it may have. */
  readonly maxAttempts: number
  readonly outcome: TaskOutcome | null
  /** Undone after it had completed, as a member of a flow that rolled back. */
  readonly compensated: boolean
  /** Why it could not be taken up from the journal: its definition is gone or changed. `null`: it could, or is new. */
  readonly parked: string | null
}
