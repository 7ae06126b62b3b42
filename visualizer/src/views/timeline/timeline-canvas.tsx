import { useEffect, useRef, useState } from 'preact/hooks'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatDuration } from '../../parts/format.ts'
import { rowStageName } from '../../parts/stage.tsx'
import { colours } from '../../shell/theme.ts'
import type { Hit } from './draw-timeline.ts'
import { drawTimeline, hitAt } from './draw-timeline.ts'
import type { Palette } from './palette.ts'
import { readPalette } from './palette.ts'
import type { Line, TimelineLayout } from './timeline-layout.ts'
import { axisHeight, firstLineAt, groupKey, headHeight, laneHeight } from './timeline-layout.ts'
import type { WindowControl } from './use-window.ts'

interface CanvasProps {
  readonly layout: TimelineLayout
  readonly control: WindowControl
  readonly now: number
  readonly selected: string | null
  readonly critical: ReadonlySet<string>
  readonly closed: ReadonlySet<string>
  readonly summary: string
  onSelect(id: string | null): void
  onOpen(id: string): void
  onToggle(group: string): void
}

interface Tip {
  readonly row: TaskRow
  readonly x: number
  readonly y: number
}

function Tooltip({ tip, now, width }: { tip: Tip; now: number; width: number }) {
  const { row, x, y } = tip
  const last = row.segments.at(-1)
  return (
    <div
      class="tl-tip"
      style={{ left: `${Math.min(x + 12, Math.max(8, width - 250))}px`, top: `${y + 16}px` }}
      aria-hidden="true"
    >
      <strong>{row.type}</strong> <span class="mono">{row.id}</span>
      <div>
        {rowStageName(row)}
        {row.endedAt === null && last ? ` for ${formatDuration(now - last.at)}` : ''}
      </div>
      <div class="hint">
        {row.principal} · in all {formatDuration((row.endedAt ?? now) - row.createdAt)}
        {row.attempt > 1 ? ` · attempt ${row.attempt}` : ''}
      </div>
    </div>
  )
}

/** Every task as a bar. Only what is in sight is drawn, so that tens of thousands cost no more than a screenful. */
export function TimelineCanvas(props: CanvasProps) {
  const { layout, control, now, selected, critical, closed, summary } = props
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const probe = useRef<HTMLSpanElement>(null)
  const hits = useRef<readonly Hit[]>([])
  const palette = useRef<{ readonly of: number; readonly value: Palette } | null>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [scrollTop, setScrollTop] = useState(0)
  const [tip, setTip] = useState<Tip | null>(null)
  const latest = useRef({ props, size, scrollTop })
  latest.current = { props, size, scrollTop }

  useEffect(() => {
    const element = box.current
    if (!element) return
    element.tabIndex = 0
    const sizes = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    sizes.observe(element)
    const scrolled = () => setScrollTop(element.scrollTop)
    element.addEventListener('scroll', scrolled, { passive: true })
    const stop = followHand(element, latest, hits, setTip)
    return () => {
      sizes.disconnect()
      element.removeEventListener('scroll', scrolled)
      stop()
    }
  }, [])

  useEffect(() => {
    const element = box.current
    const line = selected === null ? undefined : lineOf(latest.current.props.layout, selected)
    if (!element || !line || size.height === 0) return
    const seen = size.height - axisHeight
    if (line.top < element.scrollTop || line.top + laneHeight > element.scrollTop + seen)
      element.scrollTop = Math.max(0, line.top - seen / 3)
  }, [selected, size.height])

  const version = colours.value
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || !probe.current || size.width === 0) return
    if (palette.current?.of !== version) palette.current = { of: version, value: readPalette(probe.current) }
    const ratio = globalThis.devicePixelRatio
    element.width = Math.round(size.width * ratio)
    element.height = Math.round(size.height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    hits.current = drawTimeline(context, {
      window: control.window,
      now,
      layout,
      scrollTop,
      ...size,
      palette: palette.current.value,
      selected,
      critical,
      closed,
    })
  })

  return (
    <div class="tl-place">
      <div ref={box} class="tl-box" role="application" aria-label={summary}>
        <div class="tl-tall" style={{ height: `${layout.height + axisHeight}px` }}>
          <canvas ref={canvas} class="tl-canvas" style={{ height: `${size.height}px` }} />
        </div>
      </div>
      <span ref={probe} class="unseen" />
      {tip && <Tooltip tip={tip} now={now} width={size.width} />}
    </div>
  )
}

