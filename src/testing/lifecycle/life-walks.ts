import type { TaskSnapshot } from '../../machines/task-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import type { TaskMachineEvent } from '../../machines/task-tables.ts'
import { initialTaskContext } from '../../machines/task-tables.ts'
import { sampleTaskEvents } from './life-messages.ts'
import type { Step, Walkable } from './walks.ts'

/** A message to a task, of its attempt or of the one before. */
export interface LifeMove {
  readonly event: TaskMachineEvent
  readonly isStale: boolean
}

/** What can happen in the life of a definition's tasks. */
export interface Abilities {
  /** Another attempt may follow one that failed. */
  readonly retries: boolean
  readonly times: boolean
  readonly beats: boolean
  readonly validates: boolean
  /** Its output schema refuses something. */
  readonly refusesOutput: boolean
  /** There is something to undo, and it can fail. */
  readonly undoes: boolean
  /** Its handler is a function: it can be made to ask and to report. */
  readonly calls: boolean
  /** Its handler gives an output. */
  readonly completes: boolean
}

export const everyAbility: Abilities = {
  retries: true,
  times: true,
  beats: true,
  validates: true,
  refusesOutput: true,
  undoes: true,
  calls: true,
  completes: true,
}

/** What a message needs of the definition: an ability, and what to say where it lacks. */
const needs: Partial<Record<TaskMachineEvent['type'], readonly [keyof Abilities, string]>> = {
  timeout: ['times', 'the definition has no timeout'],
  'heartbeat.missed': ['beats', 'the definition has no heartbeat'],
  'heartbeat.received': ['beats', 'the definition has no heartbeat'],
  'validation.failed': ['validates', 'the definition has no validate'],
  'output.refused': ['refusesOutput', 'the output schema takes anything'],
  'handler.asked': ['calls', 'a handler that is a machine asks nothing'],
  'question.closed': ['calls', 'a handler that is a machine asks nothing'],
  'budget.exceeded': ['calls', 'a handler that is a machine reports no usage'],
  'handler.completed': ['completes', 'the handler gave no output with the inputs that there are'],
}

/** Why a message cannot come; `null`: it can. */
export function lackFor({ event }: LifeMove, abilities: Abilities): string | null {
  if (event.type === 'rollback.finished' && event.report.status === 'incomplete' && !abilities.undoes)
    return 'nothing is there to undo, so nothing can fail to be undone'
  const need = needs[event.type]
  return need && !abilities[need[0]] ? need[1] : null
}

/** The top-level state of a state value. */
export function stageOf(value: TaskSnapshot['value']): string {
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '')
}

/** Two states are alike if they answer every message alike: counters are cut to what guards look at. */
export function alike({ value, context }: TaskSnapshot): string {
  const { held, conditionsMet, openQuestions, attempt, maxAttempts, stop, ending, failure, leaseId } = context
  return JSON.stringify([
    value,
    held,
    conditionsMet,
    Math.min(openQuestions, 2),
    attempt > 0,
    attempt < maxAttempts,
    stop,
    ending,
    failure?.retryable,
    leaseId !== null,
  ])
}

/** The activity of a task that executes. */
export function activityOf(value: TaskSnapshot['value']): string | null {
  if (typeof value === 'string' || typeof value['executing'] !== 'object') return null
  const { work } = value['executing']
  return typeof work === 'string' ? work : null
}

/** What a stage that lasts for no time is left by; `null` for one that lasts until it is told. */
function passesOn(value: TaskSnapshot['value'], { calls }: Abilities): readonly TaskMachineEvent['type'][] | null {
  if (value === 'rollingBack') return ['rollback.finished']
  const activity = activityOf(value)
  if (activity === 'preparing') return ['handler.started', 'pause']
  // A machine that does not handle the stop is stopped on the spot.
  if (activity === 'stopping' && !calls) return ['handler.failed']
  return null
}

/** Whether the real task stays in this state only until the present instant is done. */
export function isPassing(value: TaskSnapshot['value'], abilities: Abilities): boolean {
  return passesOn(value, abilities) !== null
}

function samples(epoch: number): LifeMove[] {
  const current = sampleTaskEvents(epoch).map((event) => ({ event, isStale: false }))
  const stale = sampleTaskEvents(epoch - 1).flatMap((event) =>
    'epoch' in event && event.type !== 'lease.granted' ? [{ event, isStale: true }] : [],
  )
  return [...current, ...stale]
}

/** What can happen in a state. With nothing to wait for, a task tells itself that it is ready before anything else. */
function possible({ value, context, status }: TaskSnapshot, abilities: Abilities): LifeMove[] {
  if (status === 'done') return []
  if (value === 'waiting' && context.conditionsMet && !context.held)
    return [{ event: { type: 'ready' }, isStale: false }]
  return samples(context.epoch).filter((move) => lackFor(move, abilities) === null)
}

function stepOf(state: TaskSnapshot, move: LifeMove): Step<TaskSnapshot, LifeMove>[] {
  const taken = compiledTask.step(compiledTask.configurationOf(state.value), state.context, move.event)
  if (!taken) return []
  const takes = taken.transitions.map(({ id }) => id)
  return [{ move, next: taken.snapshot, takes, pairs: pairsOf(state.value, move.event.type) }]
}

/** What a message met: the stage, and within execution the activity. Reports show stages. */
export function pairsOf(value: TaskSnapshot['value'], event: string): string[] {
  const stage = stageOf(value)
  const activity = activityOf(value)
  return [`${stage} ${event}`, ...(activity === null ? [] : [`${stage}.${activity} ${event}`])]
}

/** The statechart of every task's life, as far as a definition's tasks can get in it. */
export function lifeWalkable(abilities: Abilities): Walkable<TaskSnapshot, LifeMove> {
  const lastSteps = (state: TaskSnapshot) => possible(state, abilities).flatMap((move) => stepOf(state, move))
  return {
    start: compiledTask.start(
      initialTaskContext({ id: 'task', type: 'task', maxAttempts: abilities.retries ? 2 : 1, conditionsMet: false }),
    ),
    key: alike,
    place: ({ value }) => JSON.stringify(value),
    steps: (state) => {
      const exits = passesOn(state.value, abilities)
      return lastSteps(state).filter(
        ({ move }) => exits === null || (!move.isStale && exits.some((type) => type === move.event.type)),
      )
    },
    lastSteps,
  }
}
