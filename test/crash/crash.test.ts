import { expect, test } from 'vitest'
import { crashCycles } from './crash-cycles.ts'

test('50 processes killed at any moment lose nothing, run nothing finished twice, and undo everything once', async () => {
  const report = await crashCycles({ seed: 1, lanes: 3, cycles: 50 })
  expect(report.problems).toEqual([])
  expect(report.ended).toBe(report.tasks)
  expect(report.cycles).toBeGreaterThanOrEqual(50)
  expect(report.accepted).toBeGreaterThan(100)
}, 120_000)
