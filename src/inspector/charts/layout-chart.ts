import bundled from 'elkjs/lib/elk.bundled.js'
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import type { ChartGraph, GraphState } from '../view/chart/chart-graph.ts'
import type {
  Box,
  ChartGeometry,
  ChartOptions,
  DrawnEdge,
  DrawnInitial,
  DrawnState,
  Point,
} from '../view/chart/geometry.ts'
import { stateLines } from './chart-text.ts'
import type { ChartPlan } from './elk-graph.ts'
import { elkGraph, initialOf, planChart } from './elk-graph.ts'
import { arrangeRegions } from './regions.ts'

const elk = new bundled.default()

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box {
  return { x, y, width, height }
}

function allNodes(node: ElkNode): ElkNode[] {
  return [node, ...(node.children ?? []).flatMap(allNodes)]
}

function pointsOf(edge: ElkExtendedEdge | undefined): Point[] {
  return (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ])
}

/** Lays a chart out. Takes from 50 ms to more than a second, and blocks: for a thread of its own. */
export async function layOutChart(graph: ChartGraph, options: ChartOptions): Promise<ChartGeometry> {
  const plan = planChart(graph, options)
  const laid = await elk.layout(elkGraph(plan, options))
  const boxes = new Map(allNodes(laid).map((node) => [node.id, boxOf(node)]))
  const edges = new Map((laid.edges ?? []).map((edge) => [edge.id, edge]))
  const dividers = plan.states.flatMap((state) => arrangeRegions(state, plan, boxes))
  return {
    root: graph.root,
    width: Math.ceil(laid.width ?? 0),
    height: Math.ceil(laid.height ?? 0),
    states: plan.states.map((state) => drawnState(state, plan, options, boxes)),
    edges: plan.bundles.map(({ id, source, target, transitions, lines }): DrawnEdge => {
      const edge = edges.get(id)
      const label = edge?.labels?.[0]
      return {
        id,
        source,
        target,
        transitions: transitions.map(({ key }) => key),
        points: pointsOf(edge),
        label: label ? { ...boxOf(label), lines } : null,
      }
    }),
    initials: plan.states.flatMap(({ id }): DrawnInitial[] => {
      const at = boxes.get(initialOf(id))
      if (!at) return []
      const center = { x: at.x + at.width / 2, y: at.y + at.height / 2 }
      return [{ state: id, at: center, points: pointsOf(edges.get(initialOf(id))) }]
    }),
    dividers,
    transitions: graph.transitions,
    allStates: graph.states,
  }
}

function drawnState(
  state: GraphState,
  plan: ChartPlan,
  options: ChartOptions,
  boxes: ReadonlyMap<string, Box>,
): DrawnState {
  const { id, key, type, parent } = state
  const isRegion = plan.states.some((other) => other.id === parent && other.type === 'parallel')
  const lines = stateLines(state, options)
  return { ...boxOf(boxes.get(id) ?? {}), id, key, type, parent, isRegion, lines, folded: plan.folded.get(id) ?? 0 }
}
