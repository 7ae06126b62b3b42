import { signal } from '@preact/signals'

/** Counts up when there is something new to see: at most ten times a second, however much happens. */
export const painted = signal(0)

const everyMs = 100
let lastAt = 0
let isDue = false

export function repaint(): void {
  if (isDue) return
  isDue = true
  setTimeout(
    () =>
      requestAnimationFrame(() => {
        isDue = false
        lastAt = performance.now()
        painted.value += 1
      }),
    Math.max(0, lastAt + everyMs - performance.now()),
  )
}

/** At once: what an operator does is answered in the next frame. */
export function repaintNow(): void {
  painted.value += 1
}
