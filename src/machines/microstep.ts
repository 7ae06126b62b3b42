import type { StateValue } from 'xstate'
import type { ChartState, ChartTransition } from './chart.ts'

/*
 * The SCXML algorithm for one microstep, on charts without history and eventless transitions.
 * Source: W3C "State Chart XML (SCXML)" appendix D, with XState's choice of transition domain.
 */

function isBelow(state: ChartState, ancestor: ChartState): boolean {
  for (let at = state.parent; at !== null; at = at.parent) if (at === ancestor) return true
  return false
}

function ancestorsOf(state: ChartState): ChartState[] {
  const ancestors: ChartState[] = []
  for (let at = state.parent; at !== null; at = at.parent) ancestors.push(at)
  return ancestors
}

function rootOf(state: ChartState): ChartState {
  return ancestorsOf(state).at(-1) ?? state
}

/** The state that a transition stays inside of; what is active below it is left. */
function domainOf({ source, targets, reenter }: ChartTransition): ChartState {
  if (!reenter && targets.every((target) => target === source || isBelow(target, source))) return source
  const states = [source, ...targets]
  const common = ancestorsOf(source).find((ancestor) => states.every((state) => isBelow(state, ancestor)))
  return common ?? rootOf(source)
}

function exitsOf(active: readonly ChartState[], transition: ChartTransition): ChartState[] {
  if (transition.targets.length === 0) return []
  const domain = domainOf(transition)
  return active.filter((state) => isBelow(state, domain))
}

/** Adds `state` and what is entered with it by default. */
function enterDown(state: ChartState, entered: Set<ChartState>): void {
  entered.add(state)
  if (state.type === 'parallel') {
    for (const child of state.children) if (!entered.has(child)) enterDown(child, entered)
  }
  if (state.initial && !state.children.some((child) => entered.has(child))) enterDown(state.initial, entered)
}

function enterUp(state: ChartState, domain: ChartState, entered: Set<ChartState>): void {
  for (let at = state.parent; at !== null && at !== domain; at = at.parent) {
    entered.add(at)
    if (at.type === 'parallel') {
      for (const child of at.children) {
        if (child !== state && !isBelow(state, child) && !entered.has(child)) enterDown(child, entered)
      }
    }
  }
}

/** What is active when a machine starts. */
export function initialStates(root: ChartState): ChartState[] {
  const entered = new Set<ChartState>()
  enterDown(root, entered)
  return [...entered].sort((a, b) => a.order - b.order)
}

/** Of transitions that leave the same state, only the innermost, else the first, is taken. */
export function withoutConflicts(
  active: readonly ChartState[],
  enabled: readonly ChartTransition[],
): ChartTransition[] {
  const kept = new Set<ChartTransition>()
  for (const candidate of enabled) {
    const exits = new Set(exitsOf(active, candidate))
    let preempted = false
    const outranked: ChartTransition[] = []
    for (const other of kept) {
      if (!exitsOf(active, other).some((state) => exits.has(state))) continue
      if (isBelow(candidate.source, other.source)) outranked.push(other)
      else preempted = true
    }
    if (preempted) continue
    for (const other of outranked) kept.delete(other)
    kept.add(candidate)
  }
  return [...kept]
}

export interface Microstep {
  readonly active: readonly ChartState[]
  /** What was entered, in document order. */
  readonly entered: readonly ChartState[]
  /** Exit actions inside out, then the transitions', then entry actions outside in. */
  readonly actions: readonly string[]
}

/** Takes transitions that do not conflict. */
export function takeTransitions(active: readonly ChartState[], transitions: readonly ChartTransition[]): Microstep {
  const exited = new Set(transitions.flatMap((transition) => exitsOf(active, transition)))
  const entered = new Set<ChartState>()
  for (const transition of transitions) {
    const domain = transition.targets.length > 0 ? domainOf(transition) : null
    for (const target of transition.targets) {
      enterDown(target, entered)
      if (domain) enterUp(target, domain, entered)
    }
  }
  const left = [...exited].sort((a, b) => b.order - a.order)
  const arrived = [...entered]
    .filter((state) => exited.has(state) || !active.includes(state))
    .sort((a, b) => a.order - b.order)
  const stayed = active.filter((state) => !exited.has(state))
  return {
    active: [...new Set([...stayed, ...arrived])].sort((a, b) => a.order - b.order),
    entered: arrived,
    actions: [
      ...left.flatMap((state) => state.exit),
      ...transitions.flatMap((transition) => transition.actions),
      ...arrived.flatMap((state) => state.entry),
    ],
  }
}

/** The state value, in XState's form, of a state whose active descendants are in `active`. */
export function stateValueOf(state: ChartState, active: ReadonlySet<ChartState>): StateValue {
  const children = state.children.filter((child) => active.has(child))
  const [only] = children
  if (state.type === 'compound' && only && only.children.length === 0) return only.key
  return Object.fromEntries(children.map((child) => [child.key, stateValueOf(child, active)]))
}
