import { describe, expect, it } from 'vitest'
import { InvariantError, RefusedError } from '../../src/model/errors.ts'
import type { Demand, Pools } from '../../src/model/resources.ts'
import { Ledger } from '../../src/scheduling/ledger.ts'

const pools: Pools = {
  default: { slots: { form: 'reusable', capacity: 4 }, memory: { form: 'reusable', capacity: 1 } },
  llm: { tokens: { form: 'rate', rate: 100, perMs: 1_000, burst: 50 }, usd: { form: 'budget', budget: 10 } },
}

/** What the call throws, if it is a refusal; the test fails otherwise. */
function refusalOf(call: () => unknown): RefusedError {
  try {
    call()
  } catch (thrown) {
    if (thrown instanceof RefusedError) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

function open(now = 0) {
  const ledger = new Ledger(pools, now)
  const grant = (id: string, demand: Demand, at = now) =>
    ledger.grant({ id, taskId: `task ${id}`, epoch: 1, vector: ledger.compile(demand), expiresAt: null }, at)
  const usage = (resource: string, at = now) => ledger.usage(at).find((one) => one.resource === resource)
  return { ledger, grant, usage }
}

describe('opening a ledger', () => {
  it('refuses a resource in two pools, and specs that are no amounts, all at once', () => {
    const refusal = refusalOf(
      () =>
        new Ledger(
          {
            one: {
              slots: { form: 'reusable', capacity: Number.NaN },
              rpm: { form: 'rate', rate: 1, perMs: 0, burst: 1 },
            },
            two: { slots: { form: 'reusable', capacity: 1 } },
          },
          0,
        ),
    )
    expect(refusal.code).toBe('OPTIONS_INVALID')
    expect(refusal.problems).toEqual([
      'one.slots: capacity NaN is not an amount',
      'one.rpm: a rate needs a time of more than 0 ms to refill in',
      'slots: is in the pools one and two; a resource belongs to one pool',
    ])
  })
})

describe('compiling a demand', () => {
  it('drops zeros, and gives equal demands one vector whatever their order', () => {
    const { ledger } = open()
    const vector = ledger.compile({ tokens: 5, slots: 1, usd: 0 })
    expect(vector.demand).toEqual({ slots: 1, tokens: 5 })
    expect(ledger.compile({ slots: 1, tokens: 5 })).toBe(vector)
    expect(ledger.compile({ slots: 2, tokens: 5 }).signature).not.toBe(vector.signature)
  })

  it('refuses unknown resources with the names that exist, and amounts that are none, all at once', () => {
    const { ledger } = open()
    const refusal = refusalOf(() => ledger.compile({ gpu: 1, slots: -1, disk: Number.NaN }))
    expect(refusal.code).toBe('POOL_UNKNOWN')
    expect(refusal.problems).toEqual([
      'gpu: no pool has this resource; there are slots, memory, tokens, usd',
      'slots: -1 is not an amount; give a finite number of at least 0',
      'disk: no pool has this resource; there are slots, memory, tokens, usd',
      'disk: NaN is not an amount; give a finite number of at least 0',
    ])
    expect(refusalOf(() => ledger.compile({ slots: Number.POSITIVE_INFINITY })).code).toBe('DEMAND_INVALID')
    expect(refusalOf(() => ledger.compile(JSON.parse('{ "__proto__": 1 }'))).code).toBe('POOL_UNKNOWN')
  })

  it('says what could never fit', () => {
    const { ledger } = open()
    expect(ledger.unfit(ledger.compile({ slots: 5, memory: 1, tokens: 51, usd: 11 }))).toEqual([
      'slots: 5 asked, but the capacity is 4',
      'tokens: 51 asked, but the burst is 50',
      'usd: 11 asked, but the whole budget is 10',
    ])
    expect(ledger.unfit(ledger.compile({ slots: 4, memory: 1, tokens: 50, usd: 10 }))).toEqual([])
  })
})

describe('granting', () => {
  it('is all or nothing, and refuses what does not fit', () => {
    const { ledger, grant } = open()
    grant('a', { slots: 3 })
    expect(() => grant('b', { memory: 1, slots: 2 })).toThrow('lease b does not fit: 2 of slots asked, 1 available')
    expect(ledger.usage(0).map(({ held }) => held)).toEqual([3, 0, 0, 0])
  })

  it('refuses a lease id that is open, and numbers that are none', () => {
    const { ledger, grant } = open()
    grant('a', { slots: 1 })
    expect(() => grant('a', { slots: 1 })).toThrow(InvariantError)
    const vector = ledger.compile({ slots: 1 })
    const request = { id: 'b', taskId: 'b', epoch: 1, vector, expiresAt: null }
    expect(() => ledger.grant({ ...request, epoch: Number.NaN }, 0)).toThrow(/epoch NaN/)
    expect(() => ledger.grant({ ...request, expiresAt: Number.NaN }, 0)).toThrow(/expiry NaN/)
    for (const amount of [Number.NaN, -1]) {
      expect(() => ledger.grant({ ...request, vector: { ...vector, amounts: [amount] } }, 0)).toThrow(InvariantError)
    }
    expect(() => ledger.grant({ ...request, vector: { ...vector, indices: [9] } }, 0)).toThrow(/another ledger/)
    expect(ledger.usage(0)[0]?.held).toBe(1)
  })

  it('does not drift: tenths add up to one, and come back to exactly nothing', () => {
    const { ledger, grant, usage } = open()
    for (let round = 0; round < 1_000; round++) {
      for (let index = 0; index < 10; index++) grant(`${index}`, { memory: 0.1 })
      expect(ledger.fits(ledger.compile({ memory: 0.001 }), 0)).toBe(false)
      for (let index = 0; index < 10; index++) ledger.release(`${(index * 7) % 10}`, 1, 0)
      expect(usage('memory')?.held).toBe(0)
    }
  })
})

describe('renewing and releasing', () => {
  it('follow the epoch', () => {
    const { ledger, grant } = open()
    grant('a', { slots: 1 })
    expect(ledger.renew('a', 2, 50)).toBe(false)
    expect(ledger.renew('b', 1, 50)).toBe(false)
    expect(ledger.renew('a', 1, 50)).toBe(true)
    expect(ledger.lease('a')?.expiresAt).toBe(50)
    expect(() => ledger.renew('a', 1, Number.NaN)).toThrow(InvariantError)
    expect(ledger.release('a', 0, 0)).toBeNull()
    expect(ledger.release('a', 1, 0)).toEqual({
      lease: { id: 'a', taskId: 'task a', epoch: 1, demand: { slots: 1 }, grantedAt: 0, expiresAt: 50 },
      used: { slots: 1 },
    })
    expect(ledger.release('a', 1, 0)).toBeNull()
    expect([...ledger.leases()]).toEqual([])
  })
})

describe('using', () => {
  it('returns tokens that were reported unused, and keeps the rest when nothing was reported', () => {
    const { ledger, grant, usage } = open()
    grant('a', { tokens: 20 })
    grant('b', { tokens: 20 })
    grant('c', { tokens: 10 })
    ledger.use('a', 1, { tokens: 3 }, 0)
    ledger.use('a', 1, { tokens: 2 }, 0)
    ledger.use('c', 1, { tokens: 0 }, 0)
    expect(ledger.release('a', 1, 0)?.used).toEqual({ tokens: 5 })
    expect(ledger.release('b', 1, 0)?.used).toEqual({ tokens: 20 })
    expect(ledger.release('c', 1, 0)?.used).toEqual({ tokens: 0 })
    expect(usage('tokens')).toMatchObject({ held: 0, available: 25, spent: 25 })
  })

  it('fills a bucket to its burst at most, whatever comes back', () => {
    const { ledger, grant, usage } = open()
    grant('a', { tokens: 40 })
    ledger.use('a', 1, { tokens: 0 }, 0)
    ledger.release('a', 1, 1_000)
    ledger.assertInvariants(1_000)
    expect(usage('tokens', 1_000)?.available).toBe(50)
  })

  it('draws a rate into debt, which refills first', () => {
    const { ledger, grant, usage } = open()
    grant('a', { tokens: 10 })
    expect(ledger.use('a', 1, { tokens: 70 }, 0)).toEqual({
      ok: true,
      isStale: false,
      overruns: [{ resource: 'tokens', reserved: 10, used: 70 }],
      drawn: { tokens: 60 },
    })
    expect(ledger.use('a', 1, { tokens: 1 }, 0)).toEqual({
      ok: true,
      isStale: false,
      overruns: [],
      drawn: { tokens: 1 },
    })
    expect(usage('tokens')?.available).toBe(-21)
    expect(ledger.availableAt(ledger.compile({ tokens: 9 }), 0)).toBe(300)
    expect(usage('tokens', 10_000)?.available).toBe(50)
  })

  it('never overspends a budget, and says what was missing', () => {
    const { ledger, grant, usage } = open()
    grant('a', { usd: 4 })
    grant('b', { usd: 5 })
    const short = ledger.use('a', 1, { usd: 7 }, 0)
    expect(short).toMatchObject({ ok: false, resource: 'usd', asked: 3, available: 1 })
    expect(usage('usd')).toMatchObject({ held: 9, available: 0, spent: 1 })
    expect(ledger.release('a', 1, 0)?.used).toEqual({ usd: 5 })
    ledger.use('b', 1, { usd: 2 }, 0)
    ledger.release('b', 1, 0)
    expect(usage('usd')).toMatchObject({ held: 0, available: 3, spent: 7 })
  })

  it('records the highest level of a reusable resource, and tells of an overrun once', () => {
    const { ledger, grant, usage } = open()
    grant('a', { memory: 0.5 })
    expect(ledger.use('a', 1, { memory: 0.4 }, 0)).toMatchObject({ overruns: [] })
    expect(ledger.use('a', 1, { memory: 0.8 }, 0)).toMatchObject({ overruns: [{ reserved: 0.5, used: 0.8 }] })
    expect(ledger.use('a', 1, { memory: 0.9 }, 0)).toMatchObject({ overruns: [] })
    expect(usage('memory')?.held).toBe(0.5)
    expect(ledger.release('a', 1, 0)?.used).toEqual({ memory: 0.9 })
  })

  it('books what was not in the demand at all', () => {
    const { ledger, grant, usage } = open()
    grant('a', { slots: 1 })
    expect(ledger.use('a', 1, { usd: 2 }, 0)).toMatchObject({ ok: true, overruns: [{ resource: 'usd', reserved: 0 }] })
    expect(ledger.release('a', 1, 0)?.used).toEqual({ slots: 1, usd: 2 })
    expect(usage('usd')?.spent).toBe(2)
  })

  it('drops stale reports, and refuses what is no report', () => {
    const { ledger, grant, usage } = open()
    grant('a', { tokens: 1 })
    expect(ledger.use('a', 2, { tokens: 9 }, 0)).toEqual({ ok: true, isStale: true, overruns: [], drawn: {} })
    expect(refusalOf(() => ledger.use('a', 1, { tokens: 9, usd: Number.NaN }, 0)).code).toBe('DEMAND_INVALID')
    expect(refusalOf(() => ledger.use('a', 1, { gpu: 1 }, 0)).code).toBe('POOL_UNKNOWN')
    expect(usage('tokens')?.available).toBe(49)
  })
})

describe('resizing', () => {
  it('takes nothing away below what is held, and grants nothing until it fits again', () => {
    const { ledger, grant, usage } = open()
    grant('a', { slots: 2 })
    grant('b', { slots: 2 })
    expect(ledger.resize('slots', 3, 0)).toEqual({ pool: 'default', resource: 'slots', from: 4, to: 3 })
    ledger.assertInvariants(0)
    expect(usage('slots')).toMatchObject({ capacity: 3, held: 4, available: 0 })
    const one = ledger.compile({ slots: 1 })
    expect(ledger.fits(one, 0)).toBe(false)
    ledger.release('a', 1, 0)
    expect(ledger.fits(one, 0)).toBe(true)
    ledger.assertInvariants(0)
  })

  it('changes burst and rate of a rate together, through zero and back', () => {
    const { ledger, usage } = open()
    ledger.resize('tokens', 0, 0)
    expect(usage('tokens', 60_000)?.available).toBe(0)
    expect(ledger.availableAt(ledger.compile({ tokens: 1 }), 60_000)).toBeNull()
    ledger.resize('tokens', 100, 60_000)
    expect(usage('tokens', 60_100)?.available).toBe(20)
  })

  it('refuses a budget below what is spent and reserved, with the numbers', () => {
    const { ledger, grant } = open()
    grant('a', { usd: 3 })
    grant('b', { usd: 2 })
    ledger.release('a', 1, 0)
    const refusal = refusalOf(() => ledger.resize('usd', 4, 0))
    expect(refusal.code).toBe('OPTIONS_INVALID')
    expect(refusal.message).toBe(
      'usd cannot be resized: a budget of 4 is below the 3 already spent and the 2 reserved; give at least 5',
    )
    expect(ledger.resize('usd', 5, 0)).toMatchObject({ from: 10, to: 5 })
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('refuses %s', (capacity) => {
    expect(refusalOf(() => open().ledger.resize('slots', capacity, 0)).code).toBe('OPTIONS_INVALID')
  })

  it('refuses an unknown resource with the names that exist', () => {
    const refusal = refusalOf(() => open().ledger.resize('gpu', 1, 0))
    expect(refusal.code).toBe('POOL_UNKNOWN')
    expect(refusal.message).toContain('there are slots, memory, tokens, usd')
  })
})

describe('efficiency', () => {
  it('integrates what there is, what is reserved and what is used', () => {
    const { ledger, grant } = open()
    grant('a', { slots: 2, tokens: 10, usd: 4 }, 0)
    grant('b', { slots: 1 }, 0)
    ledger.use('a', 1, { slots: 1, tokens: 4, usd: 1 }, 50)
    ledger.release('a', 1, 100)
    expect(ledger.efficiency(200)).toEqual([
      { pool: 'default', resource: 'slots', form: 'reusable', capacity: 800, reserved: 400, used: 300 },
      { pool: 'default', resource: 'memory', form: 'reusable', capacity: 200, reserved: 0, used: 0 },
      { pool: 'llm', resource: 'tokens', form: 'rate', capacity: 70, reserved: 10, used: 4 },
      { pool: 'llm', resource: 'usd', form: 'budget', capacity: 10, reserved: 4, used: 1 },
    ])
  })
})
