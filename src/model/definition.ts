import type { AnyActorLogic } from 'xstate'
import type { z } from 'zod'
import type { Duration } from './duration.ts'
import type { AskOptions, ChildHandle, ChildOptions, StepOptions, StepRun, TaskLog } from './handler-parts.ts'
import type {
  CapabilitiesInput,
  HandlerSource,
  IsolatedHandler,
  IsolationLevel,
  SandboxLimitsInput,
} from './isolation.ts'
import type { TaskKind } from './kind.ts'
import type { Principal } from './principal.ts'
import type { Priority } from './priority.ts'
import type { Demand } from './resources.ts'
import type { TaskStage } from './stage.ts'
import type { TraceContext } from './trace-context.ts'

/**
 * What a handler does its work with. Every call is a sign of life and renews the lease.
 * After the task has ended, or this attempt was given up, calls that would change something throw `TASK_ENDED`,
 * and reports (`progress`, `used`, `log`) are dropped.
 */
export interface TaskContext {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  /** The number of this attempt, from 1. */
  readonly attempt: number
  /** Aborted when the attempt must stop; `signal.reason` is a `TaskStoppedError` that says why. */
  readonly signal: AbortSignal
  readonly log: TaskLog
  /** For the headers of what the handler asks of others: the trace that the attempt belongs to; `null`: none. */
  readonly traceContext: TraceContext | null
  /** The environment's time, ms since the epoch. */
  now(): number
  /** The environment's chance, from 0 (inclusive) to 1 (exclusive). */
  random(): number
  /**
   * A named unit of work, run once for a task: later attempts get the first result back.
   * A name may be used once in an attempt (`STEP_DUPLICATE`).
   */
  step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options?: StepOptions<Result>,
  ): Promise<Result>
  /** How far the work is, from 0 to 1. */
  progress(fraction: number, message?: string): void
  /**
   * Reports what was really consumed, added to earlier reports. More than the demand draws on the pool;
   * a budget that cannot give it stops the task with `BUDGET_EXCEEDED`. @throws RefusedError for what is no demand.
   */
  used(usage: Demand): void
  heartbeat(): void
  /** Parks the task in `awaitingInput` until somebody answers with what `schema` accepts. */
  ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options?: AskOptions<z.output<Schema>>,
  ): Promise<z.output<Schema>>
  /** Waits on the environment's clock; throws when the task is stopped. */
  sleep(duration: Duration): Promise<void>
  /** Submits a child: it acts for the same principal, and is cancelled when this task ends. */
  submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: ChildOptions,
  ): Promise<ChildHandle<z.output<Output>>>
  /** A child of this task by its id, or, if a process that has ended had submitted it, by its key. */
  child(idOrKey: string): ChildHandle<unknown> | undefined
}

/** What `validate` may answer: nothing or `true` is fit; `false`, a sentence or a list of them is not. */
export type ValidationVerdict = undefined | boolean | string | readonly string[]

export interface ValidationRun {
  readonly id: string
  readonly signal: AbortSignal
}

/** What the definition's own `rollback` is told of its run. */
export interface RollbackRun {
  readonly id: string
  readonly signal: AbortSignal
  /** An earlier process had begun it, and it is not known how far it came. */
  readonly inDoubt: boolean
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

/** What becomes of a task that was executing when its process ended. */
export type CrashPolicy = 'retry' | 'rollBack' | 'fail'

/** What an older version of a definition has left of a task. */
export interface MigrationState {
  readonly stage: TaskStage
  /** As the older version's input schema gave it. */
  readonly input: unknown
  /** Results of the finished steps, by name; they stand, under the same names. */
  readonly steps: Readonly<Record<string, unknown>>
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
  /**
   * The work: a function, XState actor logic (a machine) that gets the input as its `input`, or the code of an isolated
   * handler, as `handlerFile` and `scriptHandler` name it.
   */
  run:
    | ((task: TaskContext, input: z.output<Input>) => z.input<Output> | Promise<z.input<Output>>)
    | AnyActorLogic
    | HandlerSource<z.output<Input>, z.input<Output>>
  /**
   * Where the handler runs. Functions and machines run `inline`, in the host; a handler file at the level `process` (the
   * default) or `thread`, a script at `wasm`.
   */
  isolation?: IsolationLevel
  /** What an isolated handler may reach through the host. Without it: nothing. */
  can?: CapabilitiesInput
  /** What one attempt of an isolated handler may use. */
  sandbox?: SandboxLimitsInput
  /** Runs after the steps' undos, with the output if there was one. */
  rollback?(output: z.output<Output> | undefined, run: RollbackRun): unknown
  /**
   * What to do with a task that was executing when its process ended: try it again (the default; at most
   * `crashLimit` times), roll it back, or fail it as it stands.
   */
  onCrash?: CrashPolicy
  /** How many processes a task may take down with it before it is rolled back. Default 3. */
  crashLimit?: number
  /** Makes this version's input of what an older version, or an older machine, has left. */
  migrate?(fromVersion: number, state: MigrationState): z.input<Input> | Promise<z.input<Input>>
  /** Other definitions that the handler submits: a recovered runtime has to know them before the handler runs. */
  uses?: readonly TaskDefinition[]
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
    | IsolatedHandler
  rollback?(output: z.output<Output> | undefined, run: RollbackRun): unknown
  readonly onCrash: CrashPolicy
  readonly crashLimit: number
  migrate?(fromVersion: number, state: MigrationState): z.input<Input> | Promise<z.input<Input>>
  readonly uses: readonly TaskDefinition[]
}
