import { defineTask, NonRetryableError } from 'taskwright'
import type { CoverageReport } from 'taskwright/testing'
import { coverageText, lifecycleCases } from 'taskwright/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

/** A definition whose tasks can come by everything that the statechart has. */
const watched = defineTask({
  type: 'watched',
  kind: 'processing',
  input: z.string(),
  output: z.string(),
  demand: { slots: 1 },
  timeout: '10s',
  heartbeat: '1s',
  grace: 100,
  retry: { attempts: 2, backoff: 10, jitter: false },
  rollbackRetry: { attempts: 1 },
  validate: (text) => text !== '' || 'empty',
  async run(task, text) {
    await task.step('first', () => 1, { undo: () => undefined })
    await task.step('second', () => 2, { undo: () => undefined })
    if (text === 'never') throw new NonRetryableError('never')
    return text
  },
})

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
