import { describe, expect, test } from 'vitest'
import type { ResourceUsage } from '../../src/model/resources.ts'
import type { ForecastTask } from '../../src/scheduling/start-forecast.ts'
import { forecastStart } from '../../src/scheduling/start-forecast.ts'

const slots = (available: number): ResourceUsage[] => [
  { pool: 'default', resource: 'slots', form: 'reusable', capacity: 4, held: 4 - available, available, spent: 0 },
  { pool: 'llm', resource: 'tokens', form: 'rate', capacity: 10, held: 0, available: 0, spent: 0 },
]
const task = (demand: number, durationMs: number | null, type = 'any', limit: number | null = null): ForecastTask => ({
  type,
  demand: { slots: demand, tokens: 5 },
  durationMs,
  limit,
})
const holder = (demand: number, endsAt: number | null, type = 'any') => ({ type, demand: { slots: demand }, endsAt })

describe('the start of a task is forecast', () => {
  const now = 1_000

  test('as now, if it fits', () => {
    expect(forecastStart({ now, resources: slots(1), running: [], ahead: [], task: task(1, 5) })).toBe(now)
  })

  test('by the ends of what runs, the next first; what is late ends at any moment', () => {
    const running = [holder(1, 9_000), holder(1, 200), holder(1, 3_000)]
    expect(forecastStart({ now, resources: slots(0), running, ahead: [], task: task(1, 5) })).toBe(now)
    expect(forecastStart({ now, resources: slots(0), running, ahead: [], task: task(2, 5) })).toBe(3_000)
    expect(forecastStart({ now, resources: slots(0), running, ahead: [], task: task(3, 5) })).toBe(9_000)
  })

  test('behind those that go first, for as long as each takes', () => {
    const running = [holder(2, 2_000)]
    const ahead = [task(2, 500), task(4, 100), task(1, 700)]
    // 2 slots free: [1000, 1500) the first; [2000, 2100) the one that needs all; [2100, 2800) the third.
    expect(forecastStart({ now, resources: slots(2), running, ahead, task: task(4, 1) })).toBe(2_800)
  })

  test('by the limit of its type too', () => {
    const running = [holder(1, 4_000, 'few')]
    expect(forecastStart({ now, resources: slots(3), running, ahead: [], task: task(1, 5, 'few', 1) })).toBe(4_000)
    expect(forecastStart({ now, resources: slots(3), running, ahead: [], task: task(1, 5, 'few', 2) })).toBe(now)
  })

  test('not at all, if something in the way has no expected end', () => {
    expect(
      forecastStart({ now, resources: slots(0), running: [holder(4, null)], ahead: [], task: task(1, 5) }),
    ).toBeNull()
    expect(
      forecastStart({ now, resources: slots(4), running: [], ahead: [task(4, null)], task: task(1, 5) }),
    ).toBeNull()
  })
})
