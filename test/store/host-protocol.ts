import { z } from 'zod'

/** What a host is told. */
export const orderSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('submit'), number: z.int(), size: z.int() }),
  z.object({ do: z.literal('stop'), graceMs: z.int() }),
])

export type Order = z.input<typeof orderSchema>

/** What a host says, a line each. */
export const saidSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('opened'), known: z.array(z.object({ id: z.string(), stage: z.string() })) }),
  z.object({ type: z.literal('unopened'), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('accepted'), number: z.int(), id: z.string() }),
  z.object({ type: z.literal('refused'), number: z.int(), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('ended'), number: z.int(), id: z.string(), status: z.string() }),
  z.object({ type: z.literal('state'), state: z.string() }),
  z.object({ type: z.literal('alert'), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('stopped'), code: z.string().nullable() }),
  z.object({ type: z.literal('unhandled'), message: z.string() }),
])

export type Said = z.output<typeof saidSchema>