function lineOf({ lines }: TimelineLayout, id: string): Line | undefined {
  return lines.find((line) => line.kind === 'lane' && line.group.lanes[line.index]?.rows.some((row) => row.id === id))
}

interface Latest {
  readonly current: {
    readonly props: CanvasProps
    readonly size: { readonly width: number; readonly height: number }
    readonly scrollTop: number
  }
}

/** Drags and the wheel move through time, a click picks, the keys do both. */
function followHand(
  element: HTMLElement,
  latest: Latest,
  hits: { readonly current: readonly Hit[] },
  tell: (tip: Tip | null) => void,
): () => void {
  let drag: { x: number; moved: boolean } | null = null
  const at = ({ clientX, clientY }: MouseEvent) => {
    const { left, top } = element.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }
  const down = (event: PointerEvent) => {
    if (event.button === 0) drag = { x: event.clientX, moved: false }
  }
  const move = (event: PointerEvent) => {
    const { props, size } = latest.current
    const { x, y } = at(event)
    if (drag && (drag.moved || Math.abs(event.clientX - drag.x) > 4)) {
      if (!drag.moved) element.setPointerCapture(event.pointerId)
      props.control.pan((drag.x - event.clientX) / Math.max(1, size.width))
      drag = { x: event.clientX, moved: true }
      tell(null)
      return
    }
    const row = event.pointerType === 'mouse' && y > axisHeight ? hitAt(hits.current, x, y) : null
    element.classList.toggle('is-over', row !== null)
    tell(row && { row, x, y })
  }
  const up = (event: PointerEvent) => {
    const was = drag
    drag = null
    if (!was || was.moved) return
    const { props, scrollTop } = latest.current
    const { x, y } = at(event)
    const line = props.layout.lines[firstLineAt(props.layout, y - axisHeight + scrollTop)]
    if (y < axisHeight) return
    if (
      line?.kind === 'head' &&
      y - axisHeight + scrollTop < line.top + headHeight &&
      y - axisHeight + scrollTop >= line.top
    )
      props.onToggle(groupKey(line.group))
    else props.onSelect(hitAt(hits.current, x, y)?.id ?? null)
  }
  const leave = () => tell(null)
  const open = (event: MouseEvent) => {
    const { x, y } = at(event)
    const row = hitAt(hits.current, x, y)
    if (row) latest.current.props.onOpen(row.id)
  }
  const wheel = (event: WheelEvent) => {
    const { props, size } = latest.current
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      props.control.zoom(Math.exp(-event.deltaY * 0.004), at(event).x / Math.max(1, size.width))
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      event.preventDefault()
      props.control.pan(sideways / Math.max(1, size.width))
    }
  }
  const key = (event: KeyboardEvent) => {
    if (keys(event.key, latest, hits)) event.preventDefault()
  }
  element.addEventListener('pointerdown', down)
  element.addEventListener('pointermove', move)
  element.addEventListener('pointerup', up)
  element.addEventListener('pointerleave', leave)
  element.addEventListener('dblclick', open)
  element.addEventListener('wheel', wheel, { passive: false })
  element.addEventListener('keydown', key)
  return () => {
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('pointermove', move)
    element.removeEventListener('pointerup', up)
    element.removeEventListener('pointerleave', leave)
    element.removeEventListener('dblclick', open)
    element.removeEventListener('wheel', wheel)
    element.removeEventListener('keydown', key)
  }
}

/** @returns whether the key meant something */
function keys(name: string, latest: Latest, hits: { readonly current: readonly Hit[] }): boolean {
  const { props } = latest.current
  const { control, selected } = props
  const step = (by: number) => {
    const rows = hits.current.map(({ row }) => row.id)
    const index = selected === null ? -1 : rows.indexOf(selected)
    props.onSelect(rows[Math.min(rows.length - 1, Math.max(0, index + by))] ?? null)
  }
  const ways: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => control.pan(-0.1),
    ArrowRight: () => control.pan(0.1),
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    '+': () => control.zoom(1.5),
    '=': () => control.zoom(1.5),
    '-': () => control.zoom(1 / 1.5),
    '0': () => control.whole(),
    End: () => control.follow(),
    Escape: () => props.onSelect(null),
    Enter: () => {
      if (selected !== null) props.onOpen(selected)
    },
  }
  const way = ways[name]
  way?.()
  return way !== undefined
}
