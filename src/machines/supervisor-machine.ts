import { assign, setup } from 'xstate'
import type { Failure } from '../model/errors.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import { effectsOf, on } from './tables.ts'

/** What the supervisor's statechart knows. The queue, the ledger and the tasks belong to the actor that runs it. */
export interface SupervisorMachineContext {
  /** Crashed actors since the intensity was last whole; shown, and what `degraded` is about. */
  readonly crashes: number
  /** The restart intensity is spent: nothing is restarted until the window has passed. */
  readonly intensitySpent: boolean
  /** The store cannot make records durable: nothing new is taken on. */
  readonly storeFailed: boolean
}

export const initialSupervisorContext: SupervisorMachineContext = {
  crashes: 0,
  intensitySpent: false,
  storeFailed: false,
}

/** Where the supervisor answers a request. */
export interface Reply {
  done(): void
  refused(error: unknown): void
}

/**
 * Messages to the supervisor. `Submission` is the actor's own type of request, with the port to answer on;
 * the machine only needs to know whether the task is a child of an accepted one.
 */
export type SupervisorMachineEvent<
  Submission extends { readonly parentId: string | null } = { readonly parentId: string | null },
> =
  | { type: 'supervisor.start' }
  | { type: 'task.submit'; submission: Submission }
  | { type: 'task.ready'; taskId: string }
  | { type: 'task.withdraw'; taskId: string }
  | { type: 'task.reprioritise'; taskId: string; priority: number }
  | { type: 'task.cancel'; taskId: string; failure: Failure }
  | { type: 'lease.release'; leaseId: string; epoch: number }
  | { type: 'lease.renew'; leaseId: string; epoch: number; expiresAt: number | null }
  | { type: 'lease.use'; taskId: string; leaseId: string; epoch: number; usage: Readonly<Record<string, number>> }
  | { type: 'lease.expired'; leaseId: string; epoch: number }
  | { type: 'pool.resize'; resource: string; capacity: number; reply: Reply }
  | { type: 'type.pause'; name: string }
  | { type: 'type.resume'; name: string }
  | { type: 'dispatch' }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'drain' }
  | { type: 'stop'; graceMs: number; unfinished: 'cancel' | 'keep' }
  | { type: 'grace.expired' }
  | { type: 'idle' }
  | { type: 'intensity.spent' }
  | { type: 'intensity.recovered' }
  | { type: 'store.failed'; error: unknown }
  | { type: 'store.healed' }
  | { type: 'xstate.done.actor.*'; actorId: string; output: TaskOutcome }
  | { type: 'xstate.error.actor.*'; actorId: string; error: unknown }

type Context = SupervisorMachineContext
type Event = SupervisorMachineEvent

export const supervisorGuards = {
  /** A child belongs to work that was accepted before: refusing it would only keep its parent from ending. */
  isChild: (_: Context, event: Event) => event.type === 'task.submit' && event.submission.parentId !== null,
  isIntensitySpent: ({ intensitySpent }: Context) => intensitySpent,
  isStoreFailed: ({ storeFailed }: Context) => storeFailed,
  isInTrouble: ({ intensitySpent, storeFailed }: Context) => intensitySpent || storeFailed,
}

export const supervisorUpdates = {
  countCrash: on<Context, Event, 'xstate.error.actor.*'>('xstate.error.actor.*', ({ crashes }) => ({
    crashes: crashes + 1,
  })),
  spendIntensity: (): Partial<Context> => ({ intensitySpent: true }),
  recoverIntensity: (): Partial<Context> => ({ intensitySpent: false, crashes: 0 }),
  noteStoreFailed: (): Partial<Context> => ({ storeFailed: true }),
  noteStoreHealed: (): Partial<Context> => ({ storeFailed: false }),
}

export const supervisorEffects = effectsOf([
  'admit',
  'refuseDegraded',
  'refuseDraining',
  'refuseStopped',
  'enqueue',
  'withdraw',
  'reprioritise',
  'cancel',
  'release',
  'renew',
  'use',
  'reclaim',
  'resize',
  'pauseType',
  'resumeType',
  'dispatch',
  'scheduleDispatch',
  'settle',
  'restart',
  'abandon',
  'alertIntensity',
  'alertStore',
  'endStoreTrouble',
  'shutDownTasks',
  'forceTasks',
  'reportIdle',
])

const update = (name: keyof typeof supervisorUpdates) =>
  assign<Context, Event, undefined, Event, never>(({ context, event }) => supervisorUpdates[name](context, event))

/**
 * The life of a supervisor. Pure: it decides which messages count in which state; the actor acts on queue and ledger.
 * Source of the restart intensity: Erlang/OTP supervisors (`intensity` restarts within `period`).
 */
