import type { TaskRow } from '../../../src/inspector/view/task-row.ts'
import type { TaskEvent } from '../../../src/model/events.ts'

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface Health {
  /** Tasks that ended, by the second, over the window. */
  readonly perSecond: number
  /** completed / (completed + failed) in the window; `null` before the first. */
  readonly successRate: number | null
  /** From created to ended, of the last tasks that completed or failed. */
  readonly latency: Percentiles | null
  readonly queueTime: Percentiles | null
  /** Endings in each of the last seconds, the newest last: completed, and otherwise. */
  readonly spark: readonly { readonly completed: number; readonly other: number }[]
}

const windowMs = 60_000
const sparkBars = 60
const latencyTasks = 1_000
const kept = 100_000

type Status = 'completed' | 'failed' | 'cancelled' | 'rejected'

interface Ending {
  readonly at: number
  readonly status: Status
  readonly totalMs: number
  readonly queuedMs: number | null
}

/** How tasks ended, in the order of time: what the health of a runtime at any moment is read from. */
export class Endings {
  #all: Ending[] = []

  note(row: TaskRow, { at }: TaskEvent): void {
    const { stage, createdAt, queuedAt, startedAt } = row
    if (stage !== 'completed' && stage !== 'failed' && stage !== 'cancelled' && stage !== 'rejected') return
    const queuedMs = queuedAt !== null && startedAt !== null ? startedAt - queuedAt : null
    this.#all.push({ at, status: stage, totalMs: at - createdAt, queuedMs })
    if (this.#all.length > 2 * kept) this.#all = this.#all.slice(-kept)
  }

  /** @param beganAt where the recording begins: a run younger than the window is measured over its own length */
  healthAt(now: number, beganAt: number): Health {
    const end = this.#firstAfter(now)
    const recent = this.#all.slice(this.#firstAfter(now - windowMs), end)
    const completed = recent.filter(({ status }) => status === 'completed').length
    const failed = recent.filter(({ status }) => status === 'failed').length
    const spanMs = Math.min(windowMs, Math.max(1_000, now - beganAt))
    const last = this.#all.slice(Math.max(0, end - latencyTasks), end).filter(({ status }) => status !== 'cancelled')
    return {
      perSecond: (recent.length * 1_000) / spanMs,
      successRate: completed + failed > 0 ? completed / (completed + failed) : null,
      latency: percentiles(last.map(({ totalMs }) => totalMs)),
      queueTime: percentiles(last.flatMap(({ queuedMs }) => (queuedMs === null ? [] : [queuedMs]))),
      spark: sparkOf(recent, now),
    }
  }

  #firstAfter(at: number): number {
    let [low, high] = [0, this.#all.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#all[middle]?.at ?? 0) <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}

function sparkOf(recent: readonly Ending[], now: number): Health['spark'] {
  const bars = Array.from({ length: sparkBars }, () => ({ completed: 0, other: 0 }))
  for (const { at, status } of recent) {
    const bar = bars[sparkBars - 1 - Math.floor((now - at) / (windowMs / sparkBars))]
    if (bar) bar[status === 'completed' ? 'completed' : 'other'] += 1
  }
  return bars
}

function percentiles(values: number[]): Percentiles | null {
  if (values.length === 0) return null
  values.sort((one, other) => one - other)
  const at = (share: number) => values[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)] ?? 0
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}
