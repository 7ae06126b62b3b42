import type { RetryPolicy } from '../model/definition.ts'
import type { Clock, Random } from '../model/environment.ts'
import { describeThrown } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { RollbackReport, StandingEffect } from '../model/outcome.ts'
import { backoffMs } from './backoff.ts'
import type { Timers } from './timers.ts'

/** One effect to take back. */
export interface Undoing {
  readonly step: string
  readonly undo: (signal: AbortSignal, inDoubt: boolean) => unknown
  /** An undo was begun by an earlier process, and it is not known how it ended. */
  readonly inDoubt?: boolean
  /** The attempt that left the effect behind: the step itself may have been run again since, and stands. */
  readonly lateOf?: number
  /** Whether a run of the step that was given up has not ended. */
  readonly stillRuns?: () => boolean
}

export interface RollbackServices {
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
  /** Aborted when there is no time left: what is not undone by then stands. */
  readonly signal: AbortSignal
  report(happening: TaskHappening, payload: RecordPayload | null): void
  /** Resolves once everything reported so far is durable. */
  recorded(): Promise<void>
}

/** Runs one undo, for `timeoutMs` at most. */
function runUndo(
  { undo }: Undoing,
  inDoubt: boolean,
  timeoutMs: number,
  { clock, timers, signal }: RollbackServices,
): Promise<void> {
  const controller = new AbortController()
  return new Promise<void>((resolve, reject) => {
    const giveUp = (reason: Error) => {
      controller.abort(reason)
      reject(reason)
    }
    const timer = timers.arm(clock.now() + timeoutMs, () =>
      giveUp(new Error(`the undo took longer than ${timeoutMs} ms`)),
    )
    const onAbort = () => giveUp(new Error('the runtime stopped before the undo was done'))
    signal.addEventListener('abort', onAbort, { once: true })
    const settle = (then: () => void) => {
      timers.disarm(timer)
      signal.removeEventListener('abort', onAbort)
      then()
    }
    Promise.resolve()
      .then(() => undo(controller.signal, inDoubt))
      .then(
        () => settle(resolve),
        (thrown: unknown) => settle(() => reject(thrown)),
      )
  })
}

function pause(ms: number, { clock, timers, signal }: RollbackServices): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      timers.disarm(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = timers.arm(clock.now() + ms, wake)
    signal.addEventListener('abort', wake, { once: true })
  })
}

/** Tries one undo as often as the policy allows. @returns what stands if it never succeeds. */
async function undoOne(
  undoing: Undoing,
  policy: RetryPolicy,
  timeoutMs: number,
  services: RollbackServices,
): Promise<StandingEffect | null> {
  const { step, lateOf } = undoing
  const payload = lateOf === undefined ? null : { lateOf }
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (services.signal.aborted) throw new Error('the runtime stopped before the undo was done')
      services.report({ type: 'task.undo.started', step, attempt }, payload)
      await services.recorded()
      await runUndo(undoing, undoing.inDoubt ?? false, timeoutMs, services)
      services.report({ type: 'task.undo.completed', step }, undoing.stillRuns?.() ? { stillRuns: true } : payload)
      await services.recorded()
      return null
    } catch (thrown) {
      const message = describeThrown(thrown)
      services.report({ type: 'task.undo.failed', step, attempt, message }, payload)
      if (attempt >= policy.attempts || services.signal.aborted) return { step, message }
    }
    await pause(backoffMs(policy, attempt, services.random), services)
  }
}

/**
 * Takes effects back in the order given, one at a time. One that keeps failing is reported, and the rest still undone.
 * Source: sagas, H. Garcia-Molina and K. Salem, SIGMOD 1987.
 */
export async function rollBack(
  undoings: readonly Undoing[],
  policy: RetryPolicy,
  timeoutMs: number,
  services: RollbackServices,
): Promise<RollbackReport> {
  const undone: string[] = []
  const standing: StandingEffect[] = []
  for (const undoing of undoings) {
    const stands = await undoOne(undoing, policy, timeoutMs, services)
    if (stands) standing.push(stands)
    else undone.push(undoing.step)
  }
  return standing.length > 0 ? { status: 'incomplete', undone, standing } : { status: 'complete', undone }
}
