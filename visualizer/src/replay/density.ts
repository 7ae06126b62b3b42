import type { RuntimeEvent } from '../../../src/model/events.ts'

/** How much happened in one part of the recording. */
export interface Bucket {
  readonly events: number
  readonly failures: number
}

/** Counts events in `count` parts of equal length between two moments. */
export function densityOf(events: readonly RuntimeEvent[], from: number, to: number, count: number): Bucket[] {
  const buckets = Array.from({ length: count }, () => ({ events: 0, failures: 0 }))
  const scale = count / Math.max(1, to - from)
  for (const { at, type } of events) {
    const bucket = buckets[Math.min(count - 1, Math.max(0, Math.floor((at - from) * scale)))]
    if (!bucket) continue
    bucket.events += 1
    if (type === 'task.failed' || type === 'alert') bucket.failures += 1
  }
  return buckets
}
