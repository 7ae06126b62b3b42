import { memo } from 'preact/compat'
import type { ChartGeometry, DrawnEdge, DrawnState, TextLine } from '../../../../src/inspector/view/chart/geometry.ts'
import { arrowPath, linePath, stageOfState } from './shapes.ts'

/** Font size and height of a line, as the server measured with. */
const type: Readonly<Record<TextLine['role'], { readonly height: number; readonly base: number }>> = {
  title: { height: 20, base: 14 },
  event: { height: 16, base: 12 },
  detail: { height: 15, base: 11 },
  countdown: { height: 15, base: 11 },
}

/** What is left of a delay, and of how much; in ms. */
export interface Countdown {
  readonly leftMs: number
  readonly ofMs: number | null
}

/** How an edge looks: taken just now, at some time, or never. */
export type EdgeLook = 'taken' | 'visited' | 'idle'

export interface ChartLook {
  readonly active: ReadonlySet<string>
  readonly visited: ReadonlySet<string>
  readonly picked: string | null
  meterOf(state: string): string
  edgeLook(edge: DrawnEdge): EdgeLook
  countdownOf(edge: DrawnEdge): Countdown | null
}

interface LinesProps {
  readonly lines: readonly TextLine[]
  readonly x: number
  readonly y: number
}

const Lines = memo(({ lines, x, y }: LinesProps) => {
  let top = y
  return (
    <>
      {lines.map(({ text, role }, index) => {
        const base = top + type[role].base
        top += type[role].height
        if (role === 'countdown') return null
        return (
          <text key={index} class={`cs-${role}`} x={x} y={base}>
            {text}
          </text>
        )
      })}
    </>
  )
})

function heightOf(lines: readonly TextLine[]): number {
  return lines.reduce((sum, { role }) => sum + type[role].height, 0)
}

interface StateProps {
  readonly state: DrawnState
  readonly stage: string | null
  readonly look: ChartLook
  readonly hasInside: boolean
}

function State({ state, stage, look, hasInside }: StateProps) {
  const { id, x, y, width, height, type: kind, isRegion, lines, folded } = state
  const classes = [
    'cs-state',
    `is-${kind}`,
    hasInside && 'is-outer',
    isRegion && 'is-region',
    state.parent === null && 'is-root',
    stage && `of-${stage}`,
    look.active.has(id) && 'is-active',
    look.visited.has(id) && 'is-visited',
    look.picked === id && 'is-picked',
  ]
  const meter = look.meterOf(id)
  const meterY = hasInside ? y + 18 : y + 6 + heightOf(lines) + 12
  return (
    <g class={classes.filter(Boolean).join(' ')} data-state={id}>
      {look.active.has(id) && !hasInside && (
        <rect class="cs-halo" x={x - 4} y={y - 4} width={width + 8} height={height + 8} rx={12} />
      )}
      {folded > 0 && <rect class="cs-box cs-under" x={x + 4} y={y + 4} width={width} height={height} rx={8} />}
      <rect class="cs-box" x={x} y={y} width={width} height={height} rx={hasInside && !isRegion ? 12 : 8} />
      {kind === 'final' && (
        <rect class="cs-inner" x={x + 3.5} y={y + 3.5} width={width - 7} height={height - 7} rx={5.5} />
      )}
      <Lines lines={lines} x={x + 12} y={y + 5} />
      {meter !== '' && (
        <text
          class="cs-meter"
          x={hasInside ? x + width - 12 : x + 12}
          y={meterY}
          text-anchor={hasInside ? 'end' : 'start'}
        >
          {meter}
        </text>
      )}
    </g>
  )
}

function CountdownBar({ countdown, x, y }: { countdown: Countdown; x: number; y: number }) {
  const { leftMs, ofMs } = countdown
  const left = Math.max(0, leftMs)
  const text = left >= 100_000 ? `in ${Math.round(left / 60_000)} min` : `in ${(left / 1_000).toFixed(1)} s`
  return (
    <g class="cs-countdown">
      <text x={x} y={y + 10}>
        {text}
      </text>
      {ofMs !== null && ofMs > 0 && (
        <>
          <rect class="cs-track" x={x} y={y + 12.5} width={56} height={2} rx={1} />
          <rect class="cs-left" x={x} y={y + 12.5} width={56 * Math.min(1, left / ofMs)} height={2} rx={1} />
        </>
      )}
    </g>
  )
}

function Edge({ edge, look }: { edge: DrawnEdge; look: ChartLook }) {
  const path = linePath(edge.points)
  const how = look.edgeLook(edge)
  return (
    <g class={`cs-edge is-${how}`}>
      <path class="cs-line" d={path} />
      {how === 'taken' && <path class="cs-flow" d={path} />}
      <path class="cs-arrow" d={arrowPath(edge.points)} />
    </g>
  )
}

function Label({ edge, look }: { edge: DrawnEdge; look: ChartLook }) {
  const { label } = edge
  if (!label) return null
  const countdown = look.countdownOf(edge)
  return (
    <g class={`cs-label is-${look.edgeLook(edge)}`}>
      <rect x={label.x} y={label.y} width={label.width} height={label.height} rx={4} />
      <Lines lines={label.lines} x={label.x + 4} y={label.y + 1} />
      {countdown && <CountdownBar countdown={countdown} x={label.x + 4} y={label.y + label.height - 17} />}
    </g>
  )
}

interface DrawingProps {
  readonly chart: ChartGeometry
  readonly look: ChartLook
}

/** A statechart: outer states first, then lines, then what lies on top of them. */
export function ChartDrawing({ chart, look }: DrawingProps) {
  const parents = new Set(chart.states.map(({ parent }) => parent))
  const draw = (state: DrawnState) => (
    <State
      key={state.id}
      state={state}
      stage={stageOfState(chart, state.id)}
      look={look}
      hasInside={parents.has(state.id)}
    />
  )
  // What is alight is drawn over what is not.
  const rank = { idle: 0, visited: 1, taken: 2 } as const
  const edges = [...chart.edges].sort((one, other) => rank[look.edgeLook(one)] - rank[look.edgeLook(other)])
  return (
    <>
      {chart.states.filter(({ id }) => parents.has(id)).map(draw)}
      {chart.dividers.map(({ state, from, to }) => (
        <path key={`${state} ${from.x}`} class="cs-divider" d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />
      ))}
      {edges.map((edge) => (
        <Edge key={edge.id} edge={edge} look={look} />
      ))}
      {chart.initials.map(({ state, at, points }) => (
        <g key={state} class="cs-initial">
          <path class="cs-line" d={linePath(points)} />
          <path class="cs-arrow" d={arrowPath(points)} />
          <circle cx={at.x} cy={at.y} r={6} />
        </g>
      ))}
      {chart.states.filter(({ id }) => !parents.has(id)).map(draw)}
      {chart.edges.map((edge) => (
        <Label key={edge.id} edge={edge} look={look} />
      ))}
    </>
  )
}
