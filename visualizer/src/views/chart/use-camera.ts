import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Point } from '../../../../src/inspector/view/chart/geometry.ts'
import type { Camera, Size } from './viewport.ts'
import { fitted, keepInSight, panBy, zoomAt } from './viewport.ts'

const panStep = 60
const zoomStep = 1.25

export interface CameraControl {
  readonly camera: Camera
  readonly view: Size
  /** The element whose wheel, pointers and keys move the camera. */
  readonly frame: { current: HTMLDivElement | null }
  /** @param isByHand somebody moved it: it follows nothing any more */
  move(next: Camera | ((camera: Camera) => Camera)): void
  zoom(factor: number): void
  fitAll(): void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

/** @param byHand called when somebody moves the camera */
export function useCamera(drawing: Size | null, byHand: () => void): CameraControl {
  const frame = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<Size>({ width: 0, height: 0 })
  const [camera, setCamera] = useState<Camera>({ x: 0, y: 0, scale: 1 })
  const size = useRef({ drawing, view, byHand })
  size.current = { drawing, view, byHand }

  const move = useCallback((next: Camera | ((camera: Camera) => Camera)) => {
    setCamera((before) => {
      const wanted = typeof next === 'function' ? next(before) : next
      const { drawing: whole, view: seen } = size.current
      return whole && seen.width > 0 ? keepInSight(wanted, whole, seen) : wanted
    })
  }, [])

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(() => setView({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    const stop = followPointers(element, (change) => {
      size.current.byHand()
      move(change)
    })
    return () => {
      observer.disconnect()
      stop()
    }
  }, [move])

  const middle = () => ({ x: view.width / 2, y: view.height / 2 })
  const zoom = (factor: number) => {
    byHand()
    move((before) => zoomAt(before, middle(), factor))
  }
  const fitAll = () => {
    if (drawing) move(fitted({ x: 0, y: 0, ...drawing }, view))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const step = panStep * (event.shiftKey ? 4 : 1)
    const ways: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => move((before) => panBy(before, step, 0)),
      ArrowRight: () => move((before) => panBy(before, -step, 0)),
      ArrowUp: () => move((before) => panBy(before, 0, step)),
      ArrowDown: () => move((before) => panBy(before, 0, -step)),
      '+': () => zoom(zoomStep),
      '=': () => zoom(zoomStep),
      '-': () => zoom(1 / zoomStep),
      '0': fitAll,
    }
    const way = ways[event.key]
    if (!way) return
    event.preventDefault()
    byHand()
    way()
  }
  return { camera, view, frame, move, zoom, fitAll, onKeyDown }
}

/** Drags with one pointer, pinches with two; the wheel enlarges. */
function followPointers(element: HTMLElement, change: (how: (camera: Camera) => Camera) => void): () => void {
  const pointers = new Map<number, Point>()
  const at = ({ clientX, clientY }: PointerEvent | WheelEvent): Point => {
    const { left, top } = element.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return
    pointers.set(event.pointerId, at(event))
  }
  const moved = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId)
    if (!before) return
    const now = at(event)
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    // A click stays a click as long as the hand hardly moves.
    if (!other && Math.hypot(now.x - before.x, now.y - before.y) < 4 && !element.hasPointerCapture(event.pointerId))
      return
    if (!element.hasPointerCapture(event.pointerId)) element.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, now)
    change((camera) => {
      const panned = panBy(camera, (now.x - before.x) / (other ? 2 : 1), (now.y - before.y) / (other ? 2 : 1))
      if (!other) return panned
      const [was, is] = [before, now].map((point) => Math.hypot(point.x - other.x, point.y - other.y))
      if (!was || !is) return panned
      return zoomAt(panned, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }, is / was)
    })
  }
  const up = (event: PointerEvent) => pointers.delete(event.pointerId)
  const wheel = (event: WheelEvent) => {
    event.preventDefault()
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
    change((camera) =>
      event.shiftKey
        ? panBy(camera, -event.deltaY * pixels, 0)
        : zoomAt(camera, at(event), Math.exp(-event.deltaY * pixels * (event.ctrlKey ? 0.01 : 0.0018))),
    )
  }
  element.addEventListener('pointerdown', down)
  element.addEventListener('pointermove', moved)
  element.addEventListener('pointerup', up)
  element.addEventListener('pointercancel', up)
  element.addEventListener('wheel', wheel, { passive: false })
  return () => {
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('pointermove', moved)
    element.removeEventListener('pointerup', up)
    element.removeEventListener('pointercancel', up)
    element.removeEventListener('wheel', wheel)
  }
}
