import type { Machines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { LifecycleCase } from './case-runner.ts'
import { CaseRunner } from './case-runner.ts'
import { joined, lifeCoverage, pointCoverage } from './coverage.ts'
import type { CoverageReport, CutOff } from './coverage-report.ts'
import { drawnLife, drawnMachine, drawnPoints } from './drawn-charts.ts'
import { lifeCases } from './life-cases.ts'
import { LifeTraces } from './life-trace.ts'
import { machineCases } from './machine-cases.ts'
import { MachineCoverage } from './machine-coverage.ts'
import { machineOf } from './plain-life.ts'
import { randomWalks } from './random-walks.ts'
import { scenarioCases } from './scenario-cases.ts'
import type { SuitePlan } from './suite-plan.ts'
import { surroundingsOf } from './surroundings-of.ts'

/** What runs on the paths of a definition in its place, or under it: something with a fault planted in it. */
export interface Subject {
  readonly definition?: TaskDefinition
  readonly machines?: Partial<Machines>
}

/** The paths of one definition. */
export interface LifecycleSuite extends Iterable<LifecycleCase> {
  readonly definition: TaskDefinition
  readonly paths: number
  readonly cutOff: readonly CutOff[]
  /** What the cases that have run so far have exercised. */
  coverage(): CoverageReport
  /** The same paths, and what their cases show from now on is kept: `against` holds others to it. */
  recorded(): Promise<LifecycleSuite>
  /** The same paths, and the same expectations, for something else. */
  against(subject: Subject): Promise<LifecycleSuite>
}

const defaultRuns = 20
const defaultLength = 30

/** Makes cases of a plan. */
export async function suiteOf(
  plan: SuitePlan,
  subject: Subject | null,
  traces: LifeTraces | null = null,
): Promise<LifecycleSuite> {
  const { definition, options, surroundings, watchdogMs, abilities, rehearsed } = plan
  const machines = { ...options.runtime?.machines, ...subject?.machines }
  const runtime = { ...options.runtime, machines }
  const on = surroundingsOf(subject?.definition ?? definition, { ...options, runtime })
  const isOther = subject !== null || options.runtime?.machines !== undefined
  const runner = new CaseRunner({ ...on, pools: surroundings.pools }, watchdogMs, traces, isOther)
  const { events = [], seed = 1, walks = {} } = options
  const { runs = defaultRuns, length = defaultLength } = walks
  const random = await randomWalks(runner, abilities, plan.first, events, { runs, length, seed })
  const cases = withOwnNames([
    ...scenarioCases(plan.rehearsals, runner, isOther),
    ...machineCases(plan.machineWalks, runner),
    ...lifeCases(plan.lifeWalks, runner, abilities, plan.first),
    ...(random ?? []),
  ])
  const machine = machineOf(definition)
  const graphs = rehearsed.flatMap(({ graph }) => graph ?? [])
  const ofMachine = machine && new MachineCoverage(runner.tally, machine, graphs)
  const withoutWalks = { what: 'random walks', count: runs, limit: 'the missing package fast-check' }
  const cutOff = [...plan.cutOff, ...(ofMachine?.cutOff ?? []), ...(random ? [] : [withoutWalks])]
  const points = rehearsed.flatMap(({ life }) => life.visits.map(({ point }) => point))
  const charts = [drawnLife, machine ? drawnMachine(machine) : drawnPoints([...new Set(points)])]
  const planned = plan.rehearsals.map((one) => one.planned)
  return {
    definition,
    paths: cases.length,
    cutOff,
    coverage: () => ({
      definition: definition.type,
      paths: cases.length,
      ran: runner.ran,
      failed: runner.failed,
      elapsedMs: plan.planningMs + runner.elapsedMs,
      ...joined([
        lifeCoverage(runner.tally, abilities),
        pointCoverage(runner.tally, planned, plan.leftOut),
        ...(ofMachine ? [ofMachine.covered(events)] : []),
      ]),
      cutOff,
      charts,
    }),
    recorded: () => suiteOf(plan, subject, new LifeTraces()),
    against: (other) => suiteOf(plan, other, traces),
    [Symbol.iterator]: () => cases[Symbol.iterator](),
  }
}

/** The suite of a definition that cannot be walked: one case, which says why. */
export function unwalkableSuite(definition: TaskDefinition, why: Error): LifecycleSuite {
  const cases: LifecycleCase[] = [{ name: `${definition.type} can be walked`, run: () => Promise.reject(why) }]
  const suite: LifecycleSuite = {
    definition,
    paths: cases.length,
    cutOff: [],
    coverage: () => ({
      definition: definition.type,
      paths: cases.length,
      ran: 0,
      failed: 1,
      elapsedMs: 0,
      ...joined([]),
      cutOff: [],
      charts: [],
    }),
    recorded: () => Promise.resolve(suite),
    against: () => Promise.resolve(suite),
    [Symbol.iterator]: () => cases[Symbol.iterator](),
  }
  return suite
}

/** Test runners tell tests apart by their names. */
function withOwnNames(cases: readonly LifecycleCase[]): LifecycleCase[] {
  const counts = new Map<string, number>()
  return cases.map(({ name, run }) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return { name: count === 1 ? name : `${name} #${count}`, run }
  })
}
