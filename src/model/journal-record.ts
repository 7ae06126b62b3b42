import type { RuntimeEvent } from './events.ts'
import type { Principal, PrincipalAttribute } from './principal.ts'
import type { Demand } from './resources.ts'
import type { TraceContext } from './trace-context.ts'

/** A value as it is written down: itself where JSON can hold it, else in the notation of `devalue`. */
export type StoredValue = unknown

/** With `task.created`: all that was accepted. What is absent was not given. */
export interface AcceptedTask {
  /** Order of arrival. */
  readonly order: number
  readonly input: StoredValue
  readonly principalKind: 'agent' | 'person' | 'system'
  readonly principalWeight: number
  readonly principalTenant?: string
  readonly principalAttributes?: Readonly<Record<string, PrincipalAttribute>>
  /** Those on whose behalf the principal acts. */
  readonly within?: readonly Principal[]
  /** The rule of the policy that allowed it. */
  readonly rule?: string
  readonly demand: Demand
  readonly labels?: Readonly<Record<string, string>>
  readonly estimateMs?: number
  readonly startAt?: number
  readonly deadlineAt?: number
  readonly dedupeKey?: string
  readonly after?: readonly string[]
  /** Which of its parent's calls of `submit` made it. */
  readonly childKey?: string
  /** How many parents it has above it; absent: none. */
  readonly depth?: number
  readonly traceContext?: TraceContext
  /** Hash of the machine that is the handler; absent for a function. */
  readonly machineHash?: string
}

/** What recovery needs of an event beyond what everybody may see. */
export interface RecordPayload {
  readonly accepted?: AcceptedTask
  /** Of a completed task, or of one whose output was there before it was rolled back. */
  readonly output?: StoredValue
  /** Of a finished step. */
  readonly result?: StoredValue
  /** Of a step that a retried task had finished: that task. */
  readonly doneBy?: string
  /** Of a step that begins: whether it can be undone, by its result, or without one. */
  readonly hasUndo?: boolean
  readonly hasUndoInDoubt?: boolean
  /** Of the undo of a run that ended after its attempt: that attempt. */
  readonly lateOf?: number
  /** Of an undo that is done: a run of the step that was given up had not ended, and may take effect yet. */
  readonly stillRuns?: true
  readonly answer?: { readonly key: string; readonly value: StoredValue }
  /** How a task that rolls back will end. */
  readonly ending?: 'failed' | 'cancelled'
  /** Of a task that rolls back: its last attempt. One that a crash ended may have no record of its own. */
  readonly attempt?: number
  /** What the migration of a task made of it. */
  readonly migrated?: { readonly version: number; readonly input: StoredValue; readonly machineHash?: string }
}

/** A line of the journal. */
export interface JournalRecord {
  readonly event: RuntimeEvent
  readonly payload: RecordPayload | null
}
