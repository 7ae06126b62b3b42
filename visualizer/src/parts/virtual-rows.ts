import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

export interface RowWindow {
  /** Index of the first row to draw, and of the first that is not drawn any more. */
  readonly first: number
  readonly end: number
}

const spare = 6

/** Which of `count` rows of one height can be seen in a box that scrolls: only these are drawn. */
export function useRowWindow(box: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowWindow {
  const [place, setPlace] = useState({ top: 0, height: 0 })
  useEffect(() => {
    const element = box.current
    if (!element) return
    // To the row, not the pixel: scrolling within a row draws nothing anew.
    const read = () => {
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight
      const height = element.clientHeight
      setPlace((last) => (last.top === top && last.height === height ? last : { top, height }))
    }
    const sizes = new ResizeObserver(read)
    sizes.observe(element)
    element.addEventListener('scroll', read, { passive: true })
    read()
    return () => {
      sizes.disconnect()
      element.removeEventListener('scroll', read)
    }
  }, [box, rowHeight])
  const first = Math.max(0, Math.min(count, Math.floor(place.top / rowHeight)) - spare)
  return { first, end: Math.min(count, Math.ceil((place.top + place.height) / rowHeight) + spare) }
}
