import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/model/errors.ts'
import type { Demand, Pools } from '../../src/model/resources.ts'
import { Ledger } from '../../src/scheduling/ledger.ts'

const pools: Pools = {
  default: { slots: { form: 'reusable', capacity: 8 }, memory: { form: 'reusable', capacity: 1.5 } },
  llm: {
    tokens: { form: 'rate', rate: 60, perMs: 1_000, burst: 30 },
    usd: { form: 'budget', budget: 40 },
  },
}
const reusable = ['slots', 'memory'] as const
const names = ['slots', 'memory', 'tokens', 'usd'] as const

const demand = fc.record(
  {
    slots: fc.integer({ min: 0, max: 6 }),
    memory: fc.constantFrom(0, 0.1, 0.2, 0.3, 0.7),
    tokens: fc.integer({ min: 0, max: 25 }),
    usd: fc.constantFrom(0, 0.1, 1, 3.3),
  },
  { requiredKeys: [] },
)

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('grant' as const), demand }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('use' as const), which: fc.nat(), usage: demand }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('resize' as const),
      resource: fc.constantFrom(...names),
      capacity: fc.integer({ min: 0, max: 60 }),
    }),
  },
)

interface ModelLease {
  readonly id: string
  readonly epoch: number
  readonly demand: Demand
  readonly used: Record<string, number>
}

/** The ledger written down naively: every figure summed anew from the leases, O(n). */
class Model {
  readonly capacity: Record<string, number> = { slots: 8, memory: 1.5, tokens: 30, usd: 40 }
  level = 30
  perMs = 60 / 1_000
  spent = 0
  leases: ModelLease[] = []

  held(resource: string): number {
    return this.leases.reduce((sum, lease) => sum + (lease.demand[resource] ?? 0), 0)
  }

  room(resource: string): number {
    if (resource === 'tokens') return this.level
    const spent = resource === 'usd' ? this.spent : 0
    return (this.capacity[resource] ?? 0) - spent - this.held(resource)
  }

  wait(ms: number): void {
    this.level = Math.min(this.capacity.tokens ?? 0, this.level + ms * this.perMs)
  }
}

const close = (value: number, expected: number) => expect(value).toBeCloseTo(expected, 6)

