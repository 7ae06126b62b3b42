import { describe, expect, it } from 'vitest'
import { checkCapacities, checkRuns, makespanMs } from '../../src/cli/check-run.ts'
import { checkGrahamBound } from '../../src/cli/graham-bound.ts'
import type { Project } from '../../src/cli/project.ts'
import type { Mark, RunRecord } from '../../src/cli/run-record.ts'

/** a (2 s) before b (3 s); either fills the one slot. */
const project: Project = {
  activities: [
    { id: 'a', duration: 2, after: [], demand: { slots: 1, cpu: 2 } },
    { id: 'b', duration: 3, after: ['a'], demand: { slots: 1, cpu: 3 } },
  ],
  capacities: { slots: 1, cpu: 3 },
}

const life = (id: string, from: number, to: number): Mark[] => [
  { id, moment: 'granted', at: from },
  { id, moment: 'started', at: from },
  { id, moment: 'completed', at: to },
]

const right = [...life('a', 0, 2_000), ...life('b', 2_000, 5_000)]
const runs = (record: RunRecord, toleranceMs = 0) => checkRuns(project, record, 1_000, toleranceMs)

describe('the check of a run', () => {
  it('finds nothing wrong with a right one', () => {
    expect(runs(right)).toEqual([])
    expect(checkCapacities(project, right)).toEqual({
      most: new Map([
        ['slots', 1],
        ['cpu', 3],
      ]),
      violations: [],
    })
    expect(makespanMs(right)).toBe(5_000)
  })

  it('finds what did not run, ran twice, or did not complete', () => {
    expect(runs(life('a', 0, 2_000))).toEqual(['b was started 0 times and completed 0 times'])
    expect(runs([...right, ...life('b', 5_000, 8_000)])).toEqual(['b was started 2 times and completed 2 times'])
    const failed = right.map(
      (mark): Mark => (mark.id === 'b' && mark.moment === 'completed' ? { ...mark, moment: 'ended' } : mark),
    )
    expect(runs(failed)).toEqual(['b was started 1 times and completed 0 times'])
  })

  it('finds what ended before its work was done', () => {
    const short = [...life('a', 0, 1_999), ...life('b', 1_999, 4_999)]
    expect(runs(short)).toEqual(['a lasted 1999 ms, and its work takes 2000 ms'])
    expect(runs(short, 1)).toEqual([])
  })

  it('finds what started before its parent was complete, even at the same instant', () => {
    const [granted, started, completed, ...b] = right
    const swapped = [granted, started, ...b.slice(0, 2), completed, ...b.slice(2)].filter((mark) => mark !== undefined)
    expect(runs(swapped)).toEqual(['b started before its parent a was complete'])
  })

  it('finds what was over-committed, resource by resource, and what was not given back', () => {
    const together = [...life('a', 0, 2_000).slice(0, 2), ...life('b', 1_000, 4_000).slice(0, 2)]
    expect(checkCapacities(project, together)).toEqual({
      most: new Map([
        ['slots', 2],
        ['cpu', 5],
      ]),
      violations: [
        '2 of slots were held at 1000 ms, and there are 1',
        '5 of cpu were held at 1000 ms, and there are 3',
        'a still held its resources at the end',
        'b still held its resources at the end',
      ],
    })
  })

  it('counts nothing as given back that was never granted', () => {
    const record: RunRecord = [{ id: 'a', moment: 'ended', at: 0 }, ...life('b', 0, 3_000)]
    expect(checkCapacities(project, record)).toEqual({
      most: new Map([
        ['slots', 1],
        ['cpu', 3],
      ]),
      violations: [],
    })
  })

  it('knows a run of nothing', () => {
    expect(makespanMs([])).toBe(0)
  })
})

describe('the Graham bound', () => {
  const schedule = { criticalPath: 4, work: 10, places: 2 }

  it.each([5, 6, 7])('holds for a makespan of %s', (makespan) => {
    expect(checkGrahamBound({ ...schedule, makespan })).toEqual([])
  })

  it.each([
    [4.99, 'below max(criticalPath, work/m) = 5 s'],
    [7.01, 'above work/m + (1 − 1/m)·criticalPath = 7 s'],
  ])('is broken by a makespan of %s', (makespan, message) => {
    expect(checkGrahamBound({ ...schedule, makespan })).toEqual([expect.stringContaining(message)])
  })

  it('has the critical path for a lower bound where that is more', () => {
    expect(checkGrahamBound({ ...schedule, criticalPath: 6, makespan: 5.5 })).toHaveLength(1)
  })

  it('is widened by what timers may be off, on the path and in sum', () => {
    const slack = { late: 0.5, tasks: 4, depth: 2 }
    // upper: (10 + 4 · 0.5) / 2 + (4 + 2 · 0.5) / 2 = 8.5
    expect(checkGrahamBound({ ...schedule, makespan: 8.5 }, slack)).toEqual([])
    expect(checkGrahamBound({ ...schedule, makespan: 8.6 }, slack)).toHaveLength(1)
    expect(checkGrahamBound({ ...schedule, makespan: 4.99 }, slack)).toHaveLength(1)
  })
})
