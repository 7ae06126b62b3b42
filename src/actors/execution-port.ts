import type { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { Environment } from '../model/environment.ts'
import type { TaskHappening } from '../model/events.ts'
import type { ChildHandle } from '../model/handler-parts.ts'
import type { SandboxUsage } from '../model/isolation.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Limits } from '../model/limits.ts'
import type { Principal } from '../model/principal.ts'
import type { Demand } from '../model/resources.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { TraceContext } from '../model/trace-context.ts'
import type { ClosingOfQuestion } from './questions.ts'
import type { Undoing } from './rollback.ts'
import type { StepLog } from './step-log.ts'
import type { Timers } from './timers.ts'

/** What an execution needs of the task that it belongs to. */
export interface ExecutionPort {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  readonly definition: TaskDefinition
  readonly input: unknown
  readonly environment: Environment
  /** The trace that what the handler asks of others belongs to; `null`: none. */
  readonly traceContext: TraceContext | null
  readonly timers: Timers
  readonly steps: StepLog
  /** What happens outlives the process. */
  readonly keepsState: boolean
  readonly limits: Limits
  /** Another attempt runs, or will. */
  readonly goesOn: boolean
  report(happening: TaskHappening, payload?: RecordPayload | null): void
  /** Resolves once everything reported so far is durable. */
  recorded(): Promise<void>
  /** A text without what must not be told of the task. */
  scrub(text: string): string
  /** A value of which the schema says what is secret. */
  learn(schema: z.ZodType, value: unknown): void
  /** A secret that the handler was given. */
  hide(value: string): void
  /** The handler gave a sign of life. */
  alive(): void
  asked(): void
  questionClosed(questionId: string, how: ClosingOfQuestion): void
  /** An answer that an earlier process was given. */
  answerTo<Answer>(key: string): { readonly value: Answer } | undefined
  answered(questionId: string, key: string, answer: unknown): Promise<void>
  use(usage: Demand): void
  /** Reports what a sandbox has used; resources of that name that a pool has are drawn on. */
  measured(usage: SandboxUsage): void
  progress(fraction: number, message: string): void
  /** Takes back what a step did that ended after its attempt; what stands is said aloud. */
  undoLate(undoing: Undoing): Promise<void>
  submitChild<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: SubmitOptions | undefined,
    key: string | null,
  ): Promise<ChildHandle<z.output<Output>>>
  child(id: string): ChildHandle<unknown> | undefined
}
