import type { RuntimeView } from '../../../src/inspector/view/runtime-view.ts'
import type { ResourceUsage } from '../../../src/model/resources.ts'

/** How the resources stood at a moment, by resource. */
export interface Sample {
  readonly at: number
  readonly held: Readonly<Record<string, number>>
  readonly spent: Readonly<Record<string, number>>
  /** As the runtime said; only what was sampled while it was watched has it. */
  readonly available: Readonly<Record<string, number>> | null
  readonly queued: number
  readonly executing: number
}

const samplesKept = 4_000
const finestMs = 200

/** Samples along the recording; once there are many, every second one is dropped and they are taken half as often. */
export class Samples {
  #all: Sample[] = []
  #everyMs = finestMs
  #nextAt = 0
  #available: Readonly<Record<string, number>> | null = null

  get all(): readonly Sample[] {
    return this.#all
  }

  note(view: RuntimeView): void {
    if (view.at < this.#nextAt) return
    this.#take(view, view.at)
  }

  /** What only the runtime itself knows: tokens that have refilled. */
  tick(view: RuntimeView, now: number, resources: readonly ResourceUsage[]): void {
    this.#available = Object.fromEntries(resources.map(({ resource, available }) => [resource, available]))
    this.#take(view, now)
  }

  #take(view: RuntimeView, at: number): void {
    this.#nextAt = at + this.#everyMs
    const { queued, executing } = view.byStage
    const sample = {
      at,
      held: { ...view.held },
      spent: { ...view.spent },
      available: this.#available,
      queued,
      executing,
    }
    if (at < (this.#all.at(-1)?.at ?? 0)) return
    this.#all.push(sample)
    if (this.#all.length <= samplesKept) return
    this.#all = this.#all.filter((_, index) => index % 2 === 0)
    this.#everyMs *= 2
  }
}
