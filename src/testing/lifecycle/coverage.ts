import type { ChartState } from '../../machines/chart.ts'
import type { CoverageItem, CoverageKind } from './coverage-report.ts'
import { lifeChart } from './followed-task.ts'
import { whyUnreachable } from './life-reach.ts'
import type { Abilities } from './life-walks.ts'
import type { LeftOut, Planned } from './scenario-plan.ts'
import type { Tally } from './tally.ts'
import { guardId } from './tally.ts'

export type Covered = Readonly<Record<CoverageKind, readonly CoverageItem[]>>

const transitionsOf = ({ transitions }: ChartState) => [...transitions.values()].flat()

const eventTypes = [...new Set(lifeChart.flatMap(({ transitions }) => [...transitions.keys()]))]
const livingStages = lifeChart.filter(({ parent, type }) => parent?.parent === null && type !== 'final')

const lifeIds: Readonly<Record<CoverageKind, readonly string[]>> = {
  states: lifeChart.filter(({ parent }) => parent !== null).map(({ id }) => id),
  transitions: lifeChart.flatMap((state) => transitionsOf(state).map(({ id }) => id)),
  guards: lifeChart.flatMap((state) =>
    transitionsOf(state).flatMap(({ id, guard }) => (guard === null ? [] : [guardId(id, true), guardId(id, false)])),
  ),
  pairs: livingStages.flatMap(({ key }) => eventTypes.map((event) => `${key} ${event}`)),
}

/** What was come by in the life that every task has, and why not in the rest. */
export function lifeCoverage(tally: Tally, abilities: Abilities): Covered {
  const items = (kind: CoverageKind) =>
    lifeIds[kind].map((id): CoverageItem => {
      const hits = tally.hits(kind, 'task', id)
      return { chart: 'task', id, hits, unreachable: hits > 0 ? null : whyUnreachable(kind, id, abilities) }
    })
  return { states: items('states'), transitions: items('transitions'), guards: items('guards'), pairs: items('pairs') }
}

/** The points of a handler that is a function, and what was done to it at each. */
export function pointCoverage(tally: Tally, planned: readonly Planned[], leftOut: readonly LeftOut[]): Covered {
  const points = new Set<string>()
  for (const { point } of planned) if (tally.hits('states', 'handler', point) > 0) points.add(point)
  for (const { scenario } of planned)
    if (scenario.stop && scenario.stop.where !== 'rest') points.add(scenario.stop.point)
  const pairs = planned.flatMap(({ point, fault }) => (fault === null ? [] : [`${point} × ${fault}`]))
  const item = (kind: CoverageKind, id: string, unreachable: string | null): CoverageItem => {
    const hits = tally.hits(kind, 'handler', id)
    return { chart: 'handler', id, hits, unreachable: hits > 0 ? null : unreachable }
  }
  return {
    states: [...points].map((point) => item('states', point, null)),
    transitions: [],
    guards: [],
    pairs: [
      ...[...new Set(pairs)].map((pair) => item('pairs', pair, null)),
      ...leftOut.map(({ point, fault, why }) => item('pairs', `${point} × ${fault}`, why)),
    ],
  }
}

/** Several charts of one definition in one. */
export function joined(parts: readonly Covered[]): Covered {
  const all = (kind: CoverageKind) => parts.flatMap((part) => part[kind])
  return { states: all('states'), transitions: all('transitions'), guards: all('guards'), pairs: all('pairs') }
}
