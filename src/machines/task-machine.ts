import { assign, setup } from 'xstate'
import type { TaskOutcome } from '../model/outcome.ts'
import type { TaskMachineContext as Context, TaskMachineEvent as Event, TaskMachineInput } from './task-tables.ts'
import { initialTaskContext, outcomeOf, taskEffects, taskGuards, taskUpdates } from './task-tables.ts'

const update = (name: keyof typeof taskUpdates) =>
  assign<Context, Event, undefined, Event, never>(({ context, event }) => taskUpdates[name](context, event))

const guard =
  (name: keyof typeof taskGuards) =>
  ({ context, event }: { context: Context; event: Event }) =>
    taskGuards[name](context, event)

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

/** On the way to an attempt that is not the first, what the earlier ones did has to be undone. */
const betweenAttempts = {
  ...beforeExecuting,
  cancel: [
    { guard: 'hasBegun', target: '#task.rollingBack', actions: ['cancelAs', 'withdrawRequest'] },
    beforeExecuting.cancel,
  ],
  shutdown: [
    { guard: 'hasBegun', target: '#task.rollingBack', actions: ['cancelAs', 'withdrawRequest'] },
    beforeExecuting.shutdown,
  ],
  deadline: [
    { guard: 'hasBegun', target: '#task.rollingBack', actions: ['failByDeadline', 'withdrawRequest'] },
    beforeExecuting.deadline,
  ],
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
    hasBegun: guard('hasBegun'),
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
        ...betweenAttempts,
        ready: [{ guard: 'isFree', target: 'queued', actions: 'meetConditions' }, { actions: 'meetConditions' }],
        resume: [{ guard: 'canLeaveWaiting', target: 'queued', actions: 'unhold' }, { actions: 'unhold' }],
      },
    },
    queued: {
      entry: 'requestGrant',
      on: {
        ...betweenAttempts,
        pause: { target: 'waiting', actions: ['hold', 'withdrawRequest'] },
        'lease.granted': { target: 'allocating', actions: 'takeLease' },
      },
    },
    allocating: {
      entry: 'allocate',
      on: {
        ...betweenAttempts,
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
            'lease.lost': [
              { guard: 'isCurrent', target: '.stopping', actions: ['stopForLeaseLost', 'dropLease'] },
              drop,
            ],
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
                // Stopped before its handler was run: there is nobody to wait for.
                'handler.started': stopped,
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
        'lease.lost': [{ guard: 'isCurrent', actions: 'dropLease' }, drop],
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
