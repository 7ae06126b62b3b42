import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import type { ChartGraph, GraphState, GraphTransition } from './chart-graph.ts'
import { edgeLines, sizeOf, stateLines } from './chart-text.ts'
import type { ChartOptions, TextLine } from './geometry.ts'

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
export const padding = 12
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

/** Leaves out what is inside folded states, and bundles the transitions between those that are left. */
export function planChart(graph: ChartGraph, options: ChartOptions): ChartPlan {
  const byId = new Map(graph.states.map((state) => [state.id, state]))
  const wanted = new Set(options.folded)
  const shownAs = new Map<string, string>()
  const folded = new Map<string, number>()
  for (const { id, parent } of graph.states) {
    const above = parent === null ? null : (shownAs.get(parent) ?? null)
    const inside = above !== null && (above !== parent || wanted.has(above)) ? above : null
    shownAs.set(id, inside ?? id)
    if (inside !== null) folded.set(inside, (folded.get(inside) ?? 0) + 1)
  }
  const states = graph.states.filter(({ id }) => shownAs.get(id) === id)
  const childrenOf = new Map<string | null, GraphState[]>()
  for (const state of states) childrenOf.set(state.parent, [...(childrenOf.get(state.parent) ?? []), state])
  const together = new Map<string, { source: string; target: string; transitions: GraphTransition[] }>()
  for (const transition of graph.transitions) {
    for (const to of transition.targets) {
      const source = shownAs.get(transition.source) ?? transition.source
      const target = shownAs.get(to) ?? to
      if (source === target && transition.source !== to) continue
      if (!byId.has(target)) continue
      const id = `${source} → ${target}`
      const bundle = together.get(id) ?? { source, target, transitions: [] }
      bundle.transitions.push(transition)
      together.set(id, bundle)
    }
  }
  const bundles = [...together].map(([id, bundle]) => ({
    id,
    ...bundle,
    lines: edgeLines(bundle.transitions, options),
  }))
  return { states, bundles, childrenOf, folded }
}

export const initialOf = (id: string) => `${id} initial`

/** The graph that ELK lays out. */
export function elkGraph(plan: ChartPlan, options: ChartOptions): ElkNode {
  const node = (state: GraphState): ElkNode => {
    const children = plan.childrenOf.get(state.id) ?? []
    const lines = stateLines(state, options)
    const text = sizeOf(lines)
    const [width, height] = [text.width + 2 * padding, text.height + padding]
    if (children.length === 0) {
      const fold = plan.folded.has(state.id) ? 18 : 0
      return { id: state.id, width: Math.max(64, width + fold), height: Math.max(40, height + fold) }
    }
    const initial = state.initial !== null && children.some(({ id }) => id === state.initial)
    return {
      id: state.id,
      children: [...(initial ? [{ id: initialOf(state.id), width: dot, height: dot }] : []), ...children.map(node)],
      layoutOptions: {
        ...layered,
        'elk.padding': `[top=${height + 14},left=20,bottom=20,right=20]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width + 20},${height + 40})`,
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
