import type { Failure } from '../model/errors.ts'
import type { StopCause } from '../model/events.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import { effectsOf, on } from './tables.ts'

/** What the statechart of a task knows. Small and immutable: a transition makes a new one. */
export interface TaskMachineContext {
  readonly id: string
  readonly type: string
  /** Attempts in all that the retry policy allows. */
  readonly maxAttempts: number
  /** The attempt that is executing or was the last to execute; 0 before the first. */
  readonly attempt: number
  /** Fencing token of the lease last granted. */
  readonly epoch: number
  readonly leaseId: string | null
  /** Dependencies and start time are met. */
  readonly conditionsMet: boolean
  /** Somebody paused the task: it must not start, or go on, before it is resumed. */
  readonly held: boolean
  readonly openQuestions: number
  /** Why the running handler was told to stop. */
  readonly stop: StopCause | null
  readonly failure: Failure | null
  readonly output: unknown
  /** How the task ends once it has rolled back, or has ended. */
  readonly ending: TaskOutcome['status']
  readonly rollback: RollbackReport
  /** Messages of an older epoch, or too late for their stage, that changed nothing. */
  readonly dropped: number
}

export interface TaskMachineInput {
  readonly id: string
  readonly type: string
  readonly maxAttempts: number
  /** Nothing to wait for but resources. */
  readonly conditionsMet: boolean
}

/** Messages to a task. Those about an attempt carry the epoch of its lease. */
export type TaskMachineEvent =
  | { type: 'start' }
  | { type: 'ready' }
  | { type: 'validation.passed' }
  | { type: 'validation.failed'; failure: Failure }
  | { type: 'lease.granted'; leaseId: string; epoch: number }
  | { type: 'lease.lost'; epoch: number; failure: Failure }
  | { type: 'allocation.ready'; epoch: number }
  | { type: 'handler.started'; epoch: number }
  | { type: 'handler.completed'; epoch: number; output: unknown }
  | { type: 'handler.failed'; epoch: number; failure: Failure }
  | { type: 'handler.asked'; epoch: number }
  | { type: 'question.closed'; epoch: number }
  | { type: 'budget.exceeded'; epoch: number; failure: Failure }
  | { type: 'heartbeat.missed'; epoch: number }
  | { type: 'heartbeat.received'; epoch: number }
  | { type: 'timeout'; epoch: number; failure: Failure }
  | { type: 'grace.expired'; epoch: number }
  | { type: 'output.accepted'; epoch: number; output: unknown }
  | { type: 'output.refused'; epoch: number; failure: Failure }
  | { type: 'backoff.elapsed' }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'cancel'; failure: Failure }
  | { type: 'deadline'; failure: Failure }
  | { type: 'shutdown'; failure: Failure }
  | { type: 'rollback.finished'; report: RollbackReport }

type Context = TaskMachineContext
type Event = TaskMachineEvent

/** Whether a handler's own failure leaves another attempt. */
function mayRetry({ attempt, maxAttempts }: Context, failure: Failure): boolean {
  return failure.retryable && attempt < maxAttempts
}

export const taskGuards = {
  /** The message is of the attempt that runs now. */
  isCurrent: (context: Context, event: Event) => 'epoch' in event && event.epoch === context.epoch,
  isCurrentAndRetryable: (context: Context, event: Event) =>
    event.type === 'handler.failed' && event.epoch === context.epoch && mayRetry(context, event.failure),
  /** The handler that was told to stop has stopped, and what stopped it leaves another attempt. */
  stopsIntoRetry: (context: Context, event: Event) =>
    'epoch' in event && event.epoch === context.epoch && context.failure !== null && mayRetry(context, context.failure),
  /** An attempt was made: what it did must be undone. */
  hasBegun: (context: Context) => context.attempt > 0,
  isHeld: (context: Context) => context.held,
  isCurrentAndHeld: (context: Context, event: Event) =>
    'epoch' in event && event.epoch === context.epoch && context.held,
  isFree: (context: Context) => !context.held,
  canLeaveWaiting: (context: Context) => context.conditionsMet,
  isLastQuestionAndHeld: (context: Context, event: Event) =>
    'epoch' in event && event.epoch === context.epoch && context.openQuestions === 1 && context.held,
  isLastQuestion: (context: Context, event: Event) =>
    'epoch' in event && event.epoch === context.epoch && context.openQuestions === 1,
  endsFailed: (context: Context, event: Event) =>
    event.type === 'rollback.finished' && (event.report.status === 'incomplete' || context.ending === 'failed'),
}

const stopWith = (
  stop: StopCause,
  type: 'cancel' | 'deadline' | 'shutdown' | 'timeout' | 'lease.lost' | 'budget.exceeded',
) => on<Context, Event, typeof type>(type, (_, { failure }) => ({ stop, failure }))

