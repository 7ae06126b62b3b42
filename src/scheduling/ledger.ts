import { InvariantError, RefusedError } from '../model/errors.ts'
import type { Demand, Lease, Pools, ResourceUsage } from '../model/resources.ts'
import { DemandCompiler } from './demand-compiler.ts'
import type { DemandVector } from './demand-vector.ts'
import { amountOf, eachAmount } from './demand-vector.ts'
import type { GrantRequest, Overrun, ReleasedLease, UseResult } from './lease-bookings.ts'
import type { Meter, ResourceEfficiency } from './meter.ts'
import { openMeters } from './open-meters.ts'
import { TokenBucket } from './token-bucket.ts'

interface Holding {
  lease: Lease
  readonly vector: DemandVector
  /** Reported in all, by resource index: sums, for reusable resources the highest report. `null` before any report. */
  used: Map<number, number> | null
}

/**
 * The book of all resources: what there is, who holds what, what is spent. Grants are all or nothing.
 * One owner, no I/O, no clock; `now` is in ms and must not run backwards.
 */
export class Ledger {
  readonly #meters: readonly Meter[]
  readonly #indexOf = new Map<string, number>()
  readonly #compiler: DemandCompiler
  readonly #holdings = new Map<string, Holding>()
  readonly #budgets: ReadonlySet<string>
  #changes = 0
  #resizes = 0

