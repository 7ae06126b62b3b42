import type { GraphState } from './chart-graph.ts'

/**
 * Ids of the states that are active in a state value of XState's form, in document order. What the chart does not know
 * is left out.
 */
export function activeStates(states: readonly GraphState[], value: unknown): string[] {
  const active = new Set<string>()
  const root = states[0]
  if (root) activate(states, root, value, active)
  return states.flatMap(({ id }) => (active.has(id) ? [id] : []))
}

function activate(states: readonly GraphState[], state: GraphState, value: unknown, active: Set<string>): void {
  active.add(state.id)
  for (const child of states) {
    if (child.parent !== state.id) continue
    if (value === child.key) active.add(child.id)
    else if (typeof value === 'object' && value !== null && child.key in value)
      activate(states, child, Reflect.get(value, child.key), active)
  }
}
