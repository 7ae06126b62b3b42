import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import type { ChartGraph, GraphState, GraphTransition } from '../view/chart/chart-graph.ts'

/** A machine's chart, and which of its transitions has which key. */
export interface ReadChart {
  readonly graph: ChartGraph
  readonly keys: ReadonlyMap<AnyTransitionDefinition, string>
  /** By `source : event : position on the event`, as our own tables name a transition. */
  readonly keysByName: ReadonlyMap<string, string>
}

/** The name of an action or guard; what was written in place has none. */
function nameOf(part: unknown, inPlace: string): string {
  if (typeof part === 'string') return part
  if (typeof part === 'function') return part.name || inPlace
  if (typeof part === 'object' && part !== null && 'type' in part && typeof part.type === 'string')
    return part.type.replace(/^xstate\./, '')
  return inPlace
}

/** XState arms a delayed transition by an action of its own at the entry of its state, and disarms it at the exit. */
function isOfDelay(action: unknown): boolean {
  if (typeof action !== 'function') return false
  const event: unknown = Reflect.get(action, 'event')
  const names = [Reflect.get(action, 'sendId'), Reflect.get(action, 'id'), eventType(event)]
  return names.some((name) => typeof name === 'string' && name.startsWith('xstate.after.'))
}

function eventType(event: unknown): unknown {
  return typeof event === 'object' && event !== null ? Reflect.get(event, 'type') : null
}

function namesOf(actions: readonly unknown[]): string[] {
  return actions.filter((action) => !isOfDelay(action)).map((action) => nameOf(action, 'an action'))
}

function guardOf(guard: unknown): string | null {
  return guard === undefined ? null : nameOf(guard, 'a condition')
}

function readState(node: AnyStateNode, initial: string | null): GraphState {
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    parent: node.parent?.id ?? null,
    initial,
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    invokes: node.invoke.map(({ id }) => id),
    description: node.description ?? null,
  }
}

function words(event: string): Pick<GraphTransition, 'kind' | 'label'> {
  if (event === '*') return { kind: 'event', label: 'any event' }
  if (event.startsWith('xstate.done.actor.')) return { kind: 'done', label: `done: ${event.slice(18)}` }
  if (event.startsWith('xstate.error.actor.')) return { kind: 'error', label: `error: ${event.slice(19)}` }
  if (event.startsWith('xstate.done.state.')) return { kind: 'done', label: 'done' }
  if (event.startsWith('xstate.snapshot.')) return { kind: 'event', label: `moved: ${event.slice(16)}` }
  return { kind: 'event', label: event }
}

/** A delay as people read it. */
function inWords(delayMs: number): string {
  if (delayMs < 1_000) return `${Math.round(delayMs)} ms`
  if (delayMs < 120_000) return `${Number((delayMs / 1_000).toFixed(1))} s`
  return delayMs < 7_200_000
    ? `${Number((delayMs / 60_000).toFixed(1))} min`
    : `${Number((delayMs / 3_600_000).toFixed(1))} h`
}

function delayed(node: AnyStateNode, event: string): Pick<GraphTransition, 'kind' | 'label' | 'delayMs'> | null {
  const after = node.after.find(({ eventType }) => eventType === event)
  if (!after) return null
  const { delay } = after
  if (typeof delay === 'number') return { kind: 'after', label: `after ${inWords(delay)}`, delayMs: delay }
  return { kind: 'after', label: `after ${typeof delay === 'string' ? delay : 'a delay'}`, delayMs: null }
}

interface Listed {
  readonly definition: AnyTransitionDefinition
  readonly event: string
  readonly onEvent: number
}

/** A state's transitions in the order that numbers them. */
function listOf(node: AnyStateNode): Listed[] {
  const listed: Listed[] = []
  for (const [onEvent, definition] of (node.always ?? []).entries()) listed.push({ definition, event: '', onEvent })
  for (const [event, definitions] of node.transitions)
    for (const [onEvent, definition] of definitions.entries()) listed.push({ definition, event, onEvent })
  return listed
}

/** Events of our own machines that timers of the runtime cause. */
const timedEvents = new Set(['backoff.elapsed', 'timeout', 'grace.expired', 'deadline'])

function readTransition(node: AnyStateNode, { definition, event }: Listed, key: string): GraphTransition {
  const always = event === '' ? { kind: 'always' as const, label: 'always' } : null
  const after = delayed(node, event)
  return {
    key,
    source: node.id,
    targets: (definition.target ?? []).map(({ id }) => id),
    event,
    delayMs: null,
    ...(always ?? after ?? words(event)),
    guard: guardOf(definition.guard),
    actions: namesOf(definition.actions),
    reenter: definition.reenter,
    isTimed: after !== null || timedEvents.has(event),
  }
}

/** Reads the whole chart of a machine: with `always`, delayed and actors' transitions, and those that move nowhere. */
export function readGraph(machine: AnyStateMachine): ReadChart {
  const states: GraphState[] = []
  const transitions: GraphTransition[] = []
  const keys = new Map<AnyTransitionDefinition, string>()
  const keysByName = new Map<string, string>()
  const visit = (node: AnyStateNode) => {
    states.push(readState(node, node.type === 'compound' ? (node.initial.target[0]?.id ?? null) : null))
    for (const [position, listed] of listOf(node).entries()) {
      const key = `${node.id}#${position}`
      keys.set(listed.definition, key)
      keysByName.set(`${node.id}:${listed.event}:${listed.onEvent}`, key)
      transitions.push(readTransition(node, listed, key))
    }
    for (const child of Object.values(node.states)) visit(child)
  }
  visit(machine.root)
  return { graph: { root: machine.root.id, states, transitions }, keys, keysByName }
}
