import { z } from 'zod'
import { listProblems, refuse } from './errors.ts'
import type { Principal } from './principal.ts'
import { describePrincipal } from './principal.ts'
import type { Demand } from './resources.ts'
import { demandSchema, perSchema } from './resources.ts'

/** How much one principal may have. What is not said is not bounded. */
export interface QuotasInput {
  /** Tasks that wait for their turn; more are refused. */
  queued?: number
  /** Tasks that hold resources; more wait. */
  running?: number
  /** Amounts held of resources; more waits. */
  held?: Demand
  /** Amounts spent of budgets in a day (UTC); more waits for the next day. */
  perDay?: Demand
  /** Submissions, those of its tasks too: a bucket that refills, of `burst` (default: one period's worth). */
  submissions?: { rate: number; per: 'second' | 'minute' | 'hour' | 'day' | number | string; burst?: number }
}

const count = z.int().min(0).nullable().default(null)

export const quotasSchema = z.strictObject({
  queued: count,
  running: z.int().min(1).nullable().default(null),
  held: demandSchema.default({}),
  perDay: demandSchema.default({}),
  submissions: z
    .strictObject({
      rate: z.number().positive().finite(),
      per: perSchema,
      burst: z.number().min(1).finite().optional(),
    })
    .transform(({ rate, per, burst }) => ({ rate, perMs: per, burst: burst ?? Math.max(1, rate) }))
    .nullable()
    .default(null),
})

/** Quotas after reading. */
export type Quotas = z.output<typeof quotasSchema>

export const noQuotas: Quotas = quotasSchema.parse({})

/** The quotas of a principal; `undefined`: it has none. */
export type QuotasOf = (principal: Principal) => QuotasInput | undefined

/** @throws RefusedError `OPTIONS_INVALID` with every problem listed */
export function readQuotas(quotasOf: QuotasOf, principal: Principal): Quotas {
  const checked = quotasSchema.safeParse(quotasOf(principal) ?? {})
  if (checked.success) return checked.data
  throw refuse(
    'OPTIONS_INVALID',
    `the quotas of ${describePrincipal(principal)} are not valid`,
    listProblems(checked.error),
  )
}
