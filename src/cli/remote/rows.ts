import { z } from 'zod'
import { taskStages } from '../../model/stage.ts'

/*
 * What the commands read of the inspector's answers: no more than they show, so that another release of it can be talked
 * to as long as that is there.
 */

export const rowSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  stage: z.enum(taskStages),
  activity: z.string().nullable(),
  held: z.boolean(),
  principal: z.string(),
  priority: z.number(),
  attempt: z.number(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  progress: z.looseObject({ fraction: z.number(), message: z.string() }).nullable(),
  failure: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  question: z.looseObject({ id: z.string(), prompt: z.string() }).nullable(),
})
export type Row = z.infer<typeof rowSchema>

const timer = z.looseObject({ what: z.string(), at: z.number() })
const condition = z.looseObject({ kind: z.string() })

export const detailSchema = z.looseObject({
  row: rowSchema.nullable(),
  children: z.array(z.string()),
  explanation: z
    .looseObject({
      conditions: z.array(condition),
      place: z.looseObject({ position: z.number(), of: z.number() }).nullable(),
      expectedStart: z.looseObject({ at: z.number().nullable(), basis: z.string() }).nullable(),
      timers: z.array(timer),
      leases: z.array(z.looseObject({ id: z.string(), demand: z.record(z.string(), z.number()) })),
    })
    .nullable(),
  events: z.array(z.looseObject({ type: z.string(), at: z.number() })),
})
export type Detail = z.infer<typeof detailSchema>

const percentiles = z.looseObject({ count: z.number(), p50Ms: z.number(), p99Ms: z.number() })

export const statsSchema = z.looseObject({
  supervisor: z.string(),
  byStage: z.record(z.string(), z.number()),
  successRate: z.number().nullable(),
  errorsByCode: z.record(z.string(), z.number()),
  byType: z.record(
    z.string(),
    z.looseObject({
      completed: z.number(),
      failed: z.number(),
      cancelled: z.number(),
      queueTime: percentiles,
      runTime: percentiles,
    }),
  ),
})
export type Stats = z.infer<typeof statsSchema>

export const resourcesSchema = z.array(
  z.looseObject({
    pool: z.string(),
    resource: z.string(),
    capacity: z.number(),
    held: z.number(),
    available: z.number(),
  }),
)
export type Resources = z.infer<typeof resourcesSchema>
