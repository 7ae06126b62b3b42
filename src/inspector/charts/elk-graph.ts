import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import type { ChartGraph, GraphState, GraphTransition } from '../view/chart/chart-graph.ts'
import type { ChartOptions, TextLine } from '../view/chart/geometry.ts'
import { edgeLines, meter, sizeOf, stateLines } from './chart-text.ts'

/** Transitions that are drawn as one line. */
export interface EdgeBundle {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly transitions: readonly GraphTransition[]
  readonly lines: readonly TextLine[]
}

/** What is drawn of a chart, before anybody knows where. */
export interface ChartPlan {
  readonly states: readonly GraphState[]
  readonly bundles: readonly EdgeBundle[]
  readonly childrenOf: ReadonlyMap<string | null, readonly GraphState[]>
  readonly folded: ReadonlyMap<string, number>
}

/** Between a state's border and its text. */
const padding = 12
const dot = 12

/**
 * ELK does not hand options down: each node with an inside gets them all. Depth first breaks cycles where a reader
 * would; an order of the model together with INCLUDE_CHILDREN makes ELK throw.
 */
const layered = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': '20',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '6',
  'elk.spacing.labelNode': '8',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
} as const

/** Which state stands for each: itself, or the folded state that it is inside of. */
function standIns(states: readonly GraphState[], folded: readonly string[]): ReadonlyMap<string, string> {
  const shownAs = new Map<string, string>()
  for (const { id, parent } of states) {
    const above = parent === null ? undefined : shownAs.get(parent)
    const isInside = above !== undefined && (above !== parent || folded.includes(above))
    shownAs.set(id, isInside ? above : id)
  }
  return shownAs
}

/** Leaves out what is inside folded states, and bundles the transitions between those that are left. */
export function planChart(graph: ChartGraph, options: ChartOptions): ChartPlan {
  const shownAs = standIns(graph.states, options.folded)
  const folded = new Map<string, number>()
  for (const [id, shown] of shownAs) if (shown !== id) folded.set(shown, (folded.get(shown) ?? 0) + 1)
  const states = graph.states.filter(({ id }) => shownAs.get(id) === id)
  return { states, bundles: bundled(graph, shownAs, options), childrenOf: Map.groupBy(states, byParent), folded }
}

function byParent({ parent }: GraphState): string | null {
  return parent
}

function bundled(graph: ChartGraph, shownAs: ReadonlyMap<string, string>, options: ChartOptions): EdgeBundle[] {
  const together = new Map<string, { source: string; target: string; transitions: GraphTransition[] }>()
  for (const transition of graph.transitions) {
    for (const to of transition.targets) {
      const [source, target] = [shownAs.get(transition.source), shownAs.get(to)]
      // What happens inside a folded state is not drawn; a state that leads to itself is.
      if (source === undefined || target === undefined || (source === target && transition.source !== to)) continue
      const id = `${source} → ${target}`
      const bundle = together.get(id) ?? { source, target, transitions: [] }
      bundle.transitions.push(transition)
      together.set(id, bundle)
    }
  }
  return [...together].map(([id, bundle]) => ({ id, ...bundle, lines: edgeLines(bundle.transitions, options) }))
}

export const initialOf = (id: string) => `${id} initial`

/** The graph that ELK lays out. */
export function elkGraph(plan: ChartPlan, options: ChartOptions): ElkNode {
  const node = (state: GraphState): ElkNode => {
    const children = plan.childrenOf.get(state.id) ?? []
    const lines = stateLines(state, options)
    const text = sizeOf(lines)
    if (children.length === 0) {
      const width = Math.max(text.width, meter.width) + 2 * padding
      return { id: state.id, width, height: text.height + meter.height + padding }
    }
    const title = sizeOf(lines.slice(0, 1)).width + meter.width + padding
    const width = Math.max(text.width, title) + 2 * padding
    const height = text.height + padding
    const initial = state.initial !== null && children.some(({ id }) => id === state.initial)
    return {
      id: state.id,
      children: [...(initial ? [{ id: initialOf(state.id), width: dot, height: dot }] : []), ...children.map(node)],
      layoutOptions: {
        ...layered,
        'elk.padding': `[top=${height + 14},left=20,bottom=20,right=20]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width},${height + 40})`,
      },
    }
  }
  const edges: ElkExtendedEdge[] = plan.bundles.map(({ id, source, target, lines }) => {
    const { width, height } = sizeOf(lines)
    const label = { text: id, width: width + 8, height: height + 4, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }
    return { id, sources: [source], targets: [target], labels: [label] }
  })
  for (const { id, initial } of plan.states)
    if (initial !== null && plan.childrenOf.get(id)?.some((child) => child.id === initial))
      edges.push({ id: initialOf(id), sources: [initialOf(id)], targets: [initial] })
  return {
    id: 'chart',
    layoutOptions: { ...layered, 'elk.padding': '[top=16,left=16,bottom=16,right=16]' },
    children: (plan.childrenOf.get(null) ?? []).map(node),
    edges,
  }
}
