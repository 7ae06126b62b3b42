import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { ChartState } from '../../machines/chart.ts'
import type { DrawnChart, DrawnState, DrawnTransition } from './coverage-report.ts'
import { lifeChart } from './followed-task.ts'
import { machineStates, machineTransitions } from './machine-chart.ts'

function depthOf(state: ChartState): number {
  let depth = -1
  for (let at = state.parent; at; at = at.parent) depth += 1
  return depth
}

/** The life that every task has. */
export const drawnLife: DrawnChart = {
  name: 'task',
  title: 'The life of a task',
  states: lifeChart
    .filter(({ parent }) => parent !== null)
    .map((state) => ({
      id: state.id,
      label: state.key,
      depth: depthOf(state),
      isFinal: state.type === 'final',
    })),
  transitions: lifeChart.flatMap(({ transitions }) =>
    [...transitions.values()].flat().map(({ id, source, targets, event, guard }) => ({
      id,
      from: source.id,
      to: targets.map((target) => target.id),
      event,
      guard,
    })),
  ),
}

/** A handler that is a machine. */
export function drawnMachine(machine: AnyStateMachine): DrawnChart {
  const states = machineStates(machine.root).map(
    (state: AnyStateNode): DrawnState => ({
      id: state.id,
      label: state.key,
      depth: state.path.length - 1,
      isFinal: state.type === 'final',
    }),
  )
  const transitions = machineTransitions(machine).map(
    ({ id, source, event, guard, definition }): DrawnTransition => ({
      id,
      from: source.id,
      to: (definition.target ?? []).map((target) => target.id),
      event: event === '' ? 'always' : event,
      guard,
    }),
  )
  return { name: 'handler', title: 'Its handler, a machine', states, transitions }
}

/** The points of a handler that is a function, in the order in which it comes by them. */
export function drawnPoints(points: readonly string[]): DrawnChart {
  const states = points.map((point): DrawnState => ({ id: point, label: point, depth: 0, isFinal: false }))
  return { name: 'handler', title: 'The points of its handler', states, transitions: [] }
}
