import type { SupervisorStage } from './events.ts'
import type { Lease, ResourceUsage } from './resources.ts'
import type { TaskStage } from './stage.ts'

/** Who holds some of a resource. `endsAt`: when it is expected to give it back, ms since the epoch; `null`: unknown. */
export interface Holder {
  readonly taskId: string
  readonly amount: number
  readonly endsAt: number | null
}

/** Something that has to change before a task starts, or goes on. Times in ms since the epoch. */
export type UnmetCondition =
  | { readonly kind: 'dependency'; readonly taskId: string; readonly stage: TaskStage }
  | { readonly kind: 'startTime'; readonly at: number }
  | { readonly kind: 'backoff'; readonly at: number }
  /** Somebody paused the task. */
  | { readonly kind: 'paused' }
  /** Somebody paused its type. */
  | { readonly kind: 'typePaused'; readonly type: string }
  /** The runtime grants nothing in this state. */
  | { readonly kind: 'runtime'; readonly state: SupervisorStage }
  | { readonly kind: 'parked'; readonly reason: string }
  | {
      readonly kind: 'resource'
      readonly pool: string
      readonly resource: string
      readonly asked: number
      readonly available: number
      readonly capacity: number
      readonly holders: readonly Holder[]
      /** If not, only a resize or an unspent budget can provide it. */
      readonly isForeseeable: boolean
    }
  | {
      readonly kind: 'limit'
      readonly scope: string
      readonly name: string
      readonly limit: number
      readonly running: number
    }
  /** It fits, and must not delay a task that goes first. */
  | { readonly kind: 'turn'; readonly behind: string; readonly startAt: number | null }
  | { readonly kind: 'answer'; readonly questionId: string; readonly prompt: string }

/** A moment at which something happens to a task by itself. */
export interface PendingTimer {
  readonly what: 'start' | 'deadline' | 'timeout' | 'heartbeat' | 'grace' | 'backoff' | 'question'
  readonly at: number
}

/** A forecast, and what it is made of. `at`: `null` if there is no telling. */
export interface ExpectedStart {
  readonly at: number | null
  readonly basis: string
}

/** Why a task is where it is, and what happens to it next. */
export interface TaskExplanation {
  readonly conditions: readonly UnmetCondition[]
  /** Its place among those that wait for resources, from 1. */
  readonly place: { readonly position: number; readonly of: number } | null
  /** `null`: it has started, or ended. */
  readonly expectedStart: ExpectedStart | null
  /** The next first. */
  readonly timers: readonly PendingTimer[]
  readonly leases: readonly Lease[]
}

/** A resource with who holds some of it, and who waits for more of it than there is; 100 of each at most. */
export interface ResourceLine extends ResourceUsage {
  readonly holders: readonly Holder[]
  readonly holderCount: number
  readonly waiting: readonly { readonly taskId: string; readonly asked: number }[]
  readonly waitingCount: number
}
