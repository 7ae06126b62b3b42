import type { CoverageKind } from './coverage-report.ts'

/** Counts what paths exercise, by chart and id. */
export class Tally {
  readonly #hits = new Map<string, number>()

  hit(kind: CoverageKind, chart: string, id: string, times = 1): void {
    const key = `${kind}\n${chart}\n${id}`
    this.#hits.set(key, (this.#hits.get(key) ?? 0) + times)
  }

  /** A guard was asked, and held or did not. */
  guard(chart: string, transition: string, held: boolean): void {
    this.hit('guards', chart, guardId(transition, held))
  }

  hits(kind: CoverageKind, chart: string, id: string): number {
    return this.#hits.get(`${kind}\n${chart}\n${id}`) ?? 0
  }

  /** Adds what another has counted. */
  add(other: Tally): void {
    for (const [key, times] of other.#hits) this.#hits.set(key, (this.#hits.get(key) ?? 0) + times)
  }
}

/** How a report names one way of a guard. */
export function guardId(transition: string, held: boolean): string {
  return `${transition} guard ${held ? 'true' : 'false'}`
}
