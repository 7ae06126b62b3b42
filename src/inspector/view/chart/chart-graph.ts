/** A statechart as plain data: what its machine says, and nothing that runs. */
export interface ChartGraph {
  /** Id of the machine's root state. */
  readonly root: string
  /** In document order, the root first. */
  readonly states: readonly GraphState[]
  /** By source in document order, then in the order of the source's transition list. */
  readonly transitions: readonly GraphTransition[]
}

export interface GraphState {
  readonly id: string
  readonly key: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly parent: string | null
  readonly initial: string | null
  readonly entry: readonly string[]
  readonly exit: readonly string[]
  /** Ids of the actors that run while it is active. */
  readonly invokes: readonly string[]
  readonly description: string | null
}

export interface GraphTransition {
  /** `source state id # position in the source's transition list`: `always` first, then event by event. */
  readonly key: string
  readonly source: string
  /** Empty: it acts and moves nowhere. */
  readonly targets: readonly string[]
  /** As the machine knows it. */
  readonly event: string
  /** As people read it: `after 500 ms`, `done`, `always`. */
  readonly label: string
  readonly kind: 'event' | 'always' | 'after' | 'done' | 'error'
  /** Of `after`: ms; `null`: the machine works it out as it runs, or it waits for something else. */
  readonly delayMs: number | null
  readonly guard: string | null
  readonly actions: readonly string[]
  readonly reenter: boolean
  /** Time brings it about: what is left of it can be shown. */
  readonly isTimed: boolean
}
