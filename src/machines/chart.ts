import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** A state of a statechart, read from an XState machine: structure and names, no functions. */
export interface ChartState {
  readonly id: string
  readonly key: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final'
  /** Position in document order. */
  readonly order: number
  readonly parent: ChartState | null
  readonly children: readonly ChartState[]
  readonly initial: ChartState | null
  readonly entry: readonly string[]
  readonly exit: readonly string[]
  readonly transitions: ReadonlyMap<string, readonly ChartTransition[]>
}

export interface ChartTransition {
  /** `source state id : event : position among the source's transitions on the event`. */
  readonly id: string
  readonly source: ChartState
  readonly event: string
  readonly guard: string | null
  readonly actions: readonly string[]
  /** Empty: the transition acts and moves nowhere. */
  readonly targets: readonly ChartState[]
  readonly reenter: boolean
}

interface Draft extends ChartState {
  readonly children: ChartState[]
  initial: ChartState | null
  readonly transitions: Map<string, readonly ChartTransition[]>
}

/** The name of an action or guard; anonymous functions have none and are refused. */
function nameOf(part: unknown, where: string): string {
  if (typeof part === 'string') return part
  if (typeof part === 'object' && part !== null && 'type' in part && typeof part.type === 'string') return part.type
  throw new Error(
    `${where} has an inline action or guard; give it a name in setup() so that it can be read and compiled`,
  )
}

function draftOf(node: AnyStateNode, parent: ChartState | null, drafts: Map<string, Draft>): Draft {
  const { type } = node
  if (type === 'history' || node.always?.length || node.invoke.length > 0 || node.after.length > 0) {
    throw new Error(`${node.id} uses history, always, invoke or after; a compiled machine may not`)
  }
  const draft: Draft = {
    id: node.id,
    key: node.key,
    type,
    order: node.order,
    parent,
    children: [],
    initial: null,
    entry: node.entry.map((action) => nameOf(action, node.id)),
    exit: node.exit.map((action) => nameOf(action, node.id)),
    transitions: new Map(),
  }
  drafts.set(node.id, draft)
  for (const key of Object.keys(node.states)) {
    const child = node.states[key]
    if (child) draft.children.push(draftOf(child, draft, drafts))
  }
  return draft
}

function known(drafts: ReadonlyMap<string, Draft>, id: string): Draft {
  const draft = drafts.get(id)
  if (!draft) throw new Error(`no state ${id} in the machine`)
  return draft
}

function connect(node: AnyStateNode, drafts: ReadonlyMap<string, Draft>): void {
  const draft = known(drafts, node.id)
  if (draft.type === 'compound') draft.initial = known(drafts, String(node.initial.target[0]?.id))
  for (const [event, definitions] of node.transitions) {
    draft.transitions.set(
      event,
      definitions.map((definition: AnyTransitionDefinition, position) => ({
        id: `${node.id}:${event}:${position}`,
        source: draft,
        event,
        guard: definition.guard === undefined ? null : nameOf(definition.guard, `${node.id} on ${event}`),
        actions: definition.actions.map((action) => nameOf(action, `${node.id} on ${event}`)),
        targets: (definition.target ?? []).map((target) => known(drafts, target.id)),
        reenter: definition.reenter,
      })),
    )
  }
  for (const child of Object.values(node.states)) connect(child, drafts)
}

/**
 * Reads the structure of a machine whose actions and guards all have names.
 * @throws Error for what has no name, and for history, `always`, `invoke` and `after`.
 */
export function readChart(machine: AnyStateMachine): ChartState {
  const drafts = new Map<string, Draft>()
  const root = draftOf(machine.root, null, drafts)
  connect(machine.root, drafts)
  return root
}

/** Every state of a chart, in document order. */
export function statesOf(root: ChartState): ChartState[] {
  return [root, ...root.children.flatMap(statesOf)]
}
