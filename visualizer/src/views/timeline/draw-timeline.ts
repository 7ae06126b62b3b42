import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { Palette } from './palette.ts'
import { isDrawn } from './palette.ts'
import { marks, markText, stepFor } from './time-axis.ts'
import type { Line, TimelineLayout } from './timeline-layout.ts'
import { axisHeight, firstLineAt, headHeight, laneHeight } from './timeline-layout.ts'

/** What of time is seen. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

/** A bar that was drawn, to find what lies under a pointer. */
export interface Hit {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly row: TaskRow
}

export interface TimelineScene {
  readonly window: TimeWindow
  readonly now: number
  readonly layout: TimelineLayout
  readonly scrollTop: number
  readonly width: number
  readonly height: number
  readonly palette: Palette
  readonly selected: string | null
  readonly critical: ReadonlySet<string>
  readonly closed: ReadonlySet<string>
}

const barHeight = 12
const font = '"Inter Variable", system-ui, sans-serif'

/** Draws what is in sight, and says what lies where. */
export function drawTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): Hit[] {
  const { width, height, palette, layout, scrollTop, window } = scene
  context.fillStyle = palette.bg
  context.fillRect(0, 0, width, height)
  const step = stepFor((window.to - window.from) / width, 96)
  drawGrid(context, scene, step)
  const hits: Hit[] = []
  context.save()
  context.beginPath()
  context.rect(0, axisHeight, width, height - axisHeight)
  context.clip()
  drawNow(context, scene)
  for (let index = firstLineAt(layout, scrollTop); index < layout.lines.length; index += 1) {
    const line = layout.lines[index]
    if (!line || line.top - scrollTop > height - axisHeight) break
    const y = line.top - scrollTop + axisHeight
    if (line.kind === 'head') drawHead(context, scene, line, y)
    else drawLane(context, scene, line, y, hits)
  }
  context.restore()
  drawAxis(context, scene, step)
  return hits
}

function xOf({ window, width }: TimelineScene, at: number): number {
  return ((at - window.from) / (window.to - window.from)) * width
}

function drawGrid(context: CanvasRenderingContext2D, scene: TimelineScene, step: number): void {
  const { window, height, palette } = scene
  context.fillStyle = palette.line
  for (const at of marks(window.from, window.to, step)) context.fillRect(Math.round(xOf(scene, at)), 0, 1, height)
}

function drawAxis(context: CanvasRenderingContext2D, scene: TimelineScene, step: number): void {
  const { window, width, palette } = scene
  context.fillStyle = palette.band
  context.fillRect(0, 0, width, axisHeight)
  context.fillStyle = palette.line
  context.fillRect(0, axisHeight - 1, width, 1)
  context.font = `500 11px ${font}`
  context.textBaseline = 'middle'
  for (const at of marks(window.from, window.to, step)) {
    const x = Math.round(xOf(scene, at))
    context.fillStyle = palette.line
    context.fillRect(x, axisHeight - 6, 1, 6)
    context.fillStyle = palette.faint
    const text = markText(at, step)
    const textWidth = context.measureText(text).width
    if (x + 5 + textWidth < width) context.fillText(text, x + 5, axisHeight / 2)
  }
}

function drawNow(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { palette, height, now } = scene
  const x = xOf(scene, now)
  if (x < 0 || x > scene.width) return
  context.fillStyle = palette.accent
  context.fillRect(Math.round(x), axisHeight, 1, height)
}

function drawHead(context: CanvasRenderingContext2D, scene: TimelineScene, line: Line, y: number): void {
  const { palette, width, closed } = scene
  const { name, tasks, flow } = line.group
  context.fillStyle = palette.band
  context.globalAlpha = 0.86
  context.fillRect(0, y, width, headHeight)
  context.globalAlpha = 1
  context.strokeStyle = palette.faint
  context.lineWidth = 1.5
  context.beginPath()
  const isClosed = closed.has(flow ?? name)
  const [cx, cy] = [16, y + headHeight / 2]
  if (isClosed) context.moveTo(cx - 2, cy - 4)
  else context.moveTo(cx - 4, cy - 2)
  if (isClosed) context.lineTo(cx + 2, cy)
  else context.lineTo(cx, cy + 2)
  if (isClosed) context.lineTo(cx - 2, cy + 4)
  else context.lineTo(cx + 4, cy - 2)
  context.stroke()
  context.textBaseline = 'middle'
  context.font = `600 12px ${font}`
  context.fillStyle = palette.ink
  const most = width - 140
  const title = clipped(context, name, most)
  context.fillText(title, 28, cy)
  const after = 28 + context.measureText(title).width + 8
  context.font = `400 11px ${font}`
  context.fillStyle = palette.faint
  context.fillText(`${tasks} ${tasks === 1 ? 'task' : 'tasks'}`, after, cy)
}

