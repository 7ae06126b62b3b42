import { z } from 'zod'

/** Why a task failed, was cancelled or was rejected. Stable: programs may branch on it. */
export type FailureCode =
  | 'ACTOR_CRASHED'
  | 'ALLOCATION_FAILED'
  | 'BUDGET_EXCEEDED'
  | 'CANCELLED'
  | 'DEADLINE_EXCEEDED'
  | 'DEPENDENCY_FAILED'
  | 'HANDLER_FAILED'
  | 'ISOLATION_UNAVAILABLE'
  | 'LEASE_LOST'
  | 'OUTPUT_INVALID'
  | 'OUTPUT_TOO_LARGE'
  | 'PARENT_ENDED'
  | 'PROCESS_CRASHED'
  | 'SANDBOX_BROKEN'
  | 'SANDBOX_LIMIT'
  | 'SHUTDOWN'
  | 'TIMEOUT'
  | 'VALIDATION_FAILED'

/** Why the runtime refused a call. Stable: programs may branch on it. */
export type RefusalCode =
  | 'DEFINITION_INVALID'
  | 'DEMAND_INVALID'
  | 'DEMAND_UNFIT'
  | 'DEPENDENCY_UNKNOWN'
  | 'DUPLICATE_DEFINITION'
  | 'DUPLICATE_TEMPLATE'
  | 'FLOW_CYCLE'
  | 'FLOW_INVALID'
  | 'FORBIDDEN'
  | 'INPUT_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'ISOLATION_TOO_LOW'
  | 'OPTIONS_INVALID'
  | 'POOL_UNKNOWN'
  | 'QUEUE_FULL'
  | 'QUOTA_EXCEEDED'
  | 'QUESTION_UNANSWERED'
  | 'QUESTION_UNKNOWN'
  | 'ANSWER_INVALID'
  | 'RUNTIME_DEGRADED'
  | 'RUNTIME_DRAINING'
  | 'RUNTIME_STOPPED'
  | 'SECRET_UNPROTECTED'
  | 'STEP_DUPLICATE'
  | 'STORE_UNAVAILABLE'
  | 'TASK_ENDED'
  | 'TOKEN_REFUSED'
  | 'UNKNOWN_TASK'
  | 'TASK_UNFINISHED'
  | 'UNKNOWN_TEMPLATE'
  | 'UNKNOWN_TYPE'
  | 'WRONG_VERSION'

/**
 * What went wrong inside a task, as plain data.
 * `cause` is what was thrown, as it was: it stays in memory and goes to no log or journal.
 */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
  /** Whether another attempt may be made, if the retry policy has one left. */
  readonly retryable: boolean
  readonly cause?: unknown
}

/** The base of every error that the runtime throws: a stable `code`, and a message that says what to do. */
export class TaskwrightError<Code extends string = string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The runtime refused a call; nothing was done. `problems` lists every one found, one sentence each. */
export class RefusedError extends TaskwrightError<RefusalCode> {
  readonly problems: readonly string[]

  constructor(code: RefusalCode, message: string, options?: ErrorOptions & { problems?: readonly string[] }) {
    super(code, message, options)
    this.problems = options?.problems ?? [message]
  }
}

/** The policy does not allow it. `rule` names the rule that says so. */
export class ForbiddenError extends RefusedError {
  readonly action: string
  readonly rule: string

  constructor(message: string, action: string, rule: string) {
    super('FORBIDDEN', message)
    this.action = action
    this.rule = rule
  }
}

/** Throw this from a handler to fail at once, without another attempt. */
export class NonRetryableError extends TaskwrightError<'NON_RETRYABLE'> {
  constructor(message: string, options?: ErrorOptions) {
    super('NON_RETRYABLE', message, options)
  }
}

/** The runtime's own books contradict themselves: a defect of the runtime, not of the caller. Please report it. */
export class InvariantError extends TaskwrightError<'INVARIANT_BROKEN'> {
  constructor(message: string, options?: ErrorOptions) {
    super('INVARIANT_BROKEN', message, options)
  }
}

/** Why a handler's `signal` was aborted: the reason of its `AbortSignal`. */
export class TaskStoppedError extends TaskwrightError<FailureCode> {}

/** Turns whatever was thrown into one sentence: non-errors, and errors whose own properties throw, too. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof z.ZodError) return listProblems(thrown).join('; ')
    if (thrown instanceof Error) return String(thrown.message || thrown.name)
    if (typeof thrown === 'string') return thrown
    // An error of another realm: a worker's, or a VM context's.
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string')
      return thrown.message
    return `a non-error was thrown: ${JSON.stringify(thrown) ?? String(thrown)}`
  } catch {
    return 'something was thrown that cannot be printed'
  }
}

/** Zod's issues, one sentence each, with the path in front. */
export function listProblems(error: z.ZodError, at = ''): string[] {
  return error.issues.map((issue) => {
    const path = z.core.toDotPath(issue.path)
    const where = [at, path].filter(Boolean).join(at && path.startsWith('[') ? '' : '.')
    return where ? `${where}: ${issue.message}` : issue.message
  })
}

/** One error for a list of problems. */
export function refuse(code: RefusalCode, subject: string, problems: readonly string[]): RefusedError {
  const lines = problems.map((problem) => `\n  - ${problem}`).join('')
  return new RefusedError(code, `${subject}:${lines}`, { problems })
}
