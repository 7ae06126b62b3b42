import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/model/errors.ts'
import { agedPriority, earliestDeadline, firstInFirstOut, strictPriority } from '../../src/scheduling/policies/order.ts'
import { noShare } from '../../src/scheduling/policies/share.ts'
import { SimulatedMachine, slots } from './simulated-machine.ts'

const ids = (machine: SimulatedMachine) => machine.starts.map(({ id }) => id)

describe('the order of grants', () => {
  it('is by priority, then by arrival', () => {
    const machine = new SimulatedMachine({ pools: slots(1) })
    machine.add({ id: 'a' }, { id: 'low', priority: -1 }, { id: 'b' }, { id: 'high', priority: 1 }).run()
    expect(ids(machine)).toEqual(['high', 'a', 'b', 'low'])
  })

  it('lets a task of low priority age past later ones, and no sooner than the bound says', () => {
    const late = (arriveAt: number) => ({ id: `high at ${arriveAt}`, arriveAt, priority: 2, runMs: 60 })
    const machine = new SimulatedMachine({ pools: slots(1), order: agedPriority({ ageingMs: 100 }) })
    machine.add({ id: 'first', runMs: 50 }, { id: 'low', priority: 0, runMs: 60 })
    machine.add(...[10, 60, 120, 180, 199, 201, 240].map(late)).run()
    expect(ids(machine)).toEqual([
      'first',
      'high at 10',
      'high at 60',
      'high at 120',
      'high at 180',
      'high at 199',
      'low',
      'high at 201',
      'high at 240',
    ])
  })

  it('starves low priorities only under strict priority', () => {
    const machine = new SimulatedMachine({ pools: slots(1), order: strictPriority() })
    machine.add({ id: 'first' }, { id: 'low', priority: 0 })
    for (let index = 0; index < 50; index++) machine.add({ id: `high ${index}`, arriveAt: index * 10, priority: 1 })
    machine.run()
    expect(ids(machine).at(-1)).toBe('low')
  })

  it('moves a task with a near deadline forward, by at most four levels', () => {
    const order = agedPriority({ ageingMs: 100 })
    const task = new SimulatedMachine({ pools: slots(1), now: 1_000 }).ready({ id: 'x', runMs: 50 })
    expect(order(task)).toBe(1_000)
    expect(order({ ...task, deadlineAt: 950 })).toBe(900)
    expect(order({ ...task, deadlineAt: 1_000_000 })).toBe(1_000)
    expect(order({ ...task, deadlineAt: 0 })).toBe(600)
  })

  it('can be first in, first out, or earliest deadline first', () => {
    const works = [
      { id: 'a', priority: 0, deadlineAt: 90 },
      { id: 'b', priority: 9 },
      { id: 'c', deadlineAt: 80 },
    ]
    const fifo = new SimulatedMachine({ pools: slots(1), order: firstInFirstOut() }).add(...works).run()
    expect(ids(fifo)).toEqual(['a', 'b', 'c'])
    const edf = new SimulatedMachine({ pools: slots(1), order: earliestDeadline() }).add(...works).run()
    expect(ids(edf)).toEqual(['c', 'a', 'b'])
  })

  it('follows a change of priority, and forgets what is withdrawn', () => {
    const machine = new SimulatedMachine({ pools: slots(1) })
    machine.add({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' })
    machine.at(5, () => {
      expect(machine.scheduler.reprioritise('d', 5)).toBe(true)
      expect(machine.scheduler.withdraw('b')).toBe(true)
      expect(machine.scheduler.withdraw('b')).toBe(false)
      expect(machine.scheduler.reprioritise('b', 1)).toBe(false)
    })
    machine.run()
    expect(ids(machine)).toEqual(['a', 'd', 'c'])
  })
})

describe('concurrency limits', () => {
  it('hold per type, and block no other type', () => {
    const machine = new SimulatedMachine({ pools: slots(10) })
    let most = 0
    machine.onInstant = () => {
      most = Math.max(most, [...machine.running.values()].filter(({ type }) => type === 'limited').length)
    }
    for (let index = 0; index < 9; index++) machine.add({ id: `l${index}`, type: 'limited', concurrency: 2 })
    machine.add({ id: 'free' }).run()
    expect(most).toBe(2)
    expect(machine.startOf('free')).toBe(0)
    expect(machine.startOf('l8')).toBe(40)
  })

  it('hold per principal', () => {
    const machine = new SimulatedMachine({ pools: slots(10), principalConcurrency: 3 })
    for (let index = 0; index < 7; index++) machine.add({ id: `a${index}`, principal: 'a' })
    machine.add({ id: 'b', principal: 'b' }).run()
    expect(machine.startOf('b')).toBe(0)
    expect(machine.starts.filter(({ at }) => at === 0)).toHaveLength(4)
    expect(machine.startOf('a6')).toBe(20)
  })

  it('give no reservation: others use the resources meanwhile', () => {
    const machine = new SimulatedMachine({ pools: slots(2) })
    machine.add({ id: 'one', type: 'big', concurrency: 1, runMs: 100 })
    machine.add({ id: 'two', type: 'big', concurrency: 1, demand: { slots: 2 } })
    machine.add({ id: 'small', runMs: 1_000 }).run()
    expect(machine.startOf('small')).toBe(0)
  })

  it('keep a place for the reserved task', () => {
    const machine = new SimulatedMachine({ pools: slots(4) })
    machine.add({ id: 'runs', demand: { slots: 3 }, runMs: 100 })
    machine.add({ id: 'reserved', arriveAt: 1, type: 't', concurrency: 1, demand: { slots: 2 } })
    machine.add({ id: 'long', arriveAt: 2, type: 't', concurrency: 1, runMs: 500 })
    machine.run()
    expect(machine.startOf('reserved')).toBe(100)
    expect(machine.startOf('long')).toBe(110)
  })
})

describe('explain and order', () => {
  it('tell what is missing, who has it, who is reserved and when', () => {
    const machine = new SimulatedMachine({ pools: slots(4), order: firstInFirstOut() })
    machine.add({ id: 'runs', demand: { slots: 3 }, runMs: 100 })
    machine.add({ id: 'big', arriveAt: 1, demand: { slots: 4 }, runMs: 10 })
    machine.add({ id: 'long', arriveAt: 2, runMs: 150 })
    machine.run(50)
    const { scheduler, now } = machine
    expect(scheduler.explain('big', now)).toMatchObject({
      position: 1,
      unmet: [{ resource: 'slots', asked: 4, available: 1, holders: ['runs'], isForeseeable: true }],
      reservation: { startAt: 100 },
      behind: null,
      message: 'slots: 4 asked, 1 of 4 available',
    })
    expect(scheduler.explain('long', now)).toMatchObject({
      position: 2,
      unmet: [],
      behind: { taskId: 'big', startAt: 100 },
      message: 'fits, but must not delay task big, which goes first',
    })
    expect(scheduler.explain('runs', now)).toBeNull()
    expect(scheduler.order(10, now)).toMatchObject([
      { taskId: 'big', key: 1, principal: 'host', reason: 'reserved, waits for slots' },
      { taskId: 'long', key: 2, principal: 'host', reason: 'waits for its turn' },
    ])
    expect(scheduler.order(1, now)).toHaveLength(1)
    expect(scheduler.order(0, now)).toHaveLength(0)
  })

  it('tell which limit is reached', () => {
    const machine = new SimulatedMachine({ pools: slots(4), principalConcurrency: 2 })
    machine.add({ id: 'a', runMs: 100, type: 't', concurrency: 1 }, { id: 'b', type: 't', concurrency: 1 })
    machine.add({ id: 'c', runMs: 100 }, { id: 'd' }).run(1)
    expect(machine.scheduler.explain('b', 1)?.limits).toEqual([
      { scope: 'type', name: 't', limit: 1, running: 1 },
      { scope: 'principal', name: 'host', limit: 2, running: 2 },
    ])
    expect(machine.scheduler.order(9, 1).map(({ reason }) => reason)).toEqual([
      'waits for type limit, principal limit',
      'waits for principal limit',
    ])
  })
})

describe('refusals', () => {
  const machine = () => new SimulatedMachine({ pools: slots(1) })

  it('refuses a task that waits already, and changes nothing', () => {
    const one = machine()
    one.arrive({ id: 'a' })
    expect(() => one.arrive({ id: 'a' })).toThrow(InvariantError)
    expect(one.scheduler.size).toBe(1)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a principal of weight %s', (weight) => {
    expect(() => machine().arrive({ id: 'a', principal: { id: 'p', kind: 'agent', weight } })).toThrow(/weight/)
  })

  it('refuses an order policy that gives no number', () => {
    const one = new SimulatedMachine({ pools: slots(1), order: () => Number.NaN })
    expect(() => one.arrive({ id: 'a' })).toThrow(/order policy/)
    expect(one.scheduler.size).toBe(0)
  })

  it('grants nothing if the lease cannot be opened', () => {
    const one = machine()
    one.arrive({ id: 'a' })
    const fail = () => {
      throw new Error('no')
    }
    expect(() => one.scheduler.grantNext(0, fail)).toThrow('no')
    one.dispatch()
    expect(ids(one)).toEqual(['a'])
  })

  it.each([0, 1.5, Number.NaN])('refuses limits that are no whole numbers: %s', (limit) => {
    expect(() => new SimulatedMachine({ pools: slots(1), principalConcurrency: limit })).toThrow(/principalConcurrency/)
    expect(() => new SimulatedMachine({ pools: slots(1), backfillDepth: limit })).toThrow(/backfillDepth/)
  })

  it('refuses ageing that is no time', () => {
    expect(() => agedPriority({ ageingMs: -1 })).toThrow(/ageingMs/)
    expect(() => agedPriority({ ageingMs: Number.NaN, deadlineLevels: -1 })).toThrow(/deadlineLevels/)
  })

  it('answers null for a stale release, and takes nothing', () => {
    const one = machine().add({ id: 'a' }).run(0)
    expect(one.scheduler.release('lease of a', 2, 1)).toBeNull()
    expect(one.scheduler.release('other', 1, 1)).toBeNull()
    expect(one.scheduler.release('lease of a', 1, 1)?.lease.taskId).toBe('a')
  })

  it('tells of a lease that was granted behind its back', () => {
    const { scheduler } = machine()
    const vector = scheduler.ledger.compile({ slots: 1 })
    scheduler.ledger.grant({ id: 'x', taskId: 'x', epoch: 1, vector, expiresAt: null }, 0)
    expect(() => scheduler.assertInvariants(0)).toThrow(InvariantError)
  })

  it('orders over all principals without shares', () => {
    const one = new SimulatedMachine({ pools: slots(1), share: noShare(), order: firstInFirstOut() })
    one
      .add(...['a', 'b', 'a', 'a', 'b'].map((principal, index) => ({ id: `${index}`, principal, arriveAt: index })))
      .run()
    expect(ids(one)).toEqual(['0', '1', '2', '3', '4'])
  })
})