  /** @throws RefusedError `OPTIONS_INVALID` for a resource in two pools, or a spec that is no finite amount */
  constructor(pools: Pools, now: number) {
    this.#meters = openMeters(pools, now)
    for (const [index, { resource }] of this.#meters.entries()) this.#indexOf.set(resource, index)
    this.#compiler = new DemandCompiler(this.#indexOf)
    this.#budgets = new Set(this.#meters.flatMap(({ form, resource }) => (form === 'budget' ? [resource] : [])))
  }

  /** Grows with every change of what is held, spent or there. */
  get changes(): number {
    return this.#changes
  }

  /** Grows with every resize. */
  get resizes(): number {
    return this.#resizes
  }

  /** The resources that are spent for good. */
  get budgets(): ReadonlySet<string> {
    return this.#budgets
  }

  /** How long the slowest rate takes to refill from empty, ms. */
  get refillMs(): number {
    return Math.max(0, ...this.#meters.map((meter) => (meter instanceof TokenBucket ? meter.refillMs : 0)))
  }

  /** Books what an earlier process has used: `spent` of budgets in all, and grants that rates may not have got back. */
  restore(
    spent: ReadonlyMap<string, number>,
    grants: readonly { readonly at: number; readonly demand: Demand }[],
    now: number,
  ): void {
    for (const meter of this.#meters) {
      const { resource } = meter
      if (meter.form === 'budget') meter.draw(Math.min(meter.capacity, spent.get(resource) ?? 0), now)
      else if (meter instanceof TokenBucket) {
        meter.restore(
          grants.flatMap(({ at, demand }) => (demand[resource] ? [{ at, amount: demand[resource] }] : [])),
          now,
        )
      }
    }
    this.#changes++
  }

  has(resource: string): boolean {
    return this.#indexOf.has(resource)
  }

  /**
   * Compiles a demand, once for a task. Zero amounts are dropped.
   * @throws RefusedError `POOL_UNKNOWN` for resources that no pool has, `DEMAND_INVALID` for amounts that are NaN,
   * infinite or negative; every problem is listed
   */
  compile(demand: Demand): DemandVector {
    return this.#compiler.compile(demand)
  }

  /** One sentence for each resource of which more is asked than there could ever be. Empty: it can fit some time. */
  unfit(vector: DemandVector): string[] {
    const sentences: string[] = []
    eachAmount(vector, (index, amount) => {
      const { resource, capacity, form } = this.meter(index)
      if (amount > capacity * (1 + 1e-9))
        sentences.push(`${resource}: ${amount} asked, but ${nameOf[form]} is ${capacity}`)
    })
    return sentences
  }

  fits(vector: DemandVector, now: number): boolean {
    return this.blockedBy(vector, now) < 0
  }

  /** The index of the first resource that lacks what is asked, or −1. */
  blockedBy(vector: DemandVector, now: number): number {
    const { indices, amounts } = vector
    for (let position = 0; position < indices.length; position++) {
      const index = indices[position] ?? -1
      if (!this.meter(index).fits(amounts[position] ?? Number.NaN, now)) return index
    }
    return -1
  }

  /** The index of the first resource that neither releases nor refills can be foreseen to provide, or −1. */
  unforeseeable(vector: DemandVector, now: number): number {
    const { indices, amounts } = vector
    for (let position = 0; position < indices.length; position++) {
      const index = indices[position] ?? -1
      if (!this.meter(index).isForeseeable(amounts[position] ?? Number.NaN, now)) return index
    }
    return -1
  }

  /**
   * Reserves the whole vector and opens a lease.
   * @throws InvariantError if it does not fit, the lease id is open already, or a number is none
   */
  grant(request: GrantRequest, now: number): Lease {
    const { id, taskId, epoch, vector, expiresAt } = request
    if (this.#holdings.has(id)) throw new InvariantError(`lease ${id} is open already`)
    if (!Number.isFinite(epoch)) throw new InvariantError(`lease ${id}: the epoch ${epoch} is not a number`)
    refuseExpiry(id, expiresAt)
    eachAmount(vector, (index, amount) => {
      if (!(Number.isFinite(amount) && amount > 0)) {
        throw new InvariantError(`lease ${id}: ${amount} of ${this.meter(index).resource} is not an amount`)
      }
    })
    const lacking = this.blockedBy(vector, now)
    if (lacking >= 0) {
      const { resource } = this.meter(lacking)
      const [asked, available] = [amountOf(vector, lacking), this.meter(lacking).available(now)]
      throw new InvariantError(`lease ${id} does not fit: ${asked} of ${resource} asked, ${available} available`)
    }
    eachAmount(vector, (index, amount) => this.meter(index).reserve(amount, now))
    const lease: Lease = { id, taskId, epoch, demand: vector.demand, grantedAt: now, expiresAt }
    this.#holdings.set(id, { lease, vector, used: null })
    this.#changes++
    return lease
  }

  /** Moves the expiry. Answers false if the lease is unknown or of another epoch. */
  renew(leaseId: string, epoch: number, expiresAt: number | null): boolean {
    const holding = this.#current(leaseId, epoch)
    if (!holding) return false
    refuseExpiry(leaseId, expiresAt)
    holding.lease = { ...holding.lease, expiresAt }
    return true
  }

  /**
   * Books reported consumption, added to earlier reports. Beyond the reservation a rate goes into debt, a budget gives
   * what is free, and a reusable resource is only recorded: its reports are levels, of which the highest counts.
   * @throws RefusedError `POOL_UNKNOWN`, `DEMAND_INVALID`; nothing is booked then
   */
  use(leaseId: string, epoch: number, usage: Demand, now: number): UseResult {
    const holding = this.#current(leaseId, epoch)
    if (!holding) return { ok: true, isStale: true, overruns: [], drawn: {} }
    this.compile(usage)
    const overruns: Overrun[] = []
    const beyond: Record<string, number> = {}
    let lacking: { resource: string; asked: number; available: number } | null = null
    holding.used ??= new Map()
    for (const [resource, amount] of Object.entries(usage)) {
      const index = this.#indexOf.get(resource) ?? -1
      const meter = this.meter(index)
      const reserved = amountOf(holding.vector, index)
      const before = holding.used.get(index) ?? 0
      let total = meter.form === 'reusable' ? Math.max(before, amount) : before + amount
      if (meter.form !== 'reusable') {
        const asked = total - Math.max(before, reserved)
        const drawn = asked > 0 ? meter.draw(asked, now) : 0
        if (drawn > 0) beyond[resource] = drawn
        if (drawn < asked) {
          lacking ??= { resource: meter.resource, asked, available: drawn }
          total -= asked - drawn
        }
      }
      holding.used.set(index, total)
      if (total > reserved && before <= reserved) overruns.push({ resource: meter.resource, reserved, used: total })
    }
    this.#changes++
    const drawn: Demand = beyond
    return lacking === null ? { ok: true, isStale: false, overruns, drawn } : { ok: false, ...lacking, overruns, drawn }
  }

  /** Ends a lease. Answers `null`, and does nothing, if it is unknown or of another epoch. */
  release(leaseId: string, epoch: number, now: number): ReleasedLease | null {
    const holding = this.#current(leaseId, epoch)
    if (!holding) return null
    this.#holdings.delete(leaseId)
    this.#changes++
    const { lease } = holding
    const used: Record<string, number> = {}
    const heldMs = Math.max(0, now - lease.grantedAt)
    eachBooking(holding, (index, reserved, reported) => {
      const meter = this.meter(index)
      meter.settle(reserved, reported, heldMs, now)
      used[meter.resource] = reported ?? reserved
    })
    return { lease, used }
  }

  /**
   * Changes what there is of a resource. Reusable: the capacity; below what is held nothing is taken away, and nothing
   * is granted until it fits again. Rate: the burst, and the rate in the same proportion. Budget: the whole budget.
   * @throws RefusedError `POOL_UNKNOWN`; `OPTIONS_INVALID` for what is no amount, or a budget below spent and reserved
   */
  resize(
    resource: string,
    capacity: number,
    now: number,
  ): { pool: string; resource: string; from: number; to: number } {
    const index = this.#indexOf.get(resource)
    if (index === undefined) throw new RefusedError('POOL_UNKNOWN', this.#compiler.unknown(resource))
    const meter = this.meter(index)
    if (!(Number.isFinite(capacity) && capacity >= 0)) {
      const message = `${resource} cannot be resized to ${capacity}; give a finite number of at least 0`
      throw new RefusedError('OPTIONS_INVALID', message)
    }
    const refusal = meter.refusalOf(capacity)
    if (refusal !== null) throw new RefusedError('OPTIONS_INVALID', `${resource} cannot be resized: ${refusal}`)
    const from = meter.capacity
    meter.resize(capacity, now)
    this.#changes++
    this.#resizes++
    return { pool: meter.pool, resource, from, to: capacity }
  }

  /**
   * The first time (whole ms) at which refills alone make the rate part of the vector fit: `now` if it fits; `null` if
   * time alone never does. Reusable resources and budgets are not looked at.
   */
  availableAt(vector: DemandVector, now: number): number | null {
    let latest: number | null = now
    eachAmount(vector, (index, amount) => {
      const meter = this.meter(index)
      if (!(meter instanceof TokenBucket) || latest === null) return
      const at = meter.availableAt(amount, now)
      latest = at === null ? null : Math.max(latest, at)
    })
    return latest
  }

  *leases(): IterableIterator<Lease> {
    for (const { lease } of this.#holdings.values()) yield lease
  }

  lease(id: string): Lease | undefined {
    return this.#holdings.get(id)?.lease
  }

  /** The tasks that hold something of a resource, oldest lease first. */
  holdersOf(index: number): string[] {
    const holders: string[] = []
    for (const { lease, vector } of this.#holdings.values()) {
      if (vector.indices.includes(index)) holders.push(lease.taskId)
    }
    return holders
  }

  usage(now: number): ResourceUsage[] {
    return this.#meters.map((meter) => meter.usage(now))
  }

  /** What each resource could give, what was reserved and what was used since the ledger was opened. */
  efficiency(now: number): ResourceEfficiency[] {
    const pending = this.#meters.map(() => 0)
    for (const holding of this.#holdings.values()) {
      const heldMs = Math.max(0, now - holding.lease.grantedAt)
      eachBooking(holding, (index, reserved, reported) => {
        pending[index] = (pending[index] ?? 0) + this.meter(index).usedSoFar(reserved, reported, heldMs)
      })
    }
    return this.#meters.map((meter, index) => {
      const { pool, resource, form } = meter
      return { pool, resource, form, ...meter.totals(pending[index] ?? 0, now) }
    })
  }

  /** How many resources there are: vectors index them from 0. */
  get width(): number {
    return this.#meters.length
  }

  /** The book of one resource. Read it; only the ledger writes. */
  meter(index: number): Meter {
    const meter = this.#meters[index]
    if (!meter) throw new InvariantError(`there is no resource ${index}: the demand was compiled for another ledger`)
    return meter
  }

  /** @throws InvariantError if anything is over-committed, overspent, or held without a lease */
  assertInvariants(now: number): void {
    const held = this.#meters.map(() => 0)
    for (const { vector } of this.#holdings.values()) {
      eachAmount(vector, (index, amount) => {
        held[index] = (held[index] ?? 0) + amount
      })
    }
    const faults = this.#meters.flatMap((meter, index) => {
      const fault = meter.fault(held[index] ?? 0, now)
      return fault === null ? [] : [`${meter.resource}: ${fault}`]
    })
    if (faults.length > 0) throw new InvariantError(`the ledger is wrong: ${faults.join('; ')}`)
  }

  #current(leaseId: string, epoch: number): Holding | null {
    const holding = this.#holdings.get(leaseId)
    return holding && holding.lease.epoch === epoch ? holding : null
  }
}

const nameOf = { reusable: 'the capacity', rate: 'the burst', budget: 'the whole budget' } as const

function refuseExpiry(leaseId: string, expiresAt: number | null): void {
  if (expiresAt === null || Number.isFinite(expiresAt)) return
  throw new InvariantError(`lease ${leaseId}: the expiry ${expiresAt} is not a time`)
}

/** Each resource that the lease reserved or reported. */
function eachBooking(
  { vector, used }: Holding,
  visit: (index: number, reserved: number, reported: number | undefined) => void,
): void {
  eachAmount(vector, (index, amount) => visit(index, amount, used?.get(index)))
  if (used === null) return
  for (const [index, reported] of used) if (!vector.indices.includes(index)) visit(index, 0, reported)
}
