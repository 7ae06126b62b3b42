import type { Principal } from '../model/principal.ts'
import type { DemandVector } from './demand-vector.ts'

/** A task that wants resources only: everything the scheduler needs to know of it. Times are absolute, in ms. */
export interface ReadyTask {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  /** Higher goes first. */
  readonly priority: number
  /** Order of arrival: settles every tie, so it must be unique among waiting tasks. */
  readonly seq: number
  /** When the task first queued; a retried or re-queued task keeps it, and so its place in the order. */
  readonly queuedAt: number
  readonly deadlineAt: number | null
  /** How long the run is expected to take; `null`: unknown. */
  readonly estimateMs: number | null
  readonly vector: DemandVector
  /** How many tasks of this type may hold resources at a time; `null`: no limit. */
  readonly concurrency: number | null
}
