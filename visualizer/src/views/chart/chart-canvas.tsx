import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ChartGeometry, DrawnState } from '../../../../src/inspector/view/chart/geometry.ts'
import { Icon } from '../../parts/icon.tsx'
import type { ChartLook } from './chart-drawing.tsx'
import { ChartDrawing } from './chart-drawing.tsx'
import { saveFile, svgFile } from './export-svg.ts'
import type { CameraControl } from './use-camera.ts'
import { useCamera } from './use-camera.ts'
import type { Camera, Size } from './viewport.ts'
import { centre, fitted } from './viewport.ts'

interface CanvasProps {
  readonly chart: ChartGeometry
  readonly look: ChartLook
  readonly name: string
  /** In words, for who does not see it. */
  readonly summary: string
  readonly children?: ComponentChildren
  onPick(id: string): void
  onFold(id: string): void
}

/** Below this nothing can be read: a chart that would have to be smaller is shown in part. */
const legible = 0.62

function middleOf(state: DrawnState) {
  return { x: state.x + state.width / 2, y: state.y + Math.min(state.height / 2, 120) }
}

/** Innermost active states that are drawn. */
function spotlight({ states }: ChartGeometry, { active }: ChartLook): DrawnState | null {
  const shown = states.filter(({ id }) => active.has(id))
  const parents = new Set(shown.map(({ parent }) => parent))
  return shown.find(({ id }) => !parents.has(id)) ?? null
}

function first(chart: ChartGeometry, look: ChartLook, view: Size): Camera {
  const whole = fitted({ x: 0, y: 0, ...chart }, view)
  if (whole.scale >= legible) return whole
  const target = spotlight(chart, look) ?? chart.states.find(({ parent }) => parent !== null)
  return target ? centre(middleOf(target), view, 0.85) : whole
}

function Minimap({ chart, look, control }: { chart: ChartGeometry; look: ChartLook; control: CameraControl }) {
  const { camera, view } = control
  const scale = Math.min(132 / chart.width, 132 / chart.height)
  const parents = new Set(chart.states.map(({ parent }) => parent))
  const leaves = chart.states.filter(({ id }) => !parents.has(id))
  if (view.width >= chart.width * camera.scale && view.height >= chart.height * camera.scale) return null
  const jump = (event: MouseEvent) => {
    const target = event.currentTarget
    if (!(target instanceof Element)) return
    const { left, top } = target.getBoundingClientRect()
    control.move(centre({ x: (event.clientX - left) / scale, y: (event.clientY - top) / scale }, view, camera.scale))
  }
  return (
    <svg
      class="cs-map"
      width={chart.width * scale}
      height={chart.height * scale}
      viewBox={`0 0 ${chart.width} ${chart.height}`}
      aria-hidden="true"
      onPointerDown={(event) => event.stopPropagation()}
      onClick={jump}
    >
      {leaves.map(({ id, x, y, width, height }) => (
        <rect
          key={id}
          class={look.active.has(id) ? 'is-active' : ''}
          x={x}
          y={y}
          width={width}
          height={height}
          rx={8}
        />
      ))}
      <rect
        class="cs-seen"
        x={camera.x}
        y={camera.y}
        width={view.width / camera.scale}
        height={view.height / camera.scale}
      />
    </svg>
  )
}

interface ToolProps {
  readonly name: string
  readonly path: string
  readonly isPressed?: boolean
  onClick(): void
}

function Tool({ name, path, isPressed, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class="button is-icon"
      aria-label={name}
      title={name}
      aria-pressed={isPressed}
      onPointerDown={(event) => event.stopPropagation()}
      onClick={onClick}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  )
}

const tools = {
  closer: 'M8 3.5v9M3.5 8h9',
  farther: 'M3.5 8h9',
  whole: 'M2.5 6V2.500h3.500M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10',
  follow: 'M8 1.500v3M8 11.500v3M1.500 8h3M11.500 8h3M8 5.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5',
  full: 'M9.500 2.500h4v4M13.500 2.500l-5 5M6.500 13.500h-4v-4M2.500 13.500l5-5',
  save: 'M8 2.500v7.500M4.500 7L8 10.500L11.500 7M2.500 13.500h11',
} as const

