import { z } from 'zod'
import type { RetryPolicy, TaskDefinition } from './definition.ts'
import { durationSchema } from './duration.ts'
import { capabilitiesSchema, isHandlerSource, isolationLevels, sandboxLimitsSchema } from './isolation.ts'
import { taskKindSchema } from './kind.ts'
import { prioritySchema } from './priority.ts'
import { demandSchema } from './resources.ts'
import { taskStages } from './stage.ts'

const retrySchema = (attempts: number, backoffMs: number) =>
  z
    .strictObject({
      attempts: z.int().min(1).default(attempts),
      backoff: durationSchema.default(backoffMs),
      factor: z.number().min(1).finite().default(2),
      maxBackoff: durationSchema.optional(),
      jitter: z.boolean().default(true),
    })
    .transform(
      ({ attempts, backoff, factor, maxBackoff, jitter }): RetryPolicy => ({
        attempts,
        backoffMs: backoff,
        factor,
        maxBackoffMs: maxBackoff ?? 100 * backoff,
        jitter,
      }),
    )

const aFunction = (what: string) =>
  z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', `${what} must be a function`)

const aSchema = (what: string) =>
  z.custom<z.ZodType>((value) => value instanceof z.ZodType, `${what} must be a Zod schema, such as z.object({ … })`)

/** Checks the plain parts of a {@link TaskSpec}; the functions are only checked to be functions. */
export const taskSpecSchema = z.strictObject({
  type: z.string().min(1).max(200),
  kind: taskKindSchema,
  version: z.int().min(1).default(1),
  description: z.string().default(''),
  input: aSchema('input'),
  output: aSchema('output').optional(),
  demand: z
    .union([demandSchema, aFunction('demand')], {
      error: 'not a demand; give amounts by resource, finite and not negative, or a function of the input',
    })
    .optional(),
  priority: prioritySchema.default(2),
  timeout: durationSchema.nullable().default(null),
  heartbeat: durationSchema.nullable().default(null),
  retry: retrySchema(1, 1_000).prefault({}),
  rollbackRetry: retrySchema(3, 200).prefault({}),
  rollbackTimeout: durationSchema.default(30_000),
  grace: durationSchema.default(5_000),
  concurrency: z.int().min(1).nullable().default(null),
  estimate: z.union([durationSchema, aFunction('estimate')]).optional(),
  maxOutputBytes: z.int().min(1).nullable().default(null),
  validate: aFunction('validate').optional(),
  run: z.custom<unknown>(
    (value) =>
      typeof value === 'function' ||
      (typeof value === 'object' && value !== null && 'transition' in value) ||
      isHandlerSource(value),
    'run must be an async function, XState actor logic (a machine), handlerFile(…) or scriptHandler(…)',
  ),
  isolation: z.enum(isolationLevels).optional(),
  can: capabilitiesSchema.optional(),
  sandbox: sandboxLimitsSchema.optional(),
  rollback: aFunction('rollback').optional(),
  onCrash: z.enum(['retry', 'rollBack', 'fail']).default('retry'),
  crashLimit: z.int().min(1).default(3),
  migrate: aFunction('migrate').optional(),
  uses: z
    .array(
      z.custom<TaskDefinition>(
        (value) => typeof value === 'object' && value !== null && 'handler' in value,
        'not a definition; make it with defineTask',
      ),
    )
    .default([]),
  hooks: z.partialRecord(z.enum(taskStages), aFunction('a hook')).default({}),
})
