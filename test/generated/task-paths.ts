import type { SnapshotFrom } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { compiledTask } from '../../src/machines/task-engine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import type { TaskMachineEvent } from '../../src/machines/task-tables.ts'
import { sampleTaskEvents } from '../../src/testing/lifecycle/life-messages.ts'

type State = SnapshotFrom<typeof taskMachine>

const input = { id: 'task_2', type: 'watched', maxAttempts: 2, conditionsMet: false }

/** A step of a path: the message, and whether it is one of an attempt that is over. */
export interface PathStep {
  readonly event: TaskMachineEvent
  readonly isStale: boolean
}

export interface TaskPath {
  readonly title: string
  readonly steps: readonly PathStep[]
}

/** The top-level state of a state value. */
export function stageOf(value: State['value']): string {
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '')
}

/** Two states are alike if they answer every message alike: counters are cut to what guards look at. */
function alike({ value, context }: State): string {
  const { held, conditionsMet, openQuestions, attempt, maxAttempts, stop, ending, failure, leaseId } = context
  const mayRetry = attempt < maxAttempts
  return JSON.stringify([
    value,
    held,
    conditionsMet,
    Math.min(openQuestions, 2),
    attempt > 0,
    mayRetry,
    stop,
    ending,
    failure?.retryable,
    leaseId !== null,
  ])
}

function samples(epoch: number): PathStep[] {
  const current = sampleTaskEvents(epoch).map((event) => ({ event, isStale: false }))
  const stale = sampleTaskEvents(epoch - 1).flatMap((event) =>
    'epoch' in event && event.type !== 'lease.granted' ? [{ event, isStale: true }] : [],
  )
  return [...current, ...stale]
}

/** What can happen in a state. With nothing to wait for, a task tells itself that it is ready before anything else. */
function possible({ value, context }: State): PathStep[] {
  const isReady = value === 'waiting' && context.conditionsMet && !context.held
  return isReady ? [{ event: { type: 'ready' }, isStale: false }] : samples(context.epoch)
}

function inWords(steps: readonly PathStep[], states: readonly State[]): string {
  const stages = states.map(({ value }) => (typeof value === 'string' ? value : `executing.${describe(value)}`))
  const last = steps.at(-1)
  const path = stages.filter((stage, index) => stage !== stages[index - 1]).join(' → ')
  return `${path}, on ${last?.isStale ? 'a late ' : ''}${last?.event.type ?? 'nothing'}`
}

function describe(value: object): string {
  const text = JSON.stringify(value).replaceAll(/["{}]|executing:|work:/g, '')
  return text.replace(',watch:onTime', '').replace(',liveness:alive', '')
}

function isPreparing(state: State): boolean {
  return state.matches({ executing: { work: 'preparing' } })
}

export interface Exploration {
  readonly states: number
  readonly transitions: ReadonlyMap<string, TaskPath>
  readonly pairs: ReadonlyMap<string, TaskPath>
}

/**
 * Every state that can be reached, and for each transition (by its id in the chart) and each pair of a stage and a
 * message a shortest path that ends with it.
 */
export function exploreTask(): Exploration {
  // A path leads through `preparing`, which lasts for no time, without a stop in it.
  const passes = ({ event }: PathStep) => event.type === 'handler.started' || event.type === 'pause'
  const events = (state: State) =>
    possible(state)
      .filter((step) => !isPreparing(state) || (passes(step) && !step.isStale))
      .map(({ event }) => event)
  const paths = getShortestPaths(taskMachine, { events, input, serializeState: alike, limit: 100_000 })
  const transitions = new Map<string, TaskPath>()
  const pairs = new Map<string, TaskPath>()
  const detour = (state: State) => (isPreparing(state) ? 100 : 0)
  const byLength = [...paths].sort((a, b) => a.steps.length + detour(a.state) - b.steps.length - detour(b.state))
  for (const { state, steps } of byLength) {
    if (state.status === 'done') continue
    const before = steps.slice(1).map(({ event }) => ({ event, isStale: false }))
    const states = [...steps.slice(1).map((step) => step.state), state]
    for (const sample of possible(state)) {
      const step = compiledTask.step(compiledTask.configurationOf(state.value), state.context, sample.event)
      if (!step) continue
      const all = [...before, sample]
      const path = { title: inWords(all, [...states, step.snapshot]), steps: all }
      for (const { id } of step.transitions) if (!transitions.has(id)) transitions.set(id, path)
      const pair = `${stageOf(state.value)} ${sample.event.type}`
      if (!pairs.has(pair)) pairs.set(pair, path)
    }
  }
  return { states: paths.length, transitions, pairs }
}