/** The drawing, which can be moved and enlarged with pointer, wheel and keys. */
export function ChartCanvas({ chart, look, name, summary, children, onPick, onFold }: CanvasProps) {
  const [follows, setFollows] = useState(true)
  const control = useCamera(chart, () => setFollows(false))
  const { camera, view, frame, move, zoom, fitAll, onKeyDown } = control
  const group = useRef<SVGGElement>(null)
  const target = spotlight(chart, look)?.id ?? null
  const shownFor = useRef<ChartGeometry | null>(null)

  useEffect(() => {
    if (view.width === 0) return
    if (shownFor.current !== chart) {
      shownFor.current = chart
      move(first(chart, look, view))
      return
    }
    const state = chart.states.find(({ id }) => id === target)
    if (!follows || !state) return
    const whole = fitted({ x: 0, y: 0, ...chart }, view)
    if (whole.scale < legible) move((before) => centre(middleOf(state), view, Math.max(before.scale, legible)))
  }, [chart, target, follows, view.width, view.height])

  useEffect(() => {
    const state = chart.states.find(({ id }) => id === look.picked)
    if (!state || view.width === 0) return
    setFollows(false)
    move((before) => centre(middleOf(state), view, Math.max(before.scale, 0.85)))
  }, [look.picked])

  const chosen = useRef({ onPick, onFold })
  chosen.current = { onPick, onFold }
  useEffect(() => {
    const element = frame.current
    if (!element) return
    // A drawing that answers to keys has to be reachable by them.
    element.tabIndex = 0
    const click = ({ target, detail }: MouseEvent) => {
      const id = target instanceof Element ? target.closest('[data-state]')?.getAttribute('data-state') : null
      if (!id) return
      if (detail === 2) chosen.current.onFold(id)
      else chosen.current.onPick(id)
    }
    element.addEventListener('click', click)
    return () => element.removeEventListener('click', click)
  }, [frame])

  const full = () => {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void frame.current?.parentElement?.requestFullscreen()
  }
  const save = () => {
    if (group.current)
      saveFile(`${name}.svg`, 'image/svg+xml', svgFile(group.current, chart.width, chart.height, summary))
  }
  return (
    <div class="cs-place">
      <div
        ref={frame}
        class="cs-frame"
        role="application"
        aria-label="Statechart. Arrow keys move it, plus and minus enlarge it, 0 shows the whole of it. The list beside it says the same in words."
        onKeyDown={onKeyDown}
      >
        <svg class="cs" width={view.width} height={view.height} role="img" aria-label={summary}>
          <g ref={group} transform={`scale(${camera.scale}) translate(${-camera.x} ${-camera.y})`}>
            <ChartDrawing chart={chart} look={look} />
          </g>
        </svg>
        <Minimap chart={chart} look={look} control={control} />
      </div>
      <div class="cs-tools" role="toolbar" aria-label="Drawing">
        <Tool name="Enlarge" path={tools.closer} onClick={() => zoom(1.25)} />
        <Tool name="Make smaller" path={tools.farther} onClick={() => zoom(0.8)} />
        <Tool
          name="Show the whole chart"
          path={tools.whole}
          onClick={() => {
            setFollows(false)
            fitAll()
          }}
        />
        <Tool
          name="Follow the active state"
          path={tools.follow}
          isPressed={follows}
          onClick={() => setFollows(!follows)}
        />
        <Tool name="Full screen" path={tools.full} onClick={full} />
        <Tool name="Save as SVG" path={tools.save} onClick={save} />
      </div>
      {children}
    </div>
  )
}

export function ChartLoading({ text, isBad }: { text: string; isBad: boolean }) {
  return (
    <div class="cs-place cs-wait" role="status">
      <Icon name={isBad ? 'warning' : 'chart'} />
      <p>{text}</p>
    </div>
  )
}
