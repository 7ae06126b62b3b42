import type { AnyStateMachine, StateValue } from 'xstate'
import type { ChartState, ChartTransition } from './chart.ts'
import { readChart } from './chart.ts'
import { initialStates, stateValueOf, takeTransitions, withoutConflicts } from './microstep.ts'

/** The parts of a machine that are functions, by the names that its config uses. */
export interface MachineTables<Context, Event> {
  readonly guards: Readonly<Record<string, (context: Context, event: Event) => boolean>>
  readonly updates: Readonly<Record<string, (context: Context, event: Event) => Partial<Context>>>
  readonly effects: Readonly<Record<string, unknown>>
}

/** How snapshots of the machine are made; `resolve` gives the machine's own for a state value. */
export interface SnapshotMaker<Context, Snapshot> {
  resolve(value: StateValue, context: Context): Snapshot
  with(template: Snapshot, context: Context): Snapshot
  finish(template: Snapshot, context: Context): Snapshot
}

interface Candidate<Context, Event> {
  readonly transition: ChartTransition
  readonly guard: ((context: Context, event: Event) => boolean) | null
}

/** A set of states that are active together, with all that is known of it beforehand. */
export interface Configuration<Context, Event, Snapshot> {
  /** The active child of the root: a stage. */
  readonly stage: string
  readonly value: StateValue
  readonly active: readonly ChartState[]
  readonly isFinal: boolean
  readonly template: Snapshot
  /** By event type: for each active leaf, what could be taken, innermost first. */
  readonly selectors: Map<string, readonly (readonly Candidate<Context, Event>[])[]>
  readonly steps: Map<string, TakenStep<Context, Event, Snapshot>>
}

/** What taking certain transitions from a configuration does, whatever the context. */
interface TakenStep<Context, Event, Snapshot> {
  readonly transitions: readonly ChartTransition[]
  readonly next: Configuration<Context, Event, Snapshot>
  readonly updates: readonly ((context: Context, event: Event) => Partial<Context>)[]
  readonly effects: readonly string[]
  readonly entered: readonly string[]
}

export interface Step<Context, Event, Snapshot> {
  readonly from: Configuration<Context, Event, Snapshot>
  readonly to: Configuration<Context, Event, Snapshot>
  readonly transitions: readonly ChartTransition[]
  /** Ids of the states entered, in document order. */
  readonly entered: readonly string[]
  /** In the order of the statechart; they see the context after all updates of the step. */
  readonly effects: readonly string[]
  readonly snapshot: Snapshot
}

/** Child actors' done and error events carry the child's id in their type: one entry of the table serves all. */
function tableKeyOf(eventType: string): string {
  if (eventType.startsWith('xstate.done.actor.')) return 'xstate.done.actor.*'
  if (eventType.startsWith('xstate.error.actor.')) return 'xstate.error.actor.*'
  return eventType
}

/**
 * Runs a machine from tables instead of interpreting its config at every event: same states, same snapshots,
 * same order of effects. Configurations and steps are worked out when first met and kept.
 */
export class CompiledMachine<
  Context extends object,
  Event extends { type: string },
  Snapshot extends { readonly context: Context },
