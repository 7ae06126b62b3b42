import type { ChartGeometry, Point } from '../../../../src/inspector/view/chart/geometry.ts'

const bend = 7

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  if (length === 0) return from
  const share = Math.min(distance, length / 2) / length
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

const at = ({ x, y }: Point) => `${Number(x.toFixed(1))} ${Number(y.toFixed(1))}`

/** A line through all points, its corners rounded; it ends a little before the last, where the arrow is. */
export function linePath(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let path = `M${at(first)}`
  for (const [index, point] of rest.entries()) {
    const [before, after] = [points[index], points[index + 2]]
    if (!before) continue
    if (after) path += `L${at(towards(point, before, bend))}Q${at(point)} ${at(towards(point, after, bend))}`
    else path += `L${at(towards(point, before, 4))}`
  }
  return path
}

/** The arrow at the end of a line. */
export function arrowPath(points: readonly Point[]): string {
  const [before, tip] = points.slice(-2)
  if (!before || !tip) return ''
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x)
  const corner = (turn: number) => ({ x: tip.x - 8 * Math.cos(angle + turn), y: tip.y - 8 * Math.sin(angle + turn) })
  return `M${at(tip)}L${at(corner(0.45))}L${at(corner(-0.45))}Z`
}

/** Which stage of a task a state belongs to: its colour is that stage's; `null`: another machine's. */
export function stageOfState({ root }: ChartGeometry, id: string): string | null {
  return root === 'task' ? (id.split('.')[1] ?? null) : null
}
