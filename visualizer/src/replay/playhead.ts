import { signal } from '@preact/signals'

/** A moment that is played or scrubbed to: the last event before it, and the time, ms since the epoch. */
export interface Moment {
  readonly seq: number
  readonly at: number
}

/** Where the page is in the past; `null`: where the address bar says. A step of a film is no place of its own there. */
export const playhead = signal<Moment | null>(null)

/** What the page shows: the playhead, else the moment in the address bar, else now (`null`). */
export function momentAsked(addressSeq: number | null): number | null {
  return playhead.value ? playhead.value.seq : addressSeq
}

/**
 * The time of a past moment: between two events it is the playhead's, so that bars and countdowns move on.
 * @param lastAt time of the last event before it
 */
export function timeOf(seq: number, lastAt: number): number {
  const { value } = playhead
  return value && value.seq === seq ? Math.max(lastAt, value.at) : lastAt
}
