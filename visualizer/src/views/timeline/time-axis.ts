/** Distances of marks that are easy to count by, ms. */
const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
] as const

/** The finest distance of marks at which they are `apart` px from each other. */
export function stepFor(msPerPx: number, apart: number): number {
  const wanted = msPerPx * apart
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / 604_800_000) * 604_800_000
}

/** Moments of marks between two, at whole steps of the local clock. */
export function marks(from: number, to: number, step: number): number[] {
  const offset = new Date(from).getTimezoneOffset() * 60_000
  const all: number[] = []
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) all.push(at)
  return all
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', hour12: false })

/** A mark in words, as exactly as its step. */
export function markText(at: number, step: number): string {
  if (step >= 14_400_000) return days.format(at)
  if (step >= 60_000) return minutes.format(at)
  if (step >= 1_000) return clock.format(at)
  return `${clock.format(at)}.${String(Math.floor(at % 1_000)).padStart(3, '0')}`
}
