import type { EventObject } from 'xstate'
import { z } from 'zod'
import type { Machines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import { listProblems } from '../../model/errors.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { PoolsInput } from '../../model/resources.ts'
import { poolsSchema } from '../../model/resources.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { CoverageKind } from './coverage-report.ts'
import type { FaultName } from './faults.ts'
import { faultNames } from './faults.ts'
import { LifecycleError } from './lifecycle-error.ts'

const aFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function')

/**
 * How thoroughly a definition is walked. `exhaustive`: every transition of the task's life, every pair of a stage and
 * an event that cuts across stages, every fault at every point of the handler, every transition of a handler that is a
 * machine. `shortest`: one path to every state. `simple`: every path that visits no state twice. `nSwitch`: every pair
 * (1) or triple (2) of transitions that can follow each other.
 */
export type CoverageGoal = 'exhaustive' | 'shortest' | 'simple' | { readonly nSwitch: 1 | 2 }

/** What an invariant of the user's sees, after each event of a path. */
export interface CheckPoint<Services = unknown> {
  readonly task: TaskHandle
  readonly runtime: Runtime
  /** What `services` made for this path. */
  readonly services: Services
  /** Everything that has happened in this path. */
  readonly events: readonly RuntimeEvent[]
  /** The last check of the path: the task has ended, and what was left is over. */
  readonly isEnd: boolean
}

/** Least shares that must be covered of what can be reached, in percent. */
export type CoverageThresholds = Partial<Record<CoverageKind, number>>

export interface LifecycleOptions<Input = unknown, Services = unknown> {
  /** Sample inputs. Without any, one is made up from the schema: that needs the package `zod-schema-faker`. */
  inputs?: readonly Input[]
  /** Makes what the handler works with anew for each path, before it. */
  services?: () => Services | Promise<Services>
  /** Which faults to plant in the handler. Default: all. */
  faults?: readonly FaultName[]
  /** Default: `exhaustive`. */
  coverage?: CoverageGoal
  /** How many paths there may be. Default 5,000. What is cut off is reported. */
  limit?: number
  /** Sample events for a handler that is a machine. Without any, its event types are sent without a payload. */
  events?: readonly EventObject[]
  /** Answers a question that the handler asks. Without it, or where it gives `undefined`, an answer is made up. */
  answer?(question: { readonly prompt: string; readonly schema: z.ZodType }): unknown
  /**
   * Your own invariants: throws, or rejects, where one does not hold. It is left out from where a task is told of its
   * handler what the handler has not done: those paths are for what only a race can bring about.
   */
  check?(at: CheckPoint<Services>): unknown
  /** Of the runtime's chance, of inputs that are made up, and of random walks. Default 1. */
  seed?: number
  /** Walks by chance, for depth: how many, and how long each may be. Default 20 of 30. They need the package `fast-check`. */
  walks?: { readonly runs?: number; readonly length?: number }
  thresholds?: CoverageThresholds
  /** How long one path may take in real time, ms, before it fails. Default 10,000. */
  watchdogMs?: number
  /** The runtime that the paths run on: its pools, if the definition's demand does not say enough; other statecharts. */
  runtime?: { readonly pools?: PoolsInput; readonly machines?: Partial<Machines> }
  /** Runs in place of the definition, on the definition's paths and against its expectations: for planted faults. */
  subject?: TaskDefinition
}

const optionsSchema = z.strictObject({
  inputs: z.array(z.unknown()).min(1, 'give at least one sample input, or leave inputs out').optional(),
  services: aFunction.optional(),
  faults: z.array(z.enum(faultNames)).optional(),
  coverage: z
    .union(
      [
        z.enum(['exhaustive', 'shortest', 'simple']),
        z.strictObject({ nSwitch: z.union([z.literal(1), z.literal(2)]) }),
      ],
      { error: "not a goal; give 'exhaustive', 'shortest', 'simple', { nSwitch: 1 } or { nSwitch: 2 }" },
    )
    .optional(),
  limit: z.int().min(1).optional(),
  events: z.array(z.looseObject({ type: z.string().min(1) })).optional(),
  answer: aFunction.optional(),
  check: aFunction.optional(),
  seed: z.int().optional(),
  walks: z.strictObject({ runs: z.int().min(0).optional(), length: z.int().min(1).optional() }).optional(),
  thresholds: z
    .partialRecord(z.enum(['states', 'transitions', 'guards', 'pairs']), z.number().min(0).max(100))
    .optional(),
  watchdogMs: z.number().positive().optional(),
  runtime: z.strictObject({ pools: poolsSchema.optional(), machines: z.unknown().optional() }).optional(),
  subject: z.unknown().optional(),
})

/** @throws LifecycleError `LIFECYCLE_UNFIT` with every problem listed */
export function checkOptions(definition: TaskDefinition, options: LifecycleOptions): void {
  const isDefinition = typeof definition === 'object' && definition !== null && 'handler' in definition
  const checked = optionsSchema.safeParse(options)
  const problems = checked.success ? [] : listProblems(checked.error)
  if (!isDefinition) problems.unshift('what is to be walked is no task definition; make it with defineTask')
  if (problems.length === 0) return
  const subject = isDefinition ? `the lifecycle options of ${definition.type}` : 'the lifecycle test'
  throw new LifecycleError('LIFECYCLE_UNFIT', `${subject} cannot be used:`, problems)
}
