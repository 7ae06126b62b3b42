import type { CoverageReport } from 'taskwright/testing'
import { coverageText, lifecycleCases } from 'taskwright/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { watched } from './watched.ts'

const suite = await lifecycleCases(watched, { inputs: ['in'] })
const crossCutting = ['cancel', 'timeout', 'pause', 'resume', 'lease.lost', 'handler.completed', 'deadline', 'shutdown']

function missed(report: CoverageReport, kind: 'states' | 'transitions' | 'guards' | 'pairs'): string[] {
  return report[kind].filter(({ chart, hits }) => chart === 'task' && hits === 0).map(({ id }) => id)
}

describe('the life of a task, on the real runtime', () => {
  test.each([...suite].map(({ name, run }) => [name, run] as const))('%s', (_, run) => run())
})

describe('what was come by', () => {
  test('every state and transition, and every guard both ways', () => {
    const report = suite.coverage()
    expect(report.transitions.filter(({ chart }) => chart === 'task').length).toBeGreaterThan(200)
    expect(missed(report, 'states')).toEqual([])
    expect(missed(report, 'transitions')).toEqual([])
    expect(missed(report, 'guards')).toEqual([])
  })

  test('every stage gives an answer to everything that cuts across stages', () => {
    const pairs = missed(suite.coverage(), 'pairs')
    expect(pairs.filter((pair) => crossCutting.some((event) => pair.endsWith(` ${event}`)))).toEqual([])
  })
})

afterAll(() => {
  console.log(coverageText(suite.coverage()))
})
