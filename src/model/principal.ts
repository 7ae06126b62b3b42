import { z } from 'zod'

/** What a policy may ask of a principal beyond its kind and tenant. */
export type PrincipalAttribute = string | number | boolean | readonly string[]

/** Who acts. `weight` is the principal's share when several compete: 2 gets twice as much as 1. */
export interface Principal {
  readonly id: string
  readonly kind: 'agent' | 'person' | 'system'
  readonly weight: number
  /** The organisation, customer or project that it belongs to. */
  readonly tenant?: string
  readonly attributes?: Readonly<Record<string, PrincipalAttribute>>
}

/** How a caller names a principal: its id alone (an agent of weight 1), or in full. */
export type PrincipalInput =
  | string
  | {
      id: string
      kind?: Principal['kind']
      weight?: number
      tenant?: string
      attributes?: Readonly<Record<string, PrincipalAttribute>>
    }

export const attributesSchema = z.record(
  z.string(),
  z.union([z.string(), z.number().finite(), z.boolean(), z.array(z.string())]),
)

const fullSchema = z
  .strictObject({
    id: z.string().min(1),
    kind: z.enum(['agent', 'person', 'system']).default('agent'),
    weight: z.number().positive().finite().default(1),
    tenant: z.string().min(1).optional(),
    attributes: attributesSchema.optional(),
  })
  .transform(
    ({ id, kind, weight, tenant, attributes }): Principal => ({
      id,
      kind,
      weight,
      ...(tenant !== undefined && { tenant }),
      ...(attributes !== undefined && { attributes }),
    }),
  )

export const principalSchema = z.union([
  z
    .string()
    .min(1)
    .transform((id): Principal => ({ id, kind: 'agent', weight: 1 })),
  fullSchema,
])

/** A principal as it is written down. */
export const principalRecordSchema = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['agent', 'person', 'system']),
  weight: z.number().positive(),
  tenant: z.string().min(1).optional(),
  attributes: attributesSchema.optional(),
})

/** Who acts when the host names nobody: the embedding process itself. */
export const hostPrincipal: Principal = { id: 'host', kind: 'system', weight: 1 }

/** In words: `agent ada of acme`. */
export function describePrincipal({ id, kind, tenant }: Principal): string {
  return tenant === undefined ? `${kind} ${id}` : `${kind} ${id} of ${tenant}`
}
