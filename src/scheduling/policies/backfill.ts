import type { ReadyTask } from '../ready-task.ts'

/** The start that is kept for the first task in order that waits for resources. */
export interface ReservedStart {
  readonly task: ReadyTask
  /**
   * When it will be able to start, by the expected ends of what runs and by refills: absolute, ms. `null`: something
   * that it waits for has no expected end.
   */
  readonly startAt: number | null
  /**
   * How much of a resource can be taken for longer than until `startAt` without delaying it; infinite for a resource
   * that the reserved task does not ask for.
   */
  spare(index: number): number
  /** Whether what is taken of the resource stays taken when the taker ends: rates and budgets. */
  isConsumed(index: number): boolean
  /** Whether concurrency limits leave room for the reserved task beside the candidate. */
  leavesRoom(candidate: ReadyTask): boolean
}

/**
 * Whether `candidate`, which fits now, may start before the reserved task, which goes first but does not fit.
 * Asked only about tasks behind it in the order.
 */
export type BackfillPolicy = (candidate: ReadyTask, reserved: ReservedStart, now: number) => boolean

/**
 * EASY backfilling: a task may go ahead if it ends before the reserved start, or takes only what is spare then.
 * Sources: D. Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; A. Mu'alem and D. Feitelson, "Utilization,
 * predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with backfilling", TPDS 2001.
 */
export function easyBackfill(): BackfillPolicy {
  return (candidate, reserved, now) => {
    const { startAt } = reserved
    const endsInTime = startAt !== null && candidate.estimateMs !== null && now + candidate.estimateMs <= startAt
    if (!endsInTime && !reserved.leavesRoom(candidate)) return false
    const { indices, amounts } = candidate.vector
    return indices.every((index, position) => {
      if (endsInTime && !reserved.isConsumed(index)) return true
      return (amounts[position] ?? 0) <= reserved.spare(index)
    })
  }
}

/** Anything that fits starts, in order. A big task may wait as long as small ones keep coming. */
export function greedyBackfill(): BackfillPolicy {
  return () => true
}

/** Nothing starts before the first task in order that waits for resources. */
export function noBackfill(): BackfillPolicy {
  return () => false
}
