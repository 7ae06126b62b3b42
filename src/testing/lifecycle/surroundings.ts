import type { z } from 'zod'
import type { Machines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { TaskOutcome } from '../../model/outcome.ts'
import type { PoolsInput } from '../../model/resources.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { VirtualEnvironment } from '../../runtime/virtual-environment.ts'
import type { FollowedTask } from './followed-task.ts'
import type { CheckPoint } from './lifecycle-options.ts'
import type { Pilot } from './pilot.ts'
import type { Patience } from './real-time.ts'

/** What a path is walked in: the same for all paths of a suite. */
export interface Surroundings {
  /** What runs: the definition, or the one with a fault planted in it. */
  readonly subject: TaskDefinition
  readonly machines: Machines
  readonly pools: PoolsInput
  readonly seed: number
  readonly patience: Patience
  makeServices(): unknown
  check(at: CheckPoint): unknown
  /** Answers to a question that the handler asks, the first that is to be tried first. */
  answerTo(question: { readonly prompt: string; readonly schema: z.ZodType }): Promise<unknown>
}

/** A path that is being walked, as the checks see it. */
export interface Walked {
  readonly surroundings: Surroundings
  readonly environment: VirtualEnvironment
  readonly runtime: Runtime
  readonly pilot: Pilot
  /** Every task of the runtime, by its id. */
  readonly tasks: ReadonlyMap<string, FollowedTask>
  readonly events: readonly RuntimeEvent[]
  /** Of the task that is walked. */
  readonly outcome: TaskOutcome | null
}
