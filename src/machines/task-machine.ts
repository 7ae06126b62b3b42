import { assign, setup } from 'xstate'
import type { StopCause } from '../model/events.ts'
import type { Failure } from '../model/errors.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
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

const stopWith = (stop: StopCause, type: 'cancel' | 'deadline' | 'shutdown' | 'timeout' | 'lease.lost' | 'budget.exceeded') =>
  on<Context, Event, typeof type>(type, (_, { failure }) => ({ stop, failure }))

export const taskUpdates = {
  meetConditions: (): Partial<Context> => ({ conditionsMet: true }),
  hold: (): Partial<Context> => ({ held: true }),
  unhold: (): Partial<Context> => ({ held: false }),
  reject: on<Context, Event, 'validation.failed'>('validation.failed', (_, { failure }) => ({ ending: 'rejected', failure })),
  takeLease: on<Context, Event, 'lease.granted'>('lease.granted', (_, { leaseId, epoch }) => ({ leaseId, epoch })),
  dropLease: (): Partial<Context> => ({ leaseId: null }),
  beginAttempt: ({ attempt }: Context): Partial<Context> => ({ attempt: attempt + 1, stop: null, failure: null, openQuestions: 0 }),
  takeOutput: on<Context, Event, 'handler.completed' | 'output.accepted'>(['handler.completed', 'output.accepted'], (_, { output }) => ({
    output,
  })),
  complete: (): Partial<Context> => ({ ending: 'completed' }),
  failAs: on<Context, Event, 'handler.failed' | 'output.refused'>(['handler.failed', 'output.refused'], (_, { failure }) => ({
    ending: 'failed',
    failure,
  })),
  cancelAs: on<Context, Event, 'cancel' | 'deadline' | 'shutdown'>(['cancel', 'deadline', 'shutdown'], (_, { failure }) => ({
    ending: 'cancelled',
    failure,
  })),
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

const update = (name: keyof typeof taskUpdates) =>
  assign<Context, Event, undefined, Event, never>(({ context, event }) => taskUpdates[name](context, event))

const guard =
  (name: keyof typeof taskGuards) =>
  ({ context, event }: { context: Context; event: Event }) =>
    taskGuards[name](context, event)

/** The outcome that a final context stands for. */
export function outcomeOf(context: TaskMachineContext): TaskOutcome {
  const { ending, attempt: attempts, output, rollback } = context
  const failure: Failure = context.failure ?? { code: 'HANDLER_FAILED', message: 'no failure was recorded', retryable: false }
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

const drop = { actions: ['countDropped', 'reportDropped'] } as const

/**
 * What a stage answers to a message that it has no answer of its own for. Not on the root: there, each region of
 * `executing` would give the answer once more.
 */
const otherwise = {
  ready: { actions: 'meetConditions' },
  pause: { actions: 'hold' },
  resume: { actions: 'unhold' },
  // A grant that crossed with a pause goes back to the supervisor.
  'lease.granted': { actions: 'returnLease' },
  'lease.lost': drop,
  'allocation.ready': drop,
  'handler.started': drop,
  'handler.completed': drop,
  'handler.failed': drop,
  'handler.asked': drop,
  'question.closed': drop,
  'budget.exceeded': drop,
  'heartbeat.missed': drop,
  'heartbeat.received': drop,
  timeout: drop,
  'grace.expired': drop,
  'output.accepted': drop,
  'output.refused': drop,
} as const

/** Before execution there is nothing to undo: every way to stop ends in `cancelled`. */
const beforeExecuting = {
  ...otherwise,
  cancel: { target: '#task.cancelled', actions: 'cancelAs' },
  deadline: { target: '#task.cancelled', actions: 'cancelAs' },
  shutdown: { target: '#task.cancelled', actions: 'cancelAs' },
} as const

const stopped = [
  { guard: 'stopsIntoRetry', target: '#task.retrying' },
  { guard: 'isCurrent', target: '#task.rollingBack', actions: 'endAsStopped' },
  drop,
] as const

const stoppedByForce = [
  { guard: 'stopsIntoRetry', target: '#task.retrying', actions: 'abandonHandler' },
  { guard: 'isCurrent', target: '#task.rollingBack', actions: ['endAsStopped', 'abandonHandler'] },
  drop,
] as const

/** The life of a task. Pure: no clock, no I/O; timers and work are effects, and come back as events. */
export const taskMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Event,
    input: {} as TaskMachineInput,
    output: {} as TaskOutcome,
  },
  guards: {
    isCurrent: guard('isCurrent'),
    isCurrentAndRetryable: guard('isCurrentAndRetryable'),
    stopsIntoRetry: guard('stopsIntoRetry'),
    isHeld: guard('isHeld'),
    isCurrentAndHeld: guard('isCurrentAndHeld'),
    isFree: guard('isFree'),
    canLeaveWaiting: guard('canLeaveWaiting'),
    isLastQuestionAndHeld: guard('isLastQuestionAndHeld'),
    isLastQuestion: guard('isLastQuestion'),
    endsFailed: guard('endsFailed'),
  },
  actions: {
    meetConditions: update('meetConditions'),
    hold: update('hold'),
    unhold: update('unhold'),
    reject: update('reject'),
    takeLease: update('takeLease'),
    dropLease: update('dropLease'),
    beginAttempt: update('beginAttempt'),
    takeOutput: update('takeOutput'),
    complete: update('complete'),
    failAs: update('failAs'),
    cancelAs: update('cancelAs'),
    failByDeadline: update('failByDeadline'),
    noteFailure: update('noteFailure'),
    openQuestion: update('openQuestion'),
    closeQuestion: update('closeQuestion'),
    stopForCancel: update('stopForCancel'),
    stopForShutdown: update('stopForShutdown'),
    stopForDeadline: update('stopForDeadline'),
    stopForTimeout: update('stopForTimeout'),
    stopForLeaseLost: update('stopForLeaseLost'),
    stopForBudget: update('stopForBudget'),
    endAsStopped: update('endAsStopped'),
    takeReport: update('takeReport'),
    countDropped: update('countDropped'),
    ...taskEffects,
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => initialTaskContext(input),
  output: ({ context }) => outcomeOf(context),
  initial: 'created',
  states: {
    created: {
      on: { ...beforeExecuting, start: 'validating' },
    },
    validating: {
      entry: 'validate',
      on: {
        ...beforeExecuting,
        'validation.passed': 'waiting',
        'validation.failed': { target: 'rejected', actions: 'reject' },
      },
    },
    waiting: {
      entry: 'awaitConditions',
      on: {
        ...beforeExecuting,
        ready: [
          { guard: 'isFree', target: 'queued', actions: 'meetConditions' },
          { actions: 'meetConditions' },
        ],
        resume: [
          { guard: 'canLeaveWaiting', target: 'queued', actions: 'unhold' },
          { actions: 'unhold' },
        ],
      },
    },
    queued: {
      entry: 'requestGrant',
      on: {
        ...beforeExecuting,
        pause: { target: 'waiting', actions: ['hold', 'withdrawRequest'] },
        'lease.granted': { target: 'allocating', actions: 'takeLease' },
      },
    },
    allocating: {
      entry: 'allocate',
      on: {
        ...beforeExecuting,
        'allocation.ready': [{ guard: 'isCurrent', target: 'executing' }, drop],
        'lease.lost': [{ guard: 'isCurrent', target: 'queued', actions: 'dropLease' }, drop],
      },
    },
    executing: {
      type: 'parallel',
      entry: ['beginAttempt', 'startTimers'],
      exit: 'stopTimers',
      states: {
        work: {
          initial: 'preparing',
          on: {
            ...otherwise,
            'handler.completed': [{ guard: 'isCurrent', target: '#task.completing', actions: 'takeOutput' }, drop],
            'handler.failed': [
              { guard: 'isCurrentAndRetryable', target: '#task.retrying', actions: 'noteFailure' },
              { guard: 'isCurrent', target: '#task.rollingBack', actions: 'failAs' },
              drop,
            ],
            cancel: { target: '.stopping', actions: 'stopForCancel' },
            shutdown: { target: '.stopping', actions: 'stopForShutdown' },
            deadline: { target: '.stopping', actions: 'stopForDeadline' },
            timeout: [{ guard: 'isCurrent', target: '.stopping', actions: 'stopForTimeout' }, drop],
            'lease.lost': [{ guard: 'isCurrent', target: '.stopping', actions: ['stopForLeaseLost', 'dropLease'] }, drop],
            'budget.exceeded': [{ guard: 'isCurrent', target: '.stopping', actions: 'stopForBudget' }, drop],
            // Answered by the region `liveness`.
            'heartbeat.missed': undefined,
            'heartbeat.received': undefined,
          },
          states: {
            preparing: {
              entry: 'prepareHandler',
              on: {
                'handler.started': [
                  { guard: 'isCurrentAndHeld', target: 'paused', actions: ['pauseHandler', 'runHandler'] },
                  { guard: 'isCurrent', target: 'running', actions: 'runHandler' },
                  drop,
                ],
              },
            },
            running: {
              on: {
                'handler.asked': [{ guard: 'isCurrent', target: 'awaitingInput', actions: 'openQuestion' }, drop],
                pause: { target: 'paused', actions: 'hold' },
              },
            },
            paused: {
              entry: ['pauseHandler', 'suspendTimeout'],
              exit: 'resumeTimeout',
              on: {
                resume: { target: 'running', actions: ['unhold', 'resumeHandler'] },
                'handler.asked': [{ guard: 'isCurrent', target: 'awaitingInput', actions: 'openQuestion' }, drop],
              },
            },
            awaitingInput: {
              entry: 'suspendTimeout',
              exit: 'resumeTimeout',
              on: {
                'handler.asked': [{ guard: 'isCurrent', actions: 'openQuestion' }, drop],
                'question.closed': [
                  { guard: 'isLastQuestionAndHeld', target: 'paused', actions: 'closeQuestion' },
                  { guard: 'isLastQuestion', target: 'running', actions: 'closeQuestion' },
                  { guard: 'isCurrent', actions: 'closeQuestion' },
                  drop,
                ],
                pause: { actions: ['hold', 'pauseHandler'] },
                resume: { actions: ['unhold', 'resumeHandler'] },
              },
            },
            stopping: {
              entry: 'stopHandler',
              on: {
                // What a handler answers after it was told to stop is too late to count, whatever it is.
                'handler.completed': stopped,
                'handler.failed': stopped,
                'grace.expired': stoppedByForce,
                // A cancel outranks what stopped it first: no further attempt.
                cancel: { actions: 'stopForCancel' },
                shutdown: { actions: 'stopForShutdown' },
                deadline: { actions: 'stopForDeadline' },
                'lease.lost': [{ guard: 'isCurrent', actions: 'dropLease' }, drop],
                timeout: drop,
                'budget.exceeded': drop,
                'handler.asked': drop,
                'question.closed': drop,
                pause: drop,
                resume: drop,
              },
            },
          },
        },
        watch: {
          initial: 'onTime',
          states: {
            onTime: { on: { timeout: { guard: 'isCurrent', target: 'overdue' } } },
            overdue: {},
          },
        },
        liveness: {
          initial: 'alive',
          states: {
            alive: { on: { 'heartbeat.missed': [{ guard: 'isCurrent', target: 'suspect' }, drop] } },
            suspect: { on: { 'heartbeat.received': [{ guard: 'isCurrent', target: 'alive' }, drop] } },
          },
        },
      },
    },
    completing: {
      entry: 'checkOutput',
      on: {
        ...otherwise,
        'output.accepted': [{ guard: 'isCurrent', target: 'completed', actions: ['takeOutput', 'complete'] }, drop],
        'output.refused': [{ guard: 'isCurrent', target: 'rollingBack', actions: 'failAs' }, drop],
        cancel: { target: 'rollingBack', actions: 'cancelAs' },
        // The work is done and only its record is missing: finishing is the fastest way to stop.
        deadline: drop,
        shutdown: drop,
        pause: drop,
        resume: drop,
      },
    },
    retrying: {
      entry: ['releaseLease', 'dropLease', 'armBackoff'],
      exit: 'disarmBackoff',
      on: {
        ...otherwise,
        'backoff.elapsed': [{ guard: 'isHeld', target: 'waiting' }, { target: 'queued' }],
        cancel: { target: 'rollingBack', actions: 'cancelAs' },
        shutdown: { target: 'rollingBack', actions: 'cancelAs' },
        deadline: { target: 'rollingBack', actions: 'failByDeadline' },
      },
    },
    rollingBack: {
      entry: ['releaseLease', 'dropLease', 'rollBack'],
      on: {
        ...otherwise,
        'rollback.finished': [
          { guard: 'endsFailed', target: 'failed', actions: 'takeReport' },
          { target: 'cancelled', actions: 'takeReport' },
        ],
        // It is being undone already, and undoing is not interrupted.
        cancel: drop,
        shutdown: drop,
        deadline: drop,
        pause: drop,
        resume: drop,
      },
    },
    completed: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
    rejected: { type: 'final' },
  },
})

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