describe('Ledger', () => {
  it('keeps the books as a naive model does, and its invariants after every step', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let now = 1_000
        const ledger = new Ledger(pools, now)
        const model = new Model()
        for (const [index, action] of steps.entries()) {
          const lease = 'which' in action ? model.leases[action.which % Math.max(1, model.leases.length)] : undefined
          switch (action.do) {
            case 'grant': {
              const vector = ledger.compile(action.demand)
              const id = `lease ${index}`
              const lacking = names.filter((name) => (action.demand[name] ?? 0) > 0)
              const margin = Math.min(...lacking.map((name) => model.room(name) - (action.demand[name] ?? 0)))
              if (Math.abs(margin) < 1e-6) break
              expect(ledger.fits(vector, now)).toBe(margin > 0)
              const request = { id, taskId: `task ${index}`, epoch: index, vector, expiresAt: null }
              if (margin < 0) {
                const before = ledger.usage(now)
                expect(() => ledger.grant(request, now)).toThrow(InvariantError)
                expect(ledger.usage(now)).toEqual(before)
                break
              }
              ledger.grant(request, now)
              model.leases.push({ id, epoch: index, demand: action.demand, used: {} })
              model.level -= action.demand.tokens ?? 0
              break
            }
            case 'use': {
              if (!lease) break
              expect(ledger.use(lease.id, lease.epoch + 1, action.usage, now)).toMatchObject({ isStale: true })
              const result = ledger.use(lease.id, lease.epoch, action.usage, now)
              let isShort = false
              for (const [name, amount] of Object.entries(action.usage)) {
                const before = lease.used[name] ?? 0
                const reserved = lease.demand[name] ?? 0
                let after = reusable.some((one) => one === name) ? Math.max(before, amount) : before + amount
                const drawn = after - Math.max(before, reserved)
                if (name === 'tokens' && drawn > 0) model.level -= drawn
                if (name === 'usd' && drawn > 0) {
                  const given = Math.min(drawn, Math.max(0, model.room('usd')))
                  if (given < drawn - 1e-6) isShort = true
                  after -= drawn - given
                  model.spent += given
                }
                lease.used[name] = after
              }
              expect(result.ok).toBe(!isShort)
              break
            }
            case 'release': {
              if (!lease) break
              expect(ledger.release(lease.id, lease.epoch + 1, now)).toBeNull()
              const released = ledger.release(lease.id, lease.epoch, now)
              for (const name of names) {
                const reserved = lease.demand[name] ?? 0
                const used = lease.used[name] ?? reserved
                if (reserved > 0 || name in lease.used) close(released?.used[name] ?? Number.NaN, used)
                if (name === 'usd') model.spent += Math.min(used, reserved)
                if (name === 'tokens') {
                  model.level = Math.min(model.capacity.tokens ?? 0, model.level + Math.max(0, reserved - used))
                }
              }
              model.leases = model.leases.filter((one) => one !== lease)
              expect(ledger.release(lease.id, lease.epoch, now)).toBeNull()
              break
            }
            case 'wait':
              now += action.ms
              model.wait(action.ms)
              break
            case 'resize': {
              const { resource, capacity } = action
              const committed = model.spent + model.held('usd')
              if (resource === 'usd' && Math.abs(capacity - committed) < 1e-6) break
              if (resource === 'usd' && capacity < committed) {
                expect(() => ledger.resize(resource, capacity, now)).toThrow(/already spent/)
                break
              }
              ledger.resize(resource, capacity, now)
              model.capacity[resource] = capacity
              if (resource === 'tokens') {
                model.perMs = (capacity * 60) / 1_000 / 30
                model.level = Math.min(model.level, capacity)
              }
              break
            }
          }
          ledger.assertInvariants(now)
          expect([...ledger.leases()].map(({ id }) => id)).toEqual(model.leases.map(({ id }) => id))
          for (const usage of ledger.usage(now)) {
            const { resource } = usage
            close(usage.held, model.held(resource))
            if (!model.leases.some((one) => (one.demand[resource] ?? 0) > 0)) expect(usage.held).toBe(0)
            close(usage.available, resource === 'tokens' ? model.level : Math.max(0, model.room(resource)))
            expect(usage.capacity).toBe(model.capacity[resource])
            if (resource === 'usd') expect(usage.spent + usage.held).toBeLessThanOrEqual(usage.capacity * (1 + 1e-9))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('says exactly when refills make a demand fit', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0, max: 2e12, noNaN: true }),
      fc.integer({ min: 1, max: 10_000 }),
      (first, second, now, perMs) => {
        const spec = { form: 'rate', rate: 30, perMs, burst: 30 } as const
        const ledger = new Ledger({ llm: { tokens: spec } }, now)
        const vector = ledger.compile({ tokens: second })
        ledger.grant(
          { id: 'a', taskId: 'a', epoch: 0, vector: ledger.compile({ tokens: first }), expiresAt: null },
          now,
        )
        const at = ledger.availableAt(vector, now)
        if (first + second <= 30) {
          expect(at).toBe(now)
          return
        }
        if (at === null) throw new Error('a refill would make it fit')
        expect(at).toBeGreaterThan(now)
        // The time has the precision of a double of its size, so one more ms settles any rounding.
        expect(ledger.fits(vector, at + 1)).toBe(true)
        const missing = ((first + second - 30) * perMs) / 30
        expect(Math.abs(at - now - missing)).toBeLessThanOrEqual(1 + 1e-3)
        if (!ledger.fits(vector, at)) expect(ledger.availableAt(vector, at)).toBeGreaterThan(at)
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  it('holds the long-run rate, whatever is reserved and used', () => {
    const lease = fc.record({ asked: fc.integer({ min: 1, max: 10 }), used: fc.integer({ min: 0, max: 20 }) })
    fc.assert(
      fc.property(fc.array(lease, { minLength: 50, maxLength: 100 }), (leases) => {
        const ledger = new Ledger({ llm: { tokens: { form: 'rate', rate: 10, perMs: 1_000, burst: 10 } } }, 0)
        let now = 0
        let used = 0
        let last = 0
        for (const [epoch, terms] of leases.entries()) {
          const vector = ledger.compile({ tokens: terms.asked })
          now = ledger.availableAt(vector, now) ?? Number.NaN
          const { id } = ledger.grant({ id: `${epoch}`, taskId: 't', epoch, vector, expiresAt: null }, now)
          ledger.use(id, epoch, { tokens: terms.used }, now)
          ledger.release(id, epoch, now)
          used += terms.used
          last = terms.used
        }
        expect(used - last).toBeLessThanOrEqual(10 + (now * 10) / 1_000 + 1e-6)
      }),
    )
  })
})
