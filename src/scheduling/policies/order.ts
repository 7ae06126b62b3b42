import { refuse } from '../../model/errors.ts'
import type { ReadyTask } from '../ready-task.ts'

/**
 * The order in which tasks should start: a key that does not change while the task waits. Smaller goes first;
 * equal keys go by `seq`. Must not be NaN; infinities are fine.
 */
export type OrderPolicy = (task: ReadyTask) => number

export interface AgedPriorityOptions {
  /** How much waiting is worth one level of priority, in ms. */
  readonly ageingMs?: number
  /** How many levels of priority a near deadline may be worth. */
  readonly deadlineLevels?: number
}

/**
 * Priority with ageing: `key = queuedAt − priority · ageingMs`, and with a deadline the latest start
 * (`deadlineAt − estimate`) if that is smaller, but at most `deadlineLevels` levels (default 4) before the former.
 *
 * The bound that follows: a task of priority p queued at t is overtaken only by tasks of priority q that queued before
 * t + (q − p) · ageingMs, or with a deadline before t + (q − p + deadlineLevels) · ageingMs. So none that queues later
 * than (highest − lowest + deadlineLevels) · ageingMs after it goes first, without deadlines (highest − lowest) ·
 * ageingMs, and no stream of urgent tasks starves it. Backfilling aside, which never delays a reserved start.
 *
 * @throws RefusedError `OPTIONS_INVALID` if an option is negative or not finite
 */
export function agedPriority({ ageingMs = 30_000, deadlineLevels = 4 }: AgedPriorityOptions = {}): OrderPolicy {
  const problems = Object.entries({ ageingMs, deadlineLevels })
    .filter(([, value]) => !(Number.isFinite(value) && value >= 0))
    .map(([name, value]) => `${name}: ${value} is not a finite number of at least 0`)
  if (problems.length > 0) throw refuse('OPTIONS_INVALID', 'agedPriority', problems)
  const maxLift = deadlineLevels * ageingMs
  return (task) => {
    const key = task.queuedAt - task.priority * ageingMs
    if (task.deadlineAt === null) return key
    const latestStart = task.deadlineAt - (task.estimateMs ?? 0)
    return Math.min(key, Math.max(latestStart, key - maxLift))
  }
}

/** Higher priority first, whatever the wait; equal priorities by `seq`. Starves low priorities under load. */
export function strictPriority(): OrderPolicy {
  return (task) => -task.priority
}

/** By the time of queueing, then `seq`. */
export function firstInFirstOut(): OrderPolicy {
  return (task) => task.queuedAt
}

/** Earliest deadline first (C. L. Liu and J. W. Layland, JACM 1973); tasks without a deadline after all others, by `seq`. */
export function earliestDeadline(): OrderPolicy {
  return (task) => task.deadlineAt ?? Number.POSITIVE_INFINITY
}
