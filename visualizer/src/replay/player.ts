import { signal } from '@preact/signals'
import { repaintNow } from '../live/painter.ts'
import type { Recording } from '../live/recording.ts'
import { firstLaterThan } from '../live/recording.ts'
import { address, go } from '../shell/address.ts'
import { playhead } from './playhead.ts'

export const speeds = [0.25, 0.5, 1, 2, 5, 10, 30, 100, 1_000] as const
export type Speed = (typeof speeds)[number]

export const speed = signal<Speed>(1)
export const isPlaying = signal(false)

/** The page is painted ten times a second; a film goes on as often. */
const everyMs = 100
let timer = 0

/** The event that was the last at a time; that of the base before the first. */
export function seqAt(recording: Recording, at: number): number {
  return recording.events[firstLaterThan(recording.events, at) - 1]?.seq ?? recording.base.seq
}

/** Shows a moment. @param isFinal the address bar is to name it: not while it is dragged or played */
export function showMoment(recording: Recording, at: number, isFinal: boolean): void {
  const seq = seqAt(recording, at)
  playhead.value = { seq, at }
  if (isFinal) go({ at: seq }, 'replace')
  repaintNow()
}

/** Stops where it is. */
export function pause(): void {
  clearInterval(timer)
  isPlaying.value = false
  const { value } = playhead
  if (value) go({ at: value.seq }, 'replace')
}

/** Back to now, with whatever happens. */
export function backToNow(): void {
  clearInterval(timer)
  isPlaying.value = false
  playhead.value = null
  go({ at: null }, 'replace')
  repaintNow()
}

/** Plays from a moment on, and is live when it has caught up. @param until the time that now is, or where a journal ends */
export function play(recording: Recording, from: number, until: () => number): void {
  clearInterval(timer)
  isPlaying.value = true
  let at = from
  let last = performance.now()
  showMoment(recording, at, false)
  timer = window.setInterval(() => {
    const now = performance.now()
    at += (now - last) * speed.value
    last = now
    if (at >= until()) backToNow()
    else showMoment(recording, at, false)
  }, everyMs)
}

/** The place of the next event, or of the one before: of one task, if one is picked. */
export function step(recording: Recording, by: 1 | -1, task: string | null, seq: number): void {
  clearInterval(timer)
  isPlaying.value = false
  const events = task === null ? recording.events : recording.eventsOf(task)
  const next = by > 0 ? events.find((event) => event.seq > seq) : events.findLast((event) => event.seq < seq)
  if (!next) return
  playhead.value = { seq: next.seq, at: next.at }
  go({ at: next.seq }, 'replace')
  repaintNow()
}

/** A link leads elsewhere in time: what was played is left. */
export function followAddress(): void {
  address.subscribe(({ at }) => {
    if (!isPlaying.value && playhead.value && at !== playhead.value.seq && !isDragged.value) playhead.value = null
  })
}

export const isDragged = signal(false)
