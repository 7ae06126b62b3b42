import { describeThrown } from '../../model/errors.ts'
import type { LifecycleCase } from '../lifecycle/case-runner.ts'
import type { CoverageKind, CoverageReport } from '../lifecycle/coverage-report.ts'
import type { Subject } from '../lifecycle/lifecycle-suite.ts'
import { realNow } from '../lifecycle/real-time.ts'
import type { Mutant, Touched } from './mutant.ts'

/** A fault that no path has found. */
export interface Survivor {
  readonly id: string
  readonly kind: Mutant['kind']
  readonly what: string
  /** What is known of why. */
  readonly why: string
}

export interface MutationReport {
  readonly definition: string
  /** Faults that were planted. */
  readonly mutants: number
  /** Faults that a path has found. */
  readonly killed: number
  readonly survivors: readonly Survivor[]
  /** Faults that make no definition or machine, so that nothing could be run. Not among the planted. */
  readonly stillborn: number
  /** Faults that are proven to change nothing, whatever comes. Not among the planted. */
  readonly equivalent: number
  readonly paths: number
  readonly elapsedMs: number
}

const kinds = ['states', 'transitions', 'guards', 'pairs'] as const
const keyOf = ({ kind, chart, id }: Touched) => `${kind}\n${chart}\n${id}`

export interface SurvivorOptions {
  readonly signal?: AbortSignal
  /** Called after each fault. */
  onMutant?(mutant: Mutant, killedBy: string | null): void
}

/** Paths that faults are planted under: a `LifecycleSuite` is one. */
export interface PathSuite extends Iterable<LifecycleCase> {
  readonly definition: { readonly type: string }
  readonly paths: number
  coverage(): Pick<CoverageReport, CoverageKind>
  recorded(): Promise<PathSuite>
  against(subject: Subject): Promise<PathSuite>
}

/**
 * Runs the paths of a suite on each fault until one of them finds it; those that come by its place first.
 * @throws Error (rejects) if a path fails with nothing planted
 */
export async function findSurvivors(
  original: PathSuite,
  mutants: readonly Mutant[],
  { signal, onMutant }: SurvivorOptions = {},
): Promise<MutationReport> {
  const since = realNow()
  const suite = await original.recorded()
  const map = await walkUnchanged(suite)
  const survivors: Survivor[] = []
  let killed = 0
  let stillborn = 0
  let equivalent = 0
  for (const mutant of mutants) {
    if (signal?.aborted) break
    const verdict = await judge(suite, mutant, map.orderFor(mutant))
    if (verdict.form === 'killed') killed += 1
    else if (verdict.form === 'stillborn') stillborn += 1
    else if (mutant.isEquivalent?.()) equivalent += 1
    else survivors.push({ id: mutant.id, kind: mutant.kind, what: mutant.what, why: map.whyNotFound(mutant) })
    onMutant?.(mutant, verdict.form === 'killed' ? verdict.by : null)
  }
  return {
    definition: suite.definition.type,
    mutants: killed + survivors.length,
    killed,
    survivors,
    stillborn,
    equivalent,
    paths: suite.paths,
    elapsedMs: realNow() - since,
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

type Verdict = { form: 'killed'; by: string } | { form: 'survived' } | { form: 'stillborn' }

async function judge(suite: PathSuite, mutant: Mutant, order: readonly number[]): Promise<Verdict> {
  let cases: readonly LifecycleCase[]
  try {
    cases = [...(await suite.against(mutant.make()))]
  } catch {
    return { form: 'stillborn' }
  }
  for (const index of order) {
    const one = cases[index]
    try {
      await one?.run()
    } catch (thrown) {
      return { form: 'killed', by: `${one?.name}: ${describeThrown(thrown)}` }
    }
  }
  return { form: 'survived' }
}
