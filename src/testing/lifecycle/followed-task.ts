import { isDeepStrictEqual } from 'node:util'
import { transition } from 'xstate'
import type { ChartState, ChartTransition } from '../../machines/chart.ts'
import { readChart, statesOf } from '../../machines/chart.ts'
import type { TaskSnapshot } from '../../machines/task-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import { taskMachine } from '../../machines/task-machine.ts'
import type { TaskMachineEvent } from '../../machines/task-tables.ts'
import type { TaskEvent } from '../../model/events.ts'
import { placeWords } from './life-path.ts'
import { pairsOf, stageOf } from './life-walks.ts'
import type { Tally } from './tally.ts'

export const lifeChart: readonly ChartState[] = statesOf(readChart(taskMachine))

const eventTypes: ReadonlySet<string> = new Set(lifeChart.flatMap(({ transitions }) => [...transitions.keys()]))

function isTaskEvent(event: { readonly type: string }): event is TaskMachineEvent {
  return eventTypes.has(event.type)
}

/** What a task says as it enters a state; states that are not named here are entered in silence. */
function saidOnEntry(state: string, from: string): string | null {
  const name = state.split('.').at(-1) ?? ''
  const isStage = state.split('.').length === 2
  if (isStage) return state === 'task.created' ? null : state
  if (['running', 'paused', 'stopping', 'overdue', 'suspect'].includes(name)) return `task.${name}`
  return name === 'alive' && from === 'executing' ? 'task.alive' : null
}

const saidTypes: ReadonlySet<string> = new Set([
  ...lifeChart.flatMap(({ id }) => saidOnEntry(id, '') ?? []),
  'task.alive',
])

/** Whether an event tells of a state that was entered. */
export function tellsOfEntry(event: TaskEvent): boolean {
  return saidTypes.has(event.type)
}

/**
 * A task of the real runtime, and beside it the statechart as it is written, interpreted by XState: whatever the real
 * actor is told, the chart is told too, and both must stand alike after every message.
 */
export class FollowedTask {
  readonly id: string
  /** Types of the events that tell of the states entered, as they should come. */
  readonly expected: string[] = []
  readonly problems: string[] = []
  /** Where it has been, in words, each as it was entered. */
  readonly places: string[]
  /** Messages that it got, in order. */
  readonly messages: TaskMachineEvent['type'][] = []
  model: TaskSnapshot
  readonly #tally: Tally

  constructor(id: string, model: TaskSnapshot, tally: Tally) {
    this.id = id
    this.model = model
    this.#tally = tally
    this.places = [placeWords(model.value)]
    tally.hit('states', 'task', 'task.created')
  }

  get stage(): string {
    return stageOf(this.model.value)
  }

  get isDone(): boolean {
    return this.model.status === 'done'
  }

  get holdsLease(): boolean {
    return ['allocating', 'executing', 'completing'].includes(this.stage) && this.model.context.leaseId !== null
  }

  /** The real actor was told `event`, and stands at `snapshot` since. */
  follow(event: { readonly type: string }, snapshot: unknown): void {
    if (!isTaskEvent(event)) return
    const before = this.model
    const from = this.stage
    this.messages.push(event.type)
    const configuration = compiledTask.configurationOf(before.value)
    const step = compiledTask.step(configuration, before.context, event)
    if (before.status !== 'done')
      for (const pair of pairsOf(before.value, event.type)) this.#tally.hit('pairs', 'task', pair)
    const taken = new Set(step?.transitions.map(({ id }) => id))
    for (const id of taken) this.#tally.hit('transitions', 'task', id)
    for (const [id, held] of judgedGuards(configuration.active, event.type, taken)) this.#tally.guard('task', id, held)
    const [after] = transition(taskMachine, before, event)
    this.model = after
    for (const state of step?.entered ?? []) {
      this.#tally.hit('states', 'task', state)
      const said = saidOnEntry(state, from)
      if (said !== null) this.expected.push(said)
    }
    const place = placeWords(after.value)
    if (place !== this.places.at(-1)) this.places.push(place)
    this.#compare(event, snapshot)
  }

  #compare(event: TaskMachineEvent, snapshot: unknown): void {
    const { value, context, status } = this.model
    const real = snapshotParts(snapshot)
    for (const [part, expected] of Object.entries({ value, context, status })) {
      const actual = real[part]
      if (isDeepStrictEqual(actual, expected)) continue
      this.problems.push(`after ${event.type} its ${part} is ${shown(actual)} and should be ${shown(expected)}`)
    }
  }
}

function snapshotParts(snapshot: unknown): Record<string, unknown> {
  return typeof snapshot === 'object' && snapshot !== null ? Object.fromEntries(Object.entries(snapshot)) : {}
}

/** A value for a message: short, and printable whatever it is. */
export function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? String(value)
    return text.length > 300 ? `${text.slice(0, 300)}…` : text
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/**
 * Which guards were asked on an event, and what they answered, told from the transitions that were taken: those of a
 * state are asked in their order until one holds, from the innermost state outwards.
 */
export function judgedGuards(
  active: readonly ChartState[],
  event: string,
  taken: ReadonlySet<string>,
): ReadonlyMap<string, boolean> {
  const judged = new Map<string, boolean>()
  for (const leaf of active) {
    if (leaf.children.length > 0) continue
    for (let at: ChartState | null = leaf; at !== null; at = at.parent) {
      const held = judge(at.transitions.get(event) ?? [], taken, judged)
      if (held) break
    }
  }
  return judged
}

function judge(
  candidates: readonly ChartTransition[],
  taken: ReadonlySet<string>,
  judged: Map<string, boolean>,
): boolean {
  for (const { id, guard } of candidates) {
    const held = taken.has(id)
    if (guard !== null) judged.set(id, held)
    if (held) return true
  }
  return false
}
