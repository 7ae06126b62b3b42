import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { Place, Plain } from './chart-edits.ts'
import { asList, asPlain } from './chart-edits.ts'

/** A state as it is written, beside what XState has made of it. */
export interface WrittenState {
  readonly node: AnyStateNode
  readonly config: Plain
  readonly place: Place
}

/** The answers of a state to one event, as they are written. */
export interface WrittenAnswers {
  readonly state: WrittenState
  readonly place: Place
  /** As XState calls it; empty for what needs no event. */
  readonly event: string
  /** As a person calls it. */
  readonly words: string
  readonly list: readonly Plain[]
}

/** Every state of a machine, the root first, in document order. */
export function writtenStates(machine: AnyStateMachine): WrittenState[] {
  const walk = (node: AnyStateNode, config: Plain, place: Place): WrittenState[] => {
    const states = asPlain(config['states'])
    return [
      { node, config, place },
      ...Object.entries(node.states).flatMap(([key, child]) =>
        walk(child, asPlain(states[key]), [...place, 'states', key]),
      ),
    ]
  }
  return walk(machine.root, asPlain(machine.config), [])
}

function answersAt(
  state: WrittenState,
  keys: Place,
  written: unknown,
  event: string,
  words: string,
): WrittenAnswers | null {
  const list = asList(written).map((one) => (typeof one === 'string' ? { target: one } : asPlain(one)))
  return list.length === 0 ? null : { state, place: [...state.place, ...keys], event, words, list }
}

/** What a state answers: to events, to time, to the end of what it has invoked or holds, and to nothing at all. */
export function writtenAnswers(state: WrittenState): WrittenAnswers[] {
  const { node, config } = state
  const found: (WrittenAnswers | null)[] = []
  for (const [event, written] of Object.entries(asPlain(config['on'])))
    found.push(answersAt(state, ['on', event], written, event, event))
  for (const [delay, written] of Object.entries(asPlain(config['after'])))
    found.push(answersAt(state, ['after', delay], written, `xstate.after.${delay}.${node.id}`, `delay ${delay}`))
  found.push(answersAt(state, ['always'], config['always'], '', 'no event'))
  found.push(answersAt(state, ['onDone'], config['onDone'], `xstate.done.state.${node.id}`, 'the end of its states'))
  for (const { invoked, keys, id } of writtenInvocations(state)) {
    for (const [key, event, end] of [
      ['onDone', 'xstate.done.actor', 'the end'],
      ['onError', 'xstate.error.actor', 'the failure'],
      ['onSnapshot', 'xstate.snapshot', 'a snapshot'],
    ] as const)
      found.push(answersAt(state, [...keys, key], invoked[key], `${event}.${id}`, `${end} of ${id}`))
  }
  return found.filter((answers) => answers !== null)
}

export interface WrittenInvocation {
  readonly id: string
  readonly invoked: Plain
  readonly keys: Place
}

export function writtenInvocations({ node, config }: WrittenState): WrittenInvocation[] {
  const { invoke } = config
  return asList(invoke).map((one, index) => ({
    id: node.invoke[index]?.id ?? String(index),
    invoked: asPlain(one),
    keys: Array.isArray(invoke) ? ['invoke', index] : ['invoke'],
  }))
}

/** What an action or a guard is called. */
export function partName(part: unknown): string {
  if (typeof part === 'string') return part
  if (typeof part === 'function') return part.name === '' ? 'an inline function' : part.name
  const { type } = asPlain(part)
  return typeof type === 'string' ? type : 'an inline part'
}
