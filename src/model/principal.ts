import { z } from 'zod'

/** Who acts. `weight` is the principal's share when several compete: 2 gets twice as much as 1. */
export interface Principal {
  readonly id: string
  readonly kind: 'agent' | 'person' | 'system'
  readonly weight: number
}

/** How a caller names a principal: its id alone (an agent of weight 1), or in full. */
export type PrincipalInput = string | { id: string; kind?: Principal['kind']; weight?: number }

export const principalSchema = z.union([
  z
    .string()
    .min(1)
    .transform((id): Principal => ({ id, kind: 'agent', weight: 1 })),
  z.strictObject({
    id: z.string().min(1),
    kind: z.enum(['agent', 'person', 'system']).default('agent'),
    weight: z.number().positive().finite().default(1),
  }),
])

/** Who acts when the host names nobody: the embedding process itself. */
export const hostPrincipal: Principal = { id: 'host', kind: 'system', weight: 1 }