export const taskUpdates = {
  meetConditions: (): Partial<Context> => ({ conditionsMet: true }),
  hold: (): Partial<Context> => ({ held: true }),
  unhold: (): Partial<Context> => ({ held: false }),
  reject: on<Context, Event, 'validation.failed'>('validation.failed', (_, { failure }) => ({
    ending: 'rejected',
    failure,
  })),
  takeLease: on<Context, Event, 'lease.granted'>('lease.granted', (_, { leaseId, epoch }) => ({ leaseId, epoch })),
  dropLease: (): Partial<Context> => ({ leaseId: null }),
  beginAttempt: ({ attempt }: Context): Partial<Context> => ({
    attempt: attempt + 1,
    stop: null,
    failure: null,
    openQuestions: 0,
  }),
  takeOutput: on<Context, Event, 'handler.completed' | 'output.accepted'>(
    ['handler.completed', 'output.accepted'],
    (_, { output }) => ({
      output,
    }),
  ),
  complete: (): Partial<Context> => ({ ending: 'completed' }),
  failAs: on<Context, Event, 'handler.failed' | 'output.refused'>(
    ['handler.failed', 'output.refused'],
    (_, { failure }) => ({
      ending: 'failed',
      failure,
    }),
  ),
  cancelAs: on<Context, Event, 'cancel' | 'deadline' | 'shutdown'>(
    ['cancel', 'deadline', 'shutdown'],
    (_, { failure }) => ({
      ending: 'cancelled',
      failure,
    }),
  ),
  failByDeadline: on<Context, Event, 'deadline'>('deadline', (_, { failure }) => ({ ending: 'failed', failure })),
  noteFailure: on<Context, Event, 'handler.failed'>('handler.failed', (_, { failure }) => ({ failure })),
  openQuestion: ({ openQuestions }: Context): Partial<Context> => ({ openQuestions: openQuestions + 1 }),
  closeQuestion: ({ openQuestions }: Context): Partial<Context> => ({ openQuestions: openQuestions - 1 }),
  stopForCancel: stopWith('cancel', 'cancel'),
  stopForShutdown: stopWith('shutdown', 'shutdown'),
  stopForDeadline: stopWith('deadline', 'deadline'),
  stopForTimeout: stopWith('timeout', 'timeout'),
  stopForLeaseLost: stopWith('leaseLost', 'lease.lost'),
  stopForBudget: stopWith('budget', 'budget.exceeded'),
  /** A stop by a person or by shutdown ends in cancelled, any other in failed. */
  endAsStopped: ({ stop }: Context): Partial<Context> => ({
    ending: stop === 'cancel' || stop === 'shutdown' ? 'cancelled' : 'failed',
  }),
  takeReport: on<Context, Event, 'rollback.finished'>('rollback.finished', ({ ending }, { report }) => ({
    rollback: report,
    ending: report.status === 'incomplete' ? 'failed' : ending,
  })),
  countDropped: ({ dropped }: Context): Partial<Context> => ({ dropped: dropped + 1 }),
}

/** What a transition asks of the actor that runs the machine; the actor gives each a meaning. */
export const taskEffects = effectsOf([
  'validate',
  'awaitConditions',
  'requestGrant',
  'withdrawRequest',
  'allocate',
  'prepareHandler',
  'runHandler',
  'startTimers',
  'stopTimers',
  'suspendTimeout',
  'resumeTimeout',
  'pauseHandler',
  'resumeHandler',
  'stopHandler',
  'abandonHandler',
  'checkOutput',
  'releaseLease',
  'returnLease',
  'armBackoff',
  'disarmBackoff',
  'rollBack',
  'reportDropped',
])

/** The outcome that a final context stands for. */
export function outcomeOf(context: TaskMachineContext): TaskOutcome {
  const { ending, attempt: attempts, output, rollback } = context
  const failure: Failure = context.failure ?? {
    code: 'HANDLER_FAILED',
    message: 'no failure was recorded',
    retryable: false,
  }
  switch (ending) {
    case 'completed':
      return { status: 'completed', output, attempts }
    case 'rejected':
      return { status: 'rejected', failure, attempts: 0 }
    case 'failed':
    case 'cancelled':
      return { status: ending, failure, attempts, rollback }
  }
}

export function initialTaskContext({ id, type, maxAttempts, conditionsMet }: TaskMachineInput): TaskMachineContext {
  return {
    id,
    type,
    maxAttempts,
    attempt: 0,
    epoch: 0,
    leaseId: null,
    conditionsMet,
    held: false,
    openQuestions: 0,
    stop: null,
    failure: null,
    output: undefined,
    ending: 'cancelled',
    rollback: nothingToRollBack,
    dropped: 0,
  }
}
