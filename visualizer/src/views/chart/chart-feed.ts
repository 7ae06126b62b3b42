import type { ChartFrame } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { FrameSource } from '../../live/frames.ts'
import { openFrames } from '../../live/frames.ts'
import { repaint } from '../../live/painter.ts'

/** What is heard of one actor's charts while somebody looks at them. */
export class ChartFeed {
  /** The last that was said; `null`: nothing yet. */
  frame: ChartFrame | null = null
  /** How often each transition was taken since we listen, by machine and key. */
  readonly taken = new Map<string, Map<string, number>>()
  /** When each was taken last, by the page's own clock. */
  readonly takenAt = new Map<string, number>()
  readonly #source: FrameSource

  /** @param actor id of a task, or `supervisor` */
  constructor(actor: string) {
    const path = actor === 'supervisor' ? '/supervisor' : `/tasks/${encodeURIComponent(actor)}`
    this.#source = openFrames<ChartFrame>(`${path}/chart-events`, (frame) => this.#take(frame))
  }

  close(): void {
    this.#source.close()
  }

  #take(frame: ChartFrame): void {
    this.frame = frame
    for (const [machine, counts] of Object.entries(frame.taken)) {
      const sums = this.taken.get(machine) ?? new Map<string, number>()
      this.taken.set(machine, sums)
      for (const [key, count] of Object.entries(counts)) {
        sums.set(key, (sums.get(key) ?? 0) + count)
        this.takenAt.set(`${machine} ${key}`, performance.now())
      }
    }
    repaint()
  }
}
