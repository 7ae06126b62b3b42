import type { TaskSnapshot } from '../machines/task-engine.ts'
import type { Authority } from '../model/access.ts'
import type { TaskDefinition } from '../model/definition.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import type { Principal } from '../model/principal.ts'
import type { TraceContext } from '../model/trace-context.ts'
import type { DemandVector } from '../scheduling/demand-vector.ts'

/** What is decided about a task when it is accepted, and what views show of it. Times in ms since the epoch. */
export interface TaskFacts {
  readonly id: string
  /** Order of arrival. */
  readonly seq: number
  readonly definition: TaskDefinition
  /** After the input schema. */
  readonly input: unknown
  readonly principal: Principal
  /** In whose name it was submitted: what it does itself may not be more. */
  readonly authority: Authority
  /** The rule of the policy that allowed it; `null`: nobody was asked. */
  readonly rule: string | null
  readonly parentId: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly vector: DemandVector
  readonly estimateMs: number | null
  readonly startAt: number | null
  readonly deadlineAt: number | null
  readonly dedupeKey: string | null
  readonly after: readonly string[]
  /** Which of its parent's submissions made it. */
  readonly childKey: string | null
  /** How many parents it has above it. */
  readonly depth: number
  readonly createdAt: number
  /** The trace that it belongs to; `null`: none. */
  readonly traceContext: TraceContext | null
}

/** What changes over a task's life beside its statechart. */
export interface TaskProgress {
  priority: number
  queuedAt: number | null
  startedAt: number | null
  endedAt: number | null
  /** Start of the attempt that executes now. */
  runningSince: number | null
  fraction: number
  message: string
  compensated: boolean
  /** Why it cannot be taken up after a recovery; `null`: it can. */
  parked: string | null
}

/** A task as an earlier process left it. */
export interface RestoredTask {
  readonly snapshot: TaskSnapshot
  readonly outcome: TaskOutcome | null
  readonly progress: Partial<TaskProgress>
}