> {
  readonly initial: Configuration<Context, Event, Snapshot>
  readonly #tables: MachineTables<Context, Event>
  readonly #snapshots: SnapshotMaker<Context, Snapshot>
  readonly #configurations = new Map<string, Configuration<Context, Event, Snapshot>>()
  readonly #root: ChartState
  /** Any context will do: templates are only ever used with their context replaced. */
  readonly #anyContext: Context

  constructor(
    machine: AnyStateMachine,
    tables: MachineTables<Context, Event>,
    snapshots: SnapshotMaker<Context, Snapshot>,
    anyContext: Context,
  ) {
    this.#root = readChart(machine)
    this.#tables = tables
    this.#snapshots = snapshots
    this.#anyContext = anyContext
    this.initial = this.#configuration(initialStates(this.#root))
  }

  start(context: Context): Snapshot {
    return this.#snapshots.with(this.initial.template, context)
  }

  /** A snapshot in the state `value`, for a life that is taken up in its middle. */
  at(value: StateValue, context: Context): Snapshot {
    const { template, isFinal } = this.configurationOf(value)
    return isFinal ? this.#snapshots.finish(template, context) : this.#snapshots.with(template, context)
  }

  /** The step that `event` causes, or `null` if the machine does nothing on it. */
  step(
    from: Configuration<Context, Event, Snapshot>,
    context: Context,
    event: Event,
  ): Step<Context, Event, Snapshot> | null {
    const key = tableKeyOf(event.type)
    const taken = this.#take(from, key, context, event)
    if (taken === null) return null
    let after = context
    for (const update of taken.updates) after = { ...after, ...update(after, event) }
    const { next } = taken
    const snapshot = next.isFinal
      ? this.#snapshots.finish(next.template, after)
      : this.#snapshots.with(next.template, after)
    return { from, to: next, transitions: taken.transitions, entered: taken.entered, effects: taken.effects, snapshot }
  }

  /** The configuration of a state value, for a snapshot that comes from elsewhere. */
  configurationOf(value: StateValue): Configuration<Context, Event, Snapshot> {
    return this.#configuration(activeIn(this.#root, value))
  }

  #take(
    from: Configuration<Context, Event, Snapshot>,
    key: string,
    context: Context,
    event: Event,
  ): TakenStep<Context, Event, Snapshot> | null {
    let selectors = from.selectors.get(key)
    if (!selectors) {
      selectors = this.#selectorsOf(from.active, key)
      from.selectors.set(key, selectors)
    }
    let stepKey = ''
    const enabled: ChartTransition[] = []
    for (const candidates of selectors) {
      for (const { guard, transition } of candidates) {
        if (guard && !guard(context, event)) continue
        if (!enabled.includes(transition)) {
          enabled.push(transition)
          stepKey = enabled.length === 1 ? transition.id : `${stepKey} ${transition.id}`
        }
        break
      }
    }
    if (enabled.length === 0) return null
    let step = from.steps.get(stepKey)
    if (!step) {
      step = this.#workOut(from, enabled)
      from.steps.set(stepKey, step)
    }
    return step
  }

  #selectorsOf(active: readonly ChartState[], key: string): (readonly Candidate<Context, Event>[])[] {
    const selectors: Candidate<Context, Event>[][] = []
    for (const leaf of active) {
      if (leaf.children.length > 0) continue
      const candidates: Candidate<Context, Event>[] = []
      for (let at: ChartState | null = leaf; at !== null; at = at.parent) {
        for (const transition of at.transitions.get(key) ?? []) {
          candidates.push({ transition, guard: transition.guard === null ? null : this.#guard(transition.guard) })
        }
      }
      if (candidates.length > 0) selectors.push(candidates)
    }
    return selectors
  }

  #workOut(
    from: Configuration<Context, Event, Snapshot>,
    enabled: readonly ChartTransition[],
  ): TakenStep<Context, Event, Snapshot> {
    const transitions = withoutConflicts(from.active, enabled)
    const { active, entered, actions } = takeTransitions(from.active, transitions)
    const updates: ((context: Context, event: Event) => Partial<Context>)[] = []
    const effects: string[] = []
    for (const action of actions) {
      const update = this.#tables.updates[action]
      if (update) updates.push(update)
      else if (action in this.#tables.effects) effects.push(action)
      else throw new Error(`the machine names an action ${action} that no table holds`)
    }
    return { transitions, next: this.#configuration(active), updates, effects, entered: entered.map(({ id }) => id) }
  }

  #guard(name: string): (context: Context, event: Event) => boolean {
    const guard = this.#tables.guards[name]
    if (!guard) throw new Error(`the machine names a guard ${name} that no table holds`)
    return guard
  }

  #configuration(active: readonly ChartState[]): Configuration<Context, Event, Snapshot> {
    const key = active.map(({ id }) => id).join(' ')
    const existing = this.#configurations.get(key)
    if (existing) return existing
    const value = stateValueOf(this.#root, new Set(active))
    const stage = active.find(({ parent }) => parent === this.#root)
    const configuration: Configuration<Context, Event, Snapshot> = {
      stage: stage?.key ?? '',
      value,
      active,
      isFinal: stage?.type === 'final',
      template: this.#snapshots.resolve(value, this.#anyContext),
      selectors: new Map(),
      steps: new Map(),
    }
    this.#configurations.set(key, configuration)
    return configuration
  }
}

function activeIn(state: ChartState, value: StateValue): ChartState[] {
  if (typeof value === 'string') {
    const child = state.children.find(({ key }) => key === value)
    if (!child) throw new Error(`${state.id} has no state ${value}`)
    return [state, child].sort((a, b) => a.order - b.order)
  }
  const below = state.children.flatMap((child) => {
    const inner = value[child.key]
    return inner === undefined ? [] : activeIn(child, inner)
  })
  return [state, ...below].sort((a, b) => a.order - b.order)
}
