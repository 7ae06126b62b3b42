import { z } from 'zod'
import type { AnyActorLogic } from 'xstate'
import { durationSchema } from './duration.ts'
import type { Duration } from './duration.ts'
import { taskKindSchema } from './kind.ts'
import type { TaskKind } from './kind.ts'
import { prioritySchema } from './priority.ts'
import type { Priority } from './priority.ts'
import { demandSchema } from './resources.ts'
import type { Demand } from './resources.ts'
import type { TaskStage } from './stage.ts'
import type { TaskContext } from './task-context.ts'

/** What `validate` may answer: nothing or `true` is fit; `false`, a sentence or a list of them is not. */
export type ValidationVerdict = undefined | boolean | string | readonly string[]

export interface ValidationRun {
  readonly id: string
  readonly signal: AbortSignal
}

/** Told of a task's entry into a stage. What it throws is logged and changes nothing. */
export type StageHook = (task: { readonly id: string; readonly type: string; readonly attempt: number }) => unknown

/** When and how often to try again. Delay before attempt n + 1: `backoffMs · factor^(n − 1)`, at most `maxBackoffMs`. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  readonly backoffMs: number
  readonly factor: number
  readonly maxBackoffMs: number
  /**
   * Full jitter: the delay is drawn evenly from 0 to what the formula gives.
   * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015.
   */
  readonly jitter: boolean
}

export interface RetryInput {
  attempts?: number
  backoff?: Duration
  factor?: number
  /** Default: 100 times `backoff`, as in Temporal. */
  maxBackoff?: Duration
  jitter?: boolean
}

/** What `defineTask` takes. */
export interface TaskSpec<Input extends z.ZodType, Output extends z.ZodType> {
  type: string
  kind: TaskKind
  version?: number
  description?: string
  input: Input
  /** Gives the result its type, and is checked before the task completes. Without one the output is `unknown`. */
  output?: Output
  /** What the task asks of the pools. Without one: one slot if the runtime has a resource `slots`, else nothing. */
  demand?: Demand | ((input: z.output<Input>) => Demand)
  priority?: Priority
  /** How long one attempt may run, pauses and open questions not counted. Without one: for ever. */
  timeout?: Duration
  /** The longest silence of a handler before it is suspect; after two of them its lease is lost. */
  heartbeat?: Duration
  retry?: RetryInput
  /** How an undo that throws is tried again. */
  rollbackRetry?: RetryInput
  /** How long one undo may take before it counts as failed. */
  rollbackTimeout?: Duration
  /** How long a handler has to stop after its signal, before it is abandoned. */
  grace?: Duration
  /** How many tasks of this type may execute at a time. */
  concurrency?: number
  /** How long a run is expected to take, for planning only. */
  estimate?: Duration | ((input: z.output<Input>) => Duration)
  /** The largest output in bytes of its JSON. */
  maxOutputBytes?: number
  /** A check beyond the schema, before the task is queued. */
  validate?(input: z.output<Input>, run: ValidationRun): ValidationVerdict | Promise<ValidationVerdict>
  /** The work: a function, or XState actor logic (a machine) that gets the input as its `input`. */
  run: ((task: TaskContext, input: z.output<Input>) => z.input<Output> | Promise<z.input<Output>>) | AnyActorLogic
  /** Runs after the steps' undos, with the output if there was one. */
  rollback?(output: z.output<Output> | undefined, run: { readonly id: string; readonly signal: AbortSignal }): unknown
  hooks?: Partial<Record<TaskStage, StageHook>>
}

/** A task definition: what `defineTask` returns, with every default filled in and durations in ms. */
export interface TaskDefinition<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly type: string
  readonly kind: TaskKind
  readonly version: number
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly priority: number
  readonly timeoutMs: number | null
  readonly heartbeatMs: number | null
  readonly retry: RetryPolicy
  readonly rollbackRetry: RetryPolicy
  readonly rollbackTimeoutMs: number
  readonly graceMs: number
  readonly concurrency: number | null
  readonly maxOutputBytes: number | null
  readonly hooks: Partial<Record<TaskStage, StageHook>>
  /** Method syntax below keeps a definition of any input assignable to the base type. */
  demandOf(input: z.output<Input>): Demand | null
  estimateMsOf(input: z.output<Input>): number | null
  validate?(input: z.output<Input>, run: ValidationRun): ValidationVerdict | Promise<ValidationVerdict>
  readonly handler:
    | { readonly form: 'function'; run(task: TaskContext, input: z.output<Input>): unknown }
    | { readonly form: 'actor'; readonly logic: AnyActorLogic }
  rollback?(output: z.output<Output> | undefined, run: { readonly id: string; readonly signal: AbortSignal }): unknown
}

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
  demand: z.union([demandSchema, aFunction('demand')], { error: 'not a demand; give amounts by resource, finite and not negative, or a function of the input' }).optional(),
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
    (value) => typeof value === 'function' || (typeof value === 'object' && value !== null && 'transition' in value),
    'run must be an async function or XState actor logic (a machine)',
  ),
  rollback: aFunction('rollback').optional(),
  hooks: z.record(z.string(), aFunction('a hook')).default({}),
})
