import type { EventObject } from 'xstate'
import type { z } from 'zod'
import type { Machines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { PoolsInput } from '../../model/resources.ts'
import type { Runtime } from '../../runtime/create-runtime.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { CoverageKind } from './coverage-report.ts'
import type { FaultName } from './faults.ts'

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
  /** Your own invariants: throws, or rejects, where one does not hold. */
  check?(at: CheckPoint<Services>): unknown
  /** Of the runtime's chance, of inputs that are made up, and of random walks. Default 1. */
  seed?: number
  thresholds?: CoverageThresholds
  /** How long one path may take in real time, ms, before it fails. Default 10,000. */
  watchdogMs?: number
  /** The runtime that the paths run on: its pools, if the definition's demand does not say enough; other statecharts. */
  runtime?: { readonly pools?: PoolsInput; readonly machines?: Partial<Machines> }
  /** Runs in place of the definition, on the definition's paths and against its expectations: for planted faults. */
  subject?: TaskDefinition
}
