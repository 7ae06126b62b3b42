import { randomInt } from 'node:crypto'
import { faultKinds, runSeed, simulate } from 'taskwright/testing'
import { describe, expect, test } from 'vitest'

/** What a state machine of the runtime can be in, and a record of each kind that a simulation must meet. */
const mustMeet = [
  'supervisor.running',
  'supervisor.paused',
  'supervisor.degraded',
  'supervisor.draining',
  'supervisor.stopping',
  'supervisor.stopped',
  'task.created',
  'task.validating',
  'task.waiting',
  'task.queued',
  'task.allocating',
  'task.executing',
  'task.running',
  'task.paused',
  'task.asked',
  'task.stopping',
  'task.overdue',
  'task.suspect',
  'task.alive',
  'task.completing',
  'task.retrying',
  'task.rollingBack',
  'task.recovered',
  'task.reclaimed',
  'task.compensated',
  'task.completed',
  'task.failed',
  'task.cancelled',
]

describe('the simulation', () => {
  test('finds no violation in 2,000 fixed seeds, meets every kind of fault and every state', {
    timeout: 120_000,
  }, async () => {
    const { seeds, violations, faults, states } = await simulate({ seeds: 2_000 })
    expect(violations).toEqual([])
    expect(seeds).toBe(2_000)
    for (const kind of faultKinds) expect(faults[kind], kind).toBeGreaterThan(0)
    for (const state of mustMeet) expect(states[state] ?? 0, state).toBeGreaterThan(0)
    const total = Object.values(faults).reduce((sum, count) => sum + count, 0)
    expect(total / seeds).toBeGreaterThanOrEqual(15)
    expect(faults.crash / seeds).toBeGreaterThanOrEqual(1)
  })

  test('finds none in 200 new ones', { timeout: 60_000 }, async () => {
    const firstSeed = randomInt(1_000_000, 2 ** 31)
    const { violations } = await simulate({ seeds: 200, firstSeed })
    expect(violations, `npx taskwright simulate --seed ${firstSeed} --seeds 200`).toEqual([])
  })

  test('plants only the faults that it is told to', async () => {
    const told = ['crash', 'stepThrowsAfter'] as const
    const met = new Set<string>()
    for (let seed = 1; seed <= 60; seed += 1) {
      const { faults, violations } = await runSeed(seed, told)
      expect(violations).toEqual([])
      for (const kind of faultKinds) if (faults[kind] > 0) met.add(kind)
    }
    // What was not synced is lost with the process.
    expect([...met].sort()).toEqual(['crash', 'stepThrowsAfter', 'tailLost', 'tailTorn'])
  })

  test('is the same each time', async () => {
    expect(await runSeed(11)).toEqual(await runSeed(11))
  })
})
