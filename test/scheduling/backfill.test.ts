import { describe, expect, it } from 'vitest'
import type { Pools } from '../../src/model/resources.ts'
import { greedyBackfill, noBackfill } from '../../src/scheduling/policies/backfill.ts'
import { firstInFirstOut, strictPriority } from '../../src/scheduling/policies/order.ts'
import { SimulatedMachine, slots } from './simulated-machine.ts'

const ids = (machine: SimulatedMachine) => machine.starts.map(({ id }) => id)

describe('EASY backfilling', () => {
  const works = [
    { id: 'runs', demand: { slots: 3 }, runMs: 100 },
    { id: 'big', arriveAt: 1, demand: { slots: 4 }, runMs: 10 },
    { id: 'long', arriveAt: 2, runMs: 150 },
    { id: 'unknown', arriveAt: 2, runMs: 1, estimateMs: null },
    { id: 'short', arriveAt: 3, runMs: 90 },
  ]

  it('lets a task ahead that ends before the reserved start, and no other', () => {
    const machine = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() }).add(...works).run()
    expect(machine.startOf('short')).toBe(3)
    expect(machine.startOf('big')).toBe(100)
    expect(machine.startOf('long')).toBe(110)
    expect(machine.startOf('unknown')).toBe(110)
  })

  it('lets a long task ahead on what is spare at the reserved start', () => {
    const machine = new SimulatedMachine({ pools: slots(5), order: firstInFirstOut() }).add(...works).run()
    expect(machine.startOf('long')).toBe(2)
    expect(machine.startOf('unknown')).toBe(110)
    expect(machine.startOf('big')).toBe(100)
  })

  it('lets nobody ahead with noBackfill, and everybody with greedyBackfill', () => {
    const none = new SimulatedMachine({ pools: slots(5), order: firstInFirstOut(), backfill: noBackfill() })
    none.add(...works).run()
    expect(ids(none)).toEqual(['runs', 'big', 'long', 'unknown', 'short'])
    const greedy = new SimulatedMachine({ pools: slots(5), order: firstInFirstOut(), backfill: greedyBackfill() })
    greedy.add(...works).run()
    expect(ids(greedy)).toEqual(['runs', 'long', 'unknown', 'short', 'big'])
  })

  it('lets those start at once that waited for a reserved task, when it is withdrawn', () => {
    const machine = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() }).add(...works)
    machine.at(50, () => machine.scheduler.withdraw('big')).run()
    expect(machine.startOf('unknown')).toBe(100)
    expect(machine.startOf('long')).toBe(93)
    const alone = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() }).add(...works.slice(0, 3))
    alone.at(50, () => alone.scheduler.withdraw('big')).run()
    expect(alone.startOf('long')).toBe(50)
  })

  it('looks at the next of a kind when the first is withdrawn', () => {
    const machine = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() }).add(...works.slice(0, 2))
    machine.add({ id: 'too long', arriveAt: 5, runMs: 120 }, { id: 'fits', arriveAt: 5, runMs: 70 })
    machine.at(10, () => machine.scheduler.withdraw('too long')).run()
    expect(machine.startOf('fits')).toBe(10)
    expect(machine.startOf('big')).toBe(100)
  })

  it('looks at everybody again when a more urgent task takes the reservation', () => {
    const pools: Pools = {
      default: { slots: { form: 'reusable', capacity: 4 }, gb: { form: 'reusable', capacity: 1 } },
    }
    const machine = new SimulatedMachine({ pools, order: strictPriority() }).add(...works.slice(0, 3))
    machine.add({ id: 'keeps', demand: { gb: 1 }, runMs: 300 })
    machine.add({ id: 'urgent', arriveAt: 20, demand: { slots: 4, gb: 1 }, priority: 5 }).run()
    expect(machine.startOf('long')).toBe(20)
    expect(machine.startOf('urgent')).toBe(300)
  })

  it('starts what asks nothing of the resource that the others wait for', () => {
    const pools: Pools = {
      default: { slots: { form: 'reusable', capacity: 1 }, gb: { form: 'reusable', capacity: 1 } },
    }
    const machine = new SimulatedMachine({ pools, order: firstInFirstOut() })
    machine
      .add({ id: 'a', runMs: 100 }, { id: 'b' }, { id: 'c', demand: { gb: 1 } }, { id: 'd', demand: { gb: 1 } })
      .run()
    expect(machine.startOf('d')).toBe(10)
    expect(machine.startOf('b')).toBe(100)
  })

  it('keeps the demand of a reserved task free when ends are unknown', () => {
    const machine = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() })
    machine.add({ id: 'runs', demand: { slots: 2 }, runMs: 100, estimateMs: null })
    machine.add({ id: 'big', arriveAt: 1, demand: { slots: 3 } })
    machine.add({ id: 'one', arriveAt: 2, runMs: 500, estimateMs: null })
    machine.add({ id: 'two', arriveAt: 3, runMs: 500, estimateMs: null })
    machine.run()
    expect(machine.startOf('one')).toBe(2)
    expect(machine.startOf('big')).toBe(100)
    expect(machine.startOf('two')).toBe(110)
  })

  it('does not let a stream of small tasks of another principal take what a big one waits for', () => {
    const machine = new SimulatedMachine({ pools: slots(4) })
    machine.add({ id: 'big', principal: 'a', arriveAt: 1, demand: { slots: 4 }, estimateMs: null })
    for (let index = 0; index < 200; index++) {
      machine.add({ id: `s${index}`, principal: 'b', arriveAt: index * 3, runMs: 20, estimateMs: null })
    }
    machine.run()
    expect(machine.startOf('big')).toBeLessThan(60)
  })
})

