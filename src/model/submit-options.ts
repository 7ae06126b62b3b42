import { z } from 'zod'
import type { Duration } from './duration.ts'
import { durationSchema } from './duration.ts'
import type { PrincipalInput } from './principal.ts'
import { principalSchema } from './principal.ts'
import type { Priority } from './priority.ts'
import { prioritySchema } from './priority.ts'
import type { Demand } from './resources.ts'
import { demandSchema } from './resources.ts'
import type { TraceContext } from './trace-context.ts'
import { traceContextSchema } from './trace-context.ts'

/** A task named as a dependency: its handle, or its id. */
export type TaskReference = string | { readonly id: string }

/** What a caller may say about one task; the definition says the rest. */
export interface SubmitOptions {
  priority?: Priority
  principal?: PrincipalInput
  /** Tasks that must complete first. If one ends otherwise, this one is cancelled with `DEPENDENCY_FAILED`. */
  after?: readonly TaskReference[]
  /** Absolute start time, ms since the epoch, or a delay from now. */
  startAt?: number
  delay?: Duration
  /** Absolute time, ms since the epoch, by which the task must have ended. */
  deadlineAt?: number
  /** While an unfinished task has the same key, `submit` returns that task's handle and creates nothing. */
  dedupeKey?: string
  /** What to do when the queue is full: throw `QUEUE_FULL` (the default), or wait for room. */
  whenFull?: 'refuse' | 'wait'
  /** Replaces the definition's demand. */
  demand?: Demand
  /** How long the run is expected to take. The scheduler plans with it; nothing is enforced. */
  estimate?: Duration
  /** The trace that it belongs to. Default, where tasks are traced: that of its parent's attempt, or of its submitter. */
  traceContext?: TraceContext
  /** Free text by name, kept with the task and shown. */
  labels?: Readonly<Record<string, string>>
}

const referenceSchema = z.union(
  [z.string().min(1), z.looseObject({ id: z.string().min(1) }).transform(({ id }) => id)],
  {
    error: 'not a task; give a handle or a task id',
  },
)

const instant = z.number().finite()

export const submitOptionsSchema = z.strictObject({
  priority: prioritySchema.optional(),
  principal: principalSchema.optional(),
  after: z.array(referenceSchema).optional(),
  startAt: instant.optional(),
  delay: durationSchema.optional(),
  deadlineAt: instant.optional(),
  dedupeKey: z.string().min(1).optional(),
  whenFull: z.enum(['refuse', 'wait']).default('refuse'),
  demand: demandSchema.optional(),
  estimate: durationSchema.optional(),
  traceContext: traceContextSchema.optional(),
  labels: z.record(z.string(), z.string()).optional(),
})

/** Submit options after reading: durations in ms, priority as a level, references as ids. */
export type ResolvedSubmitOptions = z.output<typeof submitOptionsSchema>
