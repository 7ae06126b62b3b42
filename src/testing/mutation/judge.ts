import { describeThrown } from '../../model/errors.ts'
import type { LifecycleCase } from '../lifecycle/case-runner.ts'
import type { CoverageKind, CoverageReport } from '../lifecycle/coverage-report.ts'
import type { Subject } from '../lifecycle/lifecycle-suite.ts'
import type { Mutant, Touched } from './mutant.ts'

/** A fault that no path has found. */
export interface Survivor {
  readonly id: string
  readonly kind: Mutant['kind']
  readonly what: string
  /** What is known of why. */
  readonly why: string
}

const kinds = ['states', 'transitions', 'guards', 'pairs'] as const
const keyOf = ({ kind, chart, id }: Touched) => `${kind}\n${chart}\n${id}`

/** Paths that faults are planted under: a `LifecycleSuite` is one. */
export interface PathSuite extends Iterable<LifecycleCase> {
  readonly definition: { readonly type: string }
  readonly paths: number
  coverage(): Pick<CoverageReport, CoverageKind>
  recorded(): Promise<PathSuite>
  against(subject: Subject): Promise<PathSuite>
}

/** What became of one fault. */
export type Verdict =
  | { readonly form: 'killed'; readonly by: string }
  | { readonly form: 'survived'; readonly survivor: Survivor }
  /** Nothing could be run with it. */
  | { readonly form: 'stillborn' }
  /** It is proven to change nothing. */
  | { readonly form: 'equivalent' }

/** Runs the paths of a suite on faults; those that come by a fault's place first. */
export class Judge {
  readonly #suite: PathSuite
  readonly #map: PathMap

  private constructor(suite: PathSuite, map: PathMap) {
    this.#suite = suite
    this.#map = map
  }

  /** @throws Error (rejects) if a path fails with nothing planted */
  static async of(original: PathSuite): Promise<Judge> {
    const suite = await original.recorded()
    return new Judge(suite, await walkUnchanged(suite))
  }

  async judge(mutant: Mutant): Promise<Verdict> {
    const cases = await this.#casesOf(mutant)
    if (!cases) return { form: 'stillborn' }
    for (const index of this.#map.orderFor(mutant)) {
      const one = cases[index]
      try {
        await one?.run()
      } catch (thrown) {
        return { form: 'killed', by: `${one?.name}: ${describeThrown(thrown)}` }
      }
    }
    if (mutant.isEquivalent?.()) return { form: 'equivalent' }
    const { id, kind, what } = mutant
    return { form: 'survived', survivor: { id, kind, what, why: this.#map.whyNotFound(mutant) } }
  }

  async #casesOf(mutant: Mutant): Promise<readonly LifecycleCase[] | null> {
    try {
      return [...(await this.#suite.against(mutant.make()))]
    } catch {
      return null
    }
  }
}

/** Which paths come by what. */
class PathMap {
  readonly #paths: ReadonlyMap<string, readonly number[]>
  readonly #report: Pick<CoverageReport, CoverageKind>
  readonly #count: number

  constructor(
    paths: ReadonlyMap<string, readonly number[]>,
    report: Pick<CoverageReport, CoverageKind>,
    count: number,
  ) {
    this.#paths = paths
    this.#report = report
    this.#count = count
  }

  orderFor({ touches }: Mutant): number[] {
    const first = touches.flatMap((touched) => this.#paths.get(keyOf(touched)) ?? [])
    return [...new Set([...first, ...Array.from({ length: this.#count }, (_, index) => index)])]
  }

  whyNotFound({ touches }: Mutant): string {
    const isTouched = touches.length === 0 || touches.some((touched) => this.#paths.has(keyOf(touched)))
    if (isTouched)
      return 'paths come by it, and none shows a difference: it changes nothing that shows, or a check is missing'
    const [unreachable] = touches.flatMap(
      ({ kind, chart, id }) =>
        this.#report[kind].find((item) => item.chart === chart && item.id === id)?.unreachable ?? [],
    )
    return `no path comes by it: ${unreachable ?? 'it is out of reach'}`
  }
}

/** Walks every path twice: the second time shows what is not the same each time. */
async function walkUnchanged(suite: PathSuite): Promise<PathMap> {
  const cases = [...suite]
  const paths = new Map<string, number[]>()
  const hits = new Map<string, number>()
  for (const [index, one] of cases.entries()) {
    await walk(one)
    const report = suite.coverage()
    for (const kind of kinds)
      for (const item of report[kind]) {
        const key = keyOf({ kind, ...item })
        if (item.hits > (hits.get(key) ?? 0)) paths.set(key, [...(paths.get(key) ?? []), index])
        hits.set(key, item.hits)
      }
  }
  for (const one of cases) await walk(one)
  return new PathMap(paths, suite.coverage(), cases.length)
}

async function walk({ name, run }: LifecycleCase): Promise<void> {
  await run().catch((thrown: unknown) => {
    throw new Error(`a path fails with nothing planted: ${name}: ${describeThrown(thrown)}`, { cause: thrown })
  })
}
