import { z } from 'zod'
import type { Duration } from '../model/duration.ts'
import { durationSchema } from '../model/duration.ts'

export interface StopOptions {
  grace?: Duration
  unfinished?: 'cancel' | 'keep'
}

export const stopOptionsSchema = z.strictObject({
  grace: durationSchema.default(10_000),
  unfinished: z.enum(['cancel', 'keep']),
})
