import { z } from 'zod'

/** What a process that is going to be killed says on its standard output, one line of JSON each. */
export const saidSchema = z.discriminatedUnion('type', [
  /** The store is opened next. */
  z.object({ type: z.literal('started') }),
  /** What an earlier process left was taken up. */
  z.object({ type: z.literal('recovered') }),
  /** `submit` has resolved. */
  z.object({ type: z.literal('accepted'), id: z.string() }),
  /** `outcome()` has resolved. */
  z.object({
    type: z.literal('ended'),
    id: z.string(),
    status: z.string(),
    attempts: z.number(),
    code: z.string().nullable(),
  }),
  z.object({ type: z.literal('drained') }),
])

export type Said = z.output<typeof saidSchema>

export type Ended = Extract<Said, { type: 'ended' }>