function drawLane(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  line: Line & { kind: 'lane' },
  y: number,
  hits: Hit[],
): void {
  const lane = line.group.lanes[line.index]
  if (!lane) return
  const { width } = scene
  for (const [index, row] of lane.rows.entries()) {
    const from = xOf(scene, row.createdAt)
    const to = Math.max(from + 2, xOf(scene, row.endedAt ?? Math.max(scene.now, row.createdAt)))
    if (to < 0 || from > width) continue
    const next = lane.rows[index + 1]
    const room = next ? xOf(scene, next.createdAt) : width
    drawBar(context, scene, row, from, to, y + 3)
    drawName(context, scene, row, from, to, room, y + 3, line.group.flow !== null, lane.depth)
    hits.push({ x: from, y, width: to - from, row })
  }
}

/** Below this width a bar has no round corners: nobody could see them, and there may be thousands. */
const plainBelow = 8

function drawBar(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  row: TaskRow,
  from: number,
  to: number,
  y: number,
): void {
  const { palette, selected, critical } = scene
  const isRound = to - from >= plainBelow
  if (isRound) {
    context.save()
    context.beginPath()
    context.roundRect(from, y, to - from, barHeight, 3)
    context.clip()
  }
  drawPhases(context, scene, row, to, y)
  if (row.stage === 'failed' || row.stage === 'rejected' || row.stage === 'cancelled') {
    context.fillStyle = row.stage === 'cancelled' ? palette.faint : palette.bad
    context.fillRect(to - 3, y, 3, barHeight)
  }
  if (isRound) context.restore()
  if (critical.has(row.id)) outline(context, palette.ink, from, to, y, 1.5)
  if (selected === row.id) outline(context, palette.accent, from, to, y, 2.5)
}

function drawPhases(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  { segments }: TaskRow,
  to: number,
  y: number,
): void {
  const { palette, width } = scene
  for (const [index, { at, phase }] of segments.entries()) {
    if (!isDrawn(phase)) continue
    const start = xOf(scene, at)
    const next = segments[index + 1]
    const end = next ? xOf(scene, next.at) : to
    if (end < 0 || start > width) continue
    context.fillStyle = palette.phase[phase]
    // What only waits is drawn lower: what works stands out.
    const isIdle = phase === 'waiting' || phase === 'queued' || phase === 'backoff'
    context.globalAlpha = isIdle ? 0.62 : 1
    context.fillRect(start, isIdle ? y + 4 : y, Math.max(1, end - start), isIdle ? barHeight - 8 : barHeight)
  }
  context.globalAlpha = 1
}

function outline(
  context: CanvasRenderingContext2D,
  colour: string,
  from: number,
  to: number,
  y: number,
  weight: number,
): void {
  context.strokeStyle = colour
  context.lineWidth = weight
  context.beginPath()
  context.roundRect(from - 1.5, y - 1.5, to - from + 3, barHeight + 3, 4)
  context.stroke()
}

const nameFont = `500 10.5px ${font}`
const shortestName = 16
const nameWidths = new Map<string, number>()

/** Types are few, and measuring them is slow. */
function nameWidth(context: CanvasRenderingContext2D, text: string): number {
  const known = nameWidths.get(text)
  if (known !== undefined) return known
  const { width } = context.measureText(text)
  nameWidths.set(text, width)
  return width
}

/** In a flow each task has a line to itself, and its name after its bar; else only where there is room. */
function drawName(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  row: TaskRow,
  from: number,
  to: number,
  room: number,
  y: number,
  isFlow: boolean,
  depth: number,
): void {
  const { palette, width } = scene
  const after = Math.max(6, to + 6)
  if (!isFlow && after + shortestName > room) return
  context.font = nameFont
  context.textBaseline = 'middle'
  const text = isFlow && depth > 1 ? `${'· '.repeat(depth - 1)}${row.type}` : row.type
  const length = nameWidth(context, text)
  const hasRoom = after + length < Math.min(room - 4, width - 4)
  // No room to the right of it: to the left, where nothing else can be in a flow.
  const start = hasRoom ? after : isFlow ? from - 6 - length : -1
  if (start < 4) return
  context.strokeStyle = palette.bg
  context.lineWidth = 3
  context.strokeText(text, start, y + barHeight / 2 + 0.5)
  context.fillStyle = palette.faint
  context.fillText(text, start, y + barHeight / 2 + 0.5)
}

function clipped(context: CanvasRenderingContext2D, text: string, most: number): string {
  if (context.measureText(text).width <= most) return text
  let end = text.length
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > most) end -= 1
  return `${text.slice(0, end)}…`
}

/** The task under a point of the canvas; of several the last drawn. */
export function hitAt(hits: readonly Hit[], x: number, y: number): TaskRow | null {
  const near = 3
  const hit = hits.findLast(
    (one) => x >= one.x - near && x <= one.x + one.width + near && y >= one.y && y < one.y + laneHeight,
  )
  return hit?.row ?? null
}
