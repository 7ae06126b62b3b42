import type { GraphState } from '../view/chart/chart-graph.ts'
import type { Box, Divider } from '../view/chart/geometry.ts'
import type { ChartPlan } from './elk-graph.ts'

interface Region extends Box {
  readonly id: string
}

/**
 * Where the regions of a parallel state lie beside each other, each gets the whole height, unless a line ends at its
 * border; and a divider is drawn between neighbours. Changes `boxes`.
 */
export function arrangeRegions(state: GraphState, plan: ChartPlan, boxes: Map<string, Box>): Divider[] {
  const around = boxes.get(state.id)
  if (state.type !== 'parallel' || !around) return []
  const regions: Region[] = (plan.childrenOf.get(state.id) ?? []).flatMap(({ id }) => {
    const box = boxes.get(id)
    return box ? [{ ...box, id }] : []
  })
  const top = Math.min(...regions.map(({ y }) => y))
  const bottom = Math.max(...regions.map(({ y, height }) => y + height))
  const across = [...regions].sort((one, other) => one.x - other.x)
  if (across.some((right, index) => index > 0 && end(across[index - 1]) > right.x)) return []
  for (const region of across) {
    const isTied = plan.bundles.some(({ source, target }) => source === region.id || target === region.id)
    if (!isTied) boxes.set(region.id, { x: region.x, width: region.width, y: top, height: bottom - top })
  }
  return across.slice(1).map((right, index) => {
    const x = (end(across[index]) + right.x) / 2
    return { state: state.id, from: { x, y: top }, to: { x, y: around.y + around.height } }
  })
}

function end(region: Region | undefined): number {
  return region ? region.x + region.width : 0
}
