import type { LaneGroup } from './lanes.ts'

export const axisHeight = 26
export const headHeight = 26
export const laneHeight = 18
const groupGap = 8

/** A line of the timeline, from the top of all. */
export type Line =
  | { readonly kind: 'head'; readonly top: number; readonly group: LaneGroup }
  | { readonly kind: 'lane'; readonly top: number; readonly group: LaneGroup; readonly index: number }

export interface TimelineLayout {
  readonly lines: readonly Line[]
  readonly height: number
}

/** Where each line lies. `closed`: names of groups whose lanes are not shown. */
export function layOutTimeline(groups: readonly LaneGroup[], closed: ReadonlySet<string>): TimelineLayout {
  const lines: Line[] = []
  let top = 0
  for (const group of groups) {
    lines.push({ kind: 'head', top, group })
    top += headHeight
    if (!closed.has(groupKey(group))) {
      for (const index of group.lanes.keys()) {
        lines.push({ kind: 'lane', top, group, index })
        top += laneHeight
      }
    }
    top += groupGap
  }
  return { lines, height: top }
}

export function groupKey({ name, flow }: LaneGroup): string {
  return flow ?? name
}

/** Index of the first line that reaches below `top`, by bisection. */
export function firstLineAt({ lines }: TimelineLayout, top: number): number {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const line = lines[middle]
    if (line && line.top + (line.kind === 'head' ? headHeight : laneHeight) <= top) low = middle + 1
    else high = middle
  }
  return low
}