describe('a task that has nothing to wait for', () => {
  const pools: Pools = {
    default: { slots: { form: 'reusable', capacity: 2 } },
    llm: { usd: { form: 'budget', budget: 5 }, tokens: { form: 'rate', rate: 10, perMs: 1_000, burst: 10 } },
  }

  it('blocks nobody while its budget is spent, and starts when the budget is raised', () => {
    const machine = new SimulatedMachine({ pools, order: firstInFirstOut(), backfill: noBackfill() })
    machine.add({ id: 'spends', demand: { slots: 1, usd: 4 }, runMs: 5 })
    for (let index = 0; index < 100; index++)
      machine.add({ id: `p${index}`, demand: { slots: 1, usd: 2 + index / 100 } })
    machine.add({ id: 'small', arriveAt: 1, demand: { slots: 1 } })
    machine.at(50, () => machine.scheduler.ledger.resize('usd', 300, machine.now))
    machine.run(40)
    expect(machine.startOf('small')).toBe(1)
    const reason = machine.scheduler.explain('p0', machine.now)
    expect(reason?.unmet).toEqual([
      { pool: 'llm', resource: 'usd', asked: 2, available: 1, capacity: 5, holders: [], isForeseeable: false },
    ])
    expect(reason?.reservation).toBeNull()
    machine.run()
    expect(machine.starts).toHaveLength(102)
  })

  it('starts when a running task returns what it did not spend', () => {
    const machine = new SimulatedMachine({ pools })
    machine.add({ id: 'spends', demand: { usd: 4 }, runMs: 20 }, { id: 'waits', arriveAt: 1, demand: { usd: 3 } })
    machine.at(5, () => machine.scheduler.ledger.use('lease of spends', 1, { usd: 1 }, machine.now))
    machine.run()
    expect(machine.startOf('waits')).toBe(20)
  })

  it('blocks nobody after a shrink below its demand, and starts when there is enough again', () => {
    const machine = new SimulatedMachine({ pools, order: firstInFirstOut(), backfill: noBackfill() })
    machine.at(0, () => machine.scheduler.ledger.resize('slots', 1, machine.now))
    machine.add({ id: 'big', demand: { slots: 2 } }, { id: 'small' })
    machine.at(100, () => machine.scheduler.ledger.resize('slots', 2, machine.now))
    machine.run()
    expect(machine.starts).toEqual([
      { id: 'small', at: 0 },
      { id: 'big', at: 100 },
    ])
  })

  it('waits for a refill until the time that was told', () => {
    const machine = new SimulatedMachine({ pools })
    machine.add({ id: 'a', demand: { tokens: 10 } }, { id: 'b', demand: { tokens: 7 } }, { id: 'c' })
    machine.run()
    expect(machine.starts).toEqual([
      { id: 'a', at: 0 },
      { id: 'c', at: 0 },
      { id: 'b', at: 700 },
    ])
  })
})
