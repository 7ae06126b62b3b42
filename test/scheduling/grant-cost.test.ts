import { describe, expect, it } from 'vitest'
import type { Pools } from '../../src/model/resources.ts'
import { dominantResourceFairness } from '../../src/scheduling/policies/share.ts'
import type { Work } from './simulated-machine.ts'
import { SimulatedMachine } from './simulated-machine.ts'

const pools: Pools = {
  default: { slots: { form: 'reusable', capacity: 4 }, memory: { form: 'reusable', capacity: 1e9 } },
  llm: { usd: { form: 'budget', budget: 1 } },
}

/** Counts comparisons of tasks (each reads `seq`, since all keys are equal) and of shares, and the lanes examined. */
function measure(waiting: number, workOf: (index: number) => Partial<Work>) {
  let comparisons = 0
  const share = dominantResourceFairness()
  const machine = new SimulatedMachine({
    pools,
    order: () => 0,
    share: (one, other) => {
      comparisons++
      return share(one, other)
    },
  })
  const { scheduler } = machine
  const enqueue = (index: number) => {
    const task = machine.ready({ id: `t${index}`, ...workOf(index) })
    Object.defineProperty(task, 'seq', {
      get: () => {
        comparisons++
        return index
      },
    })
    scheduler.enqueue(task)
  }
  const grant = () => scheduler.grantNext(0, ({ id }) => ({ id, epoch: 1, expiresAt: null }))
  const drain = () => {
    const granted: string[] = []
    for (let next = grant(); next; next = grant()) granted.push(next.lease.id)
    return granted
  }
  for (let index = 0; index < waiting; index++) enqueue(index)
  const running = drain()
  expect(running.length).toBeGreaterThanOrEqual(4)

  comparisons = 0
  let examined = scheduler.examined
  const rounds = 200
  for (let round = 0; round < rounds; round++) {
    scheduler.release(running.shift() ?? '', 1, 0)
    const granted = drain()
    expect(granted).toHaveLength(1)
    running.push(...granted)
  }
  const perGrant = { comparisons: comparisons / rounds, examined: (scheduler.examined - examined) / rounds }
  comparisons = 0
  examined = scheduler.examined
  for (let round = 0; round < rounds; round++) {
    enqueue(waiting + round)
    expect(grant()).toBeNull()
  }
  const perEnqueue = { comparisons: comparisons / rounds, examined: (scheduler.examined - examined) / rounds }
  return { perGrant, perEnqueue }
}

const loads: Record<string, (index: number) => Partial<Work>> = {
  'all alike': () => ({}),
  'with different demands': (index) => ({ demand: { slots: 1, memory: 1 + index } }),
  'of many principals': (index) => ({ principal: `p${index % 1_000}` }),
  'of one principal each': (index) => ({ principal: `p${index}` }),
  'of which some ask no slot': (index) => ({
    demand: index % 3 === 0 ? { memory: 6e8 + index } : { slots: 1, memory: index },
  }),
  'of many types and estimates': (index) => ({ type: `t${index % 100}`, runMs: index % 5_000 }),
}

describe('the cost of one grant', () => {
  it.each(Object.entries(loads))('grows no faster than log n with n tasks waiting %s', (_, workOf) => {
    const [small, middle, large] = [1_000, 10_000, 100_000].map((waiting) => measure(waiting, workOf))
    if (!small || !middle || !large) throw new Error('three sizes are measured')
    const growth = Math.log2(100_000) / Math.log2(1_000)
    for (const cost of ['perGrant', 'perEnqueue'] as const) {
      expect(middle[cost].comparisons).toBeLessThanOrEqual(small[cost].comparisons * growth + 40)
      expect(large[cost].comparisons).toBeLessThanOrEqual(small[cost].comparisons * growth + 40)
      expect(large[cost].examined).toBeLessThanOrEqual(small[cost].examined + 1)
    }
    // One call that grants and one that does not: each looks at 64 lanes that wait at most.
    expect(large.perGrant.examined).toBeLessThanOrEqual(2 * 65)
    expect(large.perEnqueue.examined).toBeLessThanOrEqual(1)
    if (process.env.TASKWRIGHT_PRINT_COST) process.stdout.write(`${JSON.stringify({ small, middle, large })}\n`)
  })

  it('is not raised by tasks whose budget is spent', () => {
    const blocked = (index: number) => (index % 2 === 0 ? {} : { demand: { usd: 2 + index } })
    const [small, large] = [1_000, 100_000].map((waiting) => measure(waiting, blocked))
    expect(large?.perGrant.examined).toBeLessThanOrEqual((small?.perGrant.examined ?? 0) + 1)
    expect(large?.perEnqueue.examined).toBeLessThanOrEqual(1)
  })
})
