import type { TaskSnapshot } from '../../machines/task-engine.ts'
import type { TaskMachineEvent } from '../../machines/task-tables.ts'
import type { TaskEvent } from '../../model/events.ts'
import type { Abilities, LifeMove } from './life-walks.ts'
import { activityOf, isPassing } from './life-walks.ts'
import type { Step, Walk } from './walks.ts'

type LifeStep = Step<TaskSnapshot, LifeMove>

/** What comes while a task is in a state that it only passes through: it has to be there as the state is entered. */
export interface Passage {
  /** The event by which the task tells that it is in that state. */
  readonly tells: TaskEvent['type']
  readonly moves: readonly LifeMove[]
}

/** A message to bring about, and what comes in the states that it leads through. */
export interface LifeAct {
  readonly move: LifeMove
  readonly passages: readonly Passage[]
}

/** A walk as it is brought about: first what the task meets as it is created. */
export interface LifePath {
  readonly onCreated: readonly LifeMove[]
  readonly acts: readonly LifeAct[]
  /** An undo has to fail on it. */
  readonly failsToUndo: boolean
}

/** How a state that is only passed through tells of itself, and what it is left by if nothing else comes. */
function passageOf(value: TaskSnapshot['value']): readonly [TaskEvent['type'], TaskMachineEvent['type']] {
  if (value === 'rollingBack') return ['task.rollingBack', 'rollback.finished']
  if (activityOf(value) === 'stopping') return ['task.stopping', 'handler.failed']
  return ['task.executing', 'handler.started']
}

/** Turns a walk of the statechart into what has to be done to the real task. */
export function lifePath({ steps }: Walk<TaskSnapshot, LifeMove>, abilities: Abilities): LifePath {
  const start = steps.findIndex(({ move }) => move.event.type === 'start')
  const onCreated = (start < 0 ? steps : steps.slice(0, start)).map(({ move }) => move)
  const acts: LifeAct[] = []
  const rest = start < 0 ? [] : steps.slice(start + 1)
  for (let step = rest.shift(); step; step = rest.shift()) {
    const { move, next } = step
    acts.push({ move, passages: passagesFrom(next, rest, abilities) })
  }
  const failsToUndo = steps.some(
    ({ move: { event } }) => event.type === 'rollback.finished' && event.report.status === 'incomplete',
  )
  return { onCreated, acts, failsToUndo }
}

/** Takes from `rest` what happens before the task rests again. */
function passagesFrom(from: TaskSnapshot, rest: LifeStep[], abilities: Abilities): Passage[] {
  const passages: Passage[] = []
  let at = from
  while (at.status !== 'done' && isPassing(at.value, abilities)) {
    const [tells, exit] = passageOf(at.value)
    const moves: LifeMove[] = []
    const state = JSON.stringify(at.value)
    while (at.status !== 'done' && JSON.stringify(at.value) === state) {
      const step = rest.shift()
      if (!step) return [...passages, { tells, moves }]
      at = step.next
      if (step.move.isStale || step.move.event.type !== exit) moves.push(step.move)
    }
    passages.push({ tells, moves })
  }
  return passages
}

/** What a state is called in the name of a path. */
export function placeWords(value: TaskSnapshot['value']): string {
  if (typeof value === 'string') return value
  const { executing } = value
  if (typeof executing !== 'object') return Object.keys(value)[0] ?? ''
  const { work, watch, liveness } = executing
  const doing = work === 'running' ? 'executing' : work === 'awaitingInput' ? 'awaiting input' : String(work)
  return [doing, watch, liveness].filter((word) => word !== 'onTime' && word !== 'alive').join(', ')
}

/** What every life passes through in the same way says nothing in a name. */
const usual = [
  ['created', 'validating', 'waiting', 'queued'],
  ['queued', 'allocating', 'executing'],
  ['queued', 'allocating', 'preparing', 'executing'],
  ['executing', 'completing', 'completed'],
]

/** Places in a row, without what goes without saying. */
export function pathWords(places: readonly string[]): string {
  let words = places.filter((place, index) => place !== places[index - 1])
  for (const run of usual) {
    for (let at = 0; at + run.length <= words.length; at += 1) {
      if (!run.every((place, index) => words[at + index] === place)) continue
      const kept = run[0] === 'created' ? run.slice(-1) : [run[0] ?? '', run.at(-1) ?? '']
      words = [...words.slice(0, at), ...kept, ...words.slice(at + run.length)]
    }
  }
  return words.join(' → ')
}
