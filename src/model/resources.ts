import { z } from 'zod'
import { durationSchema } from './duration.ts'

/**
 * What a task asks of the pools: amounts by resource name, for instance `{ slots: 1, 'llm.tokens': 800 }`.
 * Amounts are in the unit of the resource; zero asks for nothing.
 */
export type Demand = Readonly<Record<string, number>>

/** A reusable resource is held and then returned: slots, cpu, memory. `capacity` in the resource's own unit. */
export interface ReusableSpec {
  readonly form: 'reusable'
  readonly capacity: number
}

/**
 * A rate resource refills with time (a token bucket): `rate` units each `perMs`, at most `burst` saved up.
 * Source: the leaky bucket as a meter, J. Turner, "New directions in communications", IEEE Comm. Magazine 1986.
 */
export interface RateSpec {
  readonly form: 'rate'
  readonly rate: number
  readonly perMs: number
  readonly burst: number
}

/** A budget resource is spent for good: USD. `budget` is what may be spent in all. */
export interface BudgetSpec {
  readonly form: 'budget'
  readonly budget: number
}

export type ResourceSpec = ReusableSpec | RateSpec | BudgetSpec

const named = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** How a caller writes a resource: a plain number is reusable capacity. */
export type ResourceInput =
  | number
  | { capacity: number }
  | { rate: number; per: keyof typeof named | number | string; burst?: number }
  | { budget: number }

/** Pools by name, each a set of resources by name. A resource name belongs to one pool only. */
export type PoolsInput = Readonly<Record<string, Readonly<Record<string, ResourceInput>>>>

const amount = z.number().nonnegative().finite()

export const perSchema = z.union([
  z.enum(['second', 'minute', 'hour', 'day']).transform((unit) => named[unit]),
  durationSchema,
])

const resourceSchema = z.union(
  [
    amount.transform((capacity): ResourceSpec => ({ form: 'reusable', capacity })),
    z.strictObject({ capacity: amount }).transform(({ capacity }): ResourceSpec => ({ form: 'reusable', capacity })),
    z
      .strictObject({ rate: z.number().positive().finite(), per: perSchema, burst: amount.optional() })
      .transform(({ rate, per, burst }): ResourceSpec => ({ form: 'rate', rate, perMs: per, burst: burst ?? rate })),
    z.strictObject({ budget: amount }).transform(({ budget }): ResourceSpec => ({ form: 'budget', budget })),
  ],
  {
    error:
      'not a resource; give a capacity (8), { capacity }, { rate, per: "minute", burst? } or { budget }, amounts finite and not negative',
  },
)

export const poolsSchema = z.record(z.string().min(1), z.record(z.string().min(1), resourceSchema))

/** A set of pools after reading: pool name → resource name → spec. */
export type Pools = z.output<typeof poolsSchema>

/** Refuses negative, NaN and infinite amounts. */
export const demandSchema = z.record(z.string().min(1), amount)

/** A granted demand. `epoch` is the fencing token: it grows with every grant to the same task. */
export interface Lease {
  readonly id: string
  readonly taskId: string
  readonly epoch: number
  readonly demand: Demand
  readonly grantedAt: number
  /** Absolute time in ms at which the lease is reclaimed unless renewed; `null`: held until returned. */
  readonly expiresAt: number | null
}

/** How one resource stands, in its own unit. */
export interface ResourceUsage {
  readonly pool: string
  readonly resource: string
  readonly form: ResourceSpec['form']
  /** Reusable: capacity. Rate: burst. Budget: the whole budget. */
  readonly capacity: number
  /** Reserved by leases now. */
  readonly held: number
  /** Reusable: capacity − held. Rate: tokens in the bucket. Budget: what is neither spent nor reserved. */
  readonly available: number
  /** Budget and rate: consumed for good so far. Reusable: 0. */
  readonly spent: number
}