export const supervisorMachine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    isChild: ({ context, event }) => supervisorGuards.isChild(context, event),
    isIntensitySpent: ({ context }) => supervisorGuards.isIntensitySpent(context),
    isStoreFailed: ({ context }) => supervisorGuards.isStoreFailed(context),
    isInTrouble: ({ context }) => supervisorGuards.isInTrouble(context),
  },
  actions: {
    countCrash: update('countCrash'),
    spendIntensity: update('spendIntensity'),
    recoverIntensity: update('recoverIntensity'),
    noteStoreFailed: update('noteStoreFailed'),
    noteStoreHealed: update('noteStoreHealed'),
    ...supervisorEffects,
  },
}).createMachine({
  id: 'supervisor',
  context: initialSupervisorContext,
  initial: 'starting',
  // What keeps the books right counts in every state, also while stopping.
  on: {
    'task.ready': { actions: ['enqueue', 'scheduleDispatch'] },
    'task.withdraw': { actions: ['withdraw', 'scheduleDispatch'] },
    'task.reprioritise': { actions: ['reprioritise', 'scheduleDispatch'] },
    'task.cancel': { actions: 'cancel' },
    'lease.release': { actions: ['release', 'scheduleDispatch'] },
    'lease.renew': { actions: 'renew' },
    'lease.use': { actions: 'use' },
    'lease.expired': { actions: ['reclaim', 'scheduleDispatch'] },
    'pool.resize': { actions: ['resize', 'scheduleDispatch'] },
    'type.pause': { actions: ['pauseType', 'scheduleDispatch'] },
    'type.resume': { actions: ['resumeType', 'scheduleDispatch'] },
    'xstate.done.actor.*': { actions: ['settle', 'scheduleDispatch'] },
    'xstate.error.actor.*': { actions: ['countCrash', 'restart', 'scheduleDispatch'] },
    'intensity.spent': { actions: ['spendIntensity', 'alertIntensity'] },
    'intensity.recovered': { actions: 'recoverIntensity' },
    'store.failed': { actions: ['noteStoreFailed', 'alertStore'] },
    'store.healed': { actions: ['noteStoreHealed', 'endStoreTrouble'] },
    idle: { actions: 'reportIdle' },
  },
  states: {
    // What an earlier process left is taken up; nobody else can reach the supervisor before it runs.
    starting: {
      on: { 'supervisor.start': 'running' },
    },
    running: {
      entry: 'scheduleDispatch',
      on: {
        'task.submit': { actions: 'admit' },
        dispatch: { actions: 'dispatch' },
        pause: 'paused',
        drain: 'draining',
        stop: 'stopping',
        'intensity.spent': { target: 'degraded', actions: ['spendIntensity', 'alertIntensity'] },
        'store.failed': { target: 'degraded', actions: ['noteStoreFailed', 'alertStore'] },
      },
    },
    paused: {
      on: {
        'task.submit': { actions: 'admit' },
        resume: [{ guard: 'isInTrouble', target: 'degraded' }, { target: 'running' }],
        drain: 'draining',
        stop: 'stopping',
      },
    },
    // What was accepted goes on; nothing new comes in and nothing that crashes is restarted.
    degraded: {
      entry: 'scheduleDispatch',
      on: {
        'task.submit': [{ guard: 'isChild', actions: 'admit' }, { actions: 'refuseDegraded' }],
        dispatch: { actions: 'dispatch' },
        'xstate.error.actor.*': { actions: ['countCrash', 'abandon', 'scheduleDispatch'] },
        'intensity.recovered': [
          { guard: 'isStoreFailed', actions: 'recoverIntensity' },
          { target: 'running', actions: 'recoverIntensity' },
        ],
        'store.healed': [
          { guard: 'isIntensitySpent', actions: ['noteStoreHealed', 'endStoreTrouble'] },
          { target: 'running', actions: ['noteStoreHealed', 'endStoreTrouble'] },
        ],
        pause: 'paused',
        drain: 'draining',
        stop: 'stopping',
      },
    },
    draining: {
      entry: 'scheduleDispatch',
      on: {
        'task.submit': [{ guard: 'isChild', actions: 'admit' }, { actions: 'refuseDraining' }],
        dispatch: { actions: 'dispatch' },
        resume: [{ guard: 'isInTrouble', target: 'degraded' }, { target: 'running' }],
        stop: 'stopping',
      },
    },
    stopping: {
      entry: 'shutDownTasks',
      on: {
        'task.submit': { actions: 'refuseStopped' },
        'xstate.error.actor.*': { actions: ['countCrash', 'abandon'] },
        'grace.expired': { actions: 'forceTasks' },
        idle: { target: 'stopped', actions: 'reportIdle' },
      },
    },
    stopped: { type: 'final' },
  },
})
