import type { AnyStateMachine, AnyStateNode, EventObject } from 'xstate'
import type { Covered } from './coverage.ts'
import type { CoverageItem, CoverageKind, CutOff } from './coverage-report.ts'
import type { MachineTransition } from './machine-chart.ts'
import { answers, machineStates, machineTransitions, namedEvents } from './machine-chart.ts'
import type { MachineGraph } from './machine-graph.ts'
import { contextsLimit, placesLimit } from './machine-graph.ts'
import type { Tally } from './tally.ts'
import { guardId } from './tally.ts'

/** What was come by in a handler that is a machine, and why not in the rest. */
export class MachineCoverage {
  readonly #tally: Tally
  readonly #machine: AnyStateMachine
  readonly #graphs: readonly MachineGraph[]
  readonly #entered: ReadonlySet<string>

  constructor(tally: Tally, machine: AnyStateMachine, graphs: readonly MachineGraph[]) {
    this.#tally = tally
    this.#machine = machine
    this.#graphs = graphs
    const leaves = graphs.flatMap(({ nodes }) => [...nodes.values()].flatMap((node) => node.leaves))
    this.#entered = new Set(leaves)
  }

  covered(events: readonly EventObject[]): Covered {
    const states = machineStates(this.#machine.root).filter(({ type }) => type !== 'history')
    const transitions = machineTransitions(this.#machine)
    return {
      states: states.map((state) => this.#item('states', state.id, () => this.#whyNotEntered(state))),
      transitions: transitions.map((one) => this.#item('transitions', one.id, () => this.#whyNotTaken(one))),
      guards: transitions
        .filter(({ guard }) => guard !== null)
        .flatMap((one) => [true, false].map((held) => this.#guard(one, held))),
      pairs: this.#pairs(states, events),
    }
  }

  /** What was not looked at for its number. */
  get cutOff(): CutOff[] {
    const count = this.#graphs.reduce((sum, graph) => sum + graph.cutOff, 0)
    if (count === 0) return []
    const limit = `the limits of ${placesLimit} places, and of ${contextsLimit} contexts in one state`
    return [{ what: 'places of the handler’s machine', count, limit }]
  }

  #item(kind: CoverageKind, id: string, why: () => string | null): CoverageItem {
    const hits = this.#tally.hits(kind, 'handler', id)
    return { chart: 'handler', id, hits, unreachable: hits > 0 ? null : why() }
  }

  #guard(transition: MachineTransition, held: boolean): CoverageItem {
    return this.#item('guards', guardId(transition.id, held), () => {
      const asked = this.#tally.hits('guards', 'handler', guardId(transition.id, !held)) > 0
      if (asked)
        return `its guard ${transition.guard} never ${held ? 'held' : 'failed'} with the inputs and events that there are`
      return this.#whyNotTaken(transition) ?? 'its guard was never asked: an earlier transition is always taken'
    })
  }

  #pairs(states: readonly AnyStateNode[], events: readonly EventObject[]): CoverageItem[] {
    const types = new Set([...namedEvents(this.#machine), ...events.map(({ type }) => type)])
    const atoms = states.filter(({ type }) => type === 'atomic')
    return atoms.flatMap((state) => {
      const own = ownTypes(state).filter((type) => type.startsWith('xstate.') && !type.startsWith('xstate.done.state.'))
      return [...types, ...own].map((type) =>
        this.#item('pairs', `${state.id} ${type}`, () => this.#whyNotMet(state) ?? this.#whyNotSent(type)),
      )
    })
  }

  #whyNotMet(state: AnyStateNode): string | null {
    const why = this.#whyNotEntered(state)
    const isEntered = why !== null && this.#tally.hits('states', 'handler', state.id) > 0
    return isEntered ? `${state.id} is entered only when the task is told to stop` : why
  }

  #whyNotEntered({ id, states, type }: AnyStateNode): string | null {
    const isAtom = type === 'atomic' || type === 'final'
    if (isAtom ? this.#entered.has(id) : Object.keys(states).length === 0) return null
    if (!isAtom && [...this.#entered].some((leaf) => leaf.startsWith(`${id}.`))) return null
    if (this.#cut) return 'it was not found within the limits'
    const lacking = [...new Set(this.#graphs.flatMap(({ broken }) => [...broken.keys()]))]
    const hint = lacking.length > 0 ? `, and ${lacking.join(', ')} without what they carry` : ''
    return `no way leads into ${id} with the inputs and events that there are${hint}`
  }

  #whyNotSent(type: string): string | null {
    const broken = this.#graphs.flatMap(({ broken: map }) => map.get(type) ?? [])[0]
    if (broken !== undefined)
      return `${type} has to carry something, for the machine says "${broken}": give a sample in the option events`
    if (type.startsWith('xstate.after.'))
      return 'its delay did not pass: the machine was elsewhere, or its task was over, before'
    if (type.startsWith('xstate.')) return 'what it waits for has not ended so'
    return null
  }

  #whyNotTaken({ source, event, guard, id }: MachineTransition): string | null {
    if (event === 'taskwright.stop') return null
    const notSent = this.#whyNotSent(event)
    const entered = source.parent ? this.#whyNotEntered(source) : null
    if (entered !== null) return entered
    if (notSent !== null && !event.startsWith('xstate.')) return notSent
    if (event.includes('*'))
      return `no event that only ${event} stands for is among the samples: give one in the option events`
    if (guard !== null && this.#tally.hits('guards', 'handler', guardId(id, false)) > 0)
      return `its guard ${guard} never held with the inputs and events that there are`
    return notSent ?? 'it is dead: an earlier transition, or one of an inner state, is always taken in its place'
  }

  get #cut(): boolean {
    return this.#graphs.some(({ cutOff }) => cutOff > 0)
  }
}

/** The event types that a state or one around it answers. */
function ownTypes(state: AnyStateNode): string[] {
  const types: string[] = []
  for (let at: AnyStateNode | undefined = state; at; at = at.parent)
    for (const type of at.transitions.keys())
      if (type !== '' && !types.some((one) => answers(type, one))) types.push(type)
  return types.filter((type) => !type.includes('*') && type !== 'taskwright.stop')
}
