import type { Box, Point } from '../../../../src/inspector/view/chart/geometry.ts'

/** What of a drawing is seen: the drawing's point at the left top, and how large it is drawn. */
export interface Camera {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const smallest = 0.12
const largest = 3

function clampScale(scale: number): number {
  return Math.min(largest, Math.max(smallest, scale))
}

/** The whole of `box` in the middle, as large as it fits but not enlarged. */
export function fitted(box: Box, view: Size, margin = 16, most = 1): Camera {
  const scale = clampScale(
    Math.min(most, (view.width - 2 * margin) / box.width, (view.height - 2 * margin) / box.height),
  )
  return centre({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, view, scale)
}

export function centre({ x, y }: Point, view: Size, scale: number): Camera {
  return { x: x - view.width / scale / 2, y: y - view.height / scale / 2, scale }
}

/** Enlarges around a point of the view, which stays where it is. */
export function zoomAt({ x, y, scale }: Camera, at: Point, factor: number): Camera {
  const next = clampScale(scale * factor)
  return { x: x + at.x / scale - at.x / next, y: y + at.y / scale - at.y / next, scale: next }
}

export function panBy({ x, y, scale }: Camera, dx: number, dy: number): Camera {
  return { x: x - dx / scale, y: y - dy / scale, scale }
}

/** Not so far that nothing of the drawing is left to see. */
export function keepInSight(camera: Camera, drawing: Size, view: Size): Camera {
  const { scale } = camera
  const [seenWidth, seenHeight] = [view.width / scale, view.height / scale]
  const some = 60 / scale
  return {
    scale,
    x: Math.min(drawing.width - some, Math.max(some - seenWidth, camera.x)),
    y: Math.min(drawing.height - some, Math.max(some - seenHeight, camera.y)),
  }
}
