import type { TaskSnapshot } from '../../machines/task-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import type { TaskMachineContext } from '../../machines/task-tables.ts'
import { initialTaskContext } from '../../machines/task-tables.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { Failure } from '../../model/errors.ts'
import type { StopCause } from '../../model/events.ts'
import type { TaskOutcome } from '../../model/outcome.ts'
import { decodeValue } from '../../store/value-codec.ts'
import type { RestoredTask } from '../task-record.ts'
import type { TaskHistory } from './task-history.ts'

/** Where a recovered task goes on. */
export type RestoredPlace =
  | { readonly at: 'created' | 'waiting' | 'queued' | 'retrying' | 'rollingBack' }
  /** Its process ended while it executed: it leaves that stage as one whose handler was told to stop, and did. */
  | { readonly at: 'crashed'; readonly stop: StopCause; readonly failure: Failure }
  /** As it stands: nothing is undone. */
  | { readonly at: 'abandoned'; readonly failure: Failure }

const unknownFailure: Failure = { code: 'HANDLER_FAILED', message: 'no failure was recorded', retryable: false }

const stopFailures: Record<StopCause, Failure> = {
  cancel: { code: 'CANCELLED', message: 'cancelled before the process ended', retryable: false },
  shutdown: { code: 'SHUTDOWN', message: 'the runtime was stopping when the process ended', retryable: false },
  deadline: { code: 'DEADLINE_EXCEEDED', message: 'the deadline had passed when the process ended', retryable: false },
  timeout: { code: 'TIMEOUT', message: 'the attempt had taken too long when the process ended', retryable: true },
  leaseLost: { code: 'LEASE_LOST', message: 'the lease was lost when the process ended', retryable: true },
  budget: { code: 'BUDGET_EXCEEDED', message: 'the budget was spent when the process ended', retryable: false },
}

/** Whether an attempt may have begun of which no end is on record. */
export function wasExecuting({ stage }: TaskHistory): boolean {
  return stage === 'allocating' || stage === 'executing' || stage === 'completing'
}

/** @param isCrash the process ended without a word; else it was stopped in good order, and its tasks were kept */
export function placeOf(history: TaskHistory, definition: TaskDefinition, isCrash: boolean): RestoredPlace {
  if (history.stage === 'validating') return { at: 'created' }
  if (!wasExecuting(history)) {
    const { stage } = history
    if (stage === 'waiting' || stage === 'queued' || stage === 'retrying' || stage === 'rollingBack')
      return { at: stage }
    return { at: 'created' }
  }
  const { stopping } = history
  if (stopping !== null && stopping !== 'shutdown')
    return { at: 'crashed', stop: stopping, failure: stopFailures[stopping] }
  const crashes = history.crashes + (isCrash ? 1 : 0)
  const mayRetry = definition.onCrash === 'retry' && crashes <= definition.crashLimit
  const times = crashes > 1 ? `, ${crashes} times by now` : ''
  const failure: Failure = {
    code: 'PROCESS_CRASHED',
    message: isCrash ? `the process ended while it executed${times}` : 'the runtime was stopped while it executed',
    retryable: mayRetry,
  }
  if (definition.onCrash === 'fail') return { at: 'abandoned', failure }
  return { at: 'crashed', stop: 'leaseLost', failure }
}

function contextOf(history: TaskHistory, definition: TaskDefinition): TaskMachineContext {
  const { id, type, attempt, epoch, held, failure, ending, rollback, lost } = history
  return {
    ...initialTaskContext({ id, type, maxAttempts: definition.retry.attempts + lost, conditionsMet: false }),
    attempt,
    epoch,
    held,
    failure,
    ending,
    rollback,
    output: decodeValue(history.output),
  }
}

function snapshotOf(history: TaskHistory, definition: TaskDefinition, place: RestoredPlace): TaskSnapshot {
  const context = contextOf(history, definition)
  switch (place.at) {
    case 'crashed': {
      const attempt = history.stage === 'allocating' ? history.attempt + 1 : history.attempt
      const maxAttempts = context.maxAttempts + 1
      return compiledTask.at(
        { executing: { work: 'stopping', watch: 'onTime', liveness: 'alive' } },
        { ...context, conditionsMet: true, attempt, maxAttempts, stop: place.stop, failure: place.failure },
      )
    }
    case 'abandoned':
      return compiledTask.at('rollingBack', { ...context, ending: 'failed', failure: place.failure })
    case 'queued':
      return compiledTask.at('queued', { ...context, conditionsMet: true })
    case 'retrying':
      return compiledTask.at('retrying', { ...context, conditionsMet: true })
    default:
      return compiledTask.at(place.at, context)
  }
}

function outcomeOf(history: TaskHistory): TaskOutcome | null {
  const { failure, attempt: attempts, rollback } = history
  switch (history.stage) {
    case 'completed':
      return { status: 'completed', output: decodeValue(history.output), attempts }
    case 'failed':
    case 'cancelled':
      return { status: history.stage, failure: failure ?? unknownFailure, attempts, rollback }
    case 'rejected':
      return { status: 'rejected', failure: failure ?? unknownFailure, attempts: 0 }
    default:
      return null
  }
}

function progressOf({ queuedAt, startedAt, endedAt, compensated }: TaskHistory): RestoredTask['progress'] {
  return { queuedAt, startedAt, endedAt, compensated }
}

export function restoredTask(history: TaskHistory, definition: TaskDefinition, place: RestoredPlace): RestoredTask {
  return { snapshot: snapshotOf(history, definition, place), outcome: null, progress: progressOf(history) }
}

/** A task that has ended. */
export function endedTask(history: TaskHistory, definition: TaskDefinition): RestoredTask {
  const { stage } = history
  const ending = stage === 'completed' || stage === 'rejected' || stage === 'cancelled' ? stage : 'failed'
  const snapshot = compiledTask.at(ending, { ...contextOf(history, definition), ending })
  return { snapshot, outcome: outcomeOf(history), progress: progressOf(history) }
}

/** Cannot go on, and can be cancelled: what it did is then reported to stand. */
export function parkedTask(history: TaskHistory, definition: TaskDefinition, reason: string): RestoredTask {
  const attempt = history.stage === 'allocating' ? history.attempt + 1 : history.attempt
  const snapshot = compiledTask.at('waiting', { ...contextOf(history, definition), attempt })
  return { snapshot, outcome: null, progress: { ...progressOf(history), parked: reason } }
}
