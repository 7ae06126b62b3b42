import { z } from 'zod'

/**
 * To which trace something belongs, as headers carry it: put both into the headers of a request as they are.
 * Source: W3C "Trace Context", 2021.
 */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string | undefined
}

export const traceContextSchema = z.strictObject({
  traceparent: z
    .string()
    .regex(/^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/, 'not a W3C traceparent'),
  tracestate: z.string().max(512).optional(),
})
