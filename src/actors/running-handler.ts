import type { AnyActorRef } from 'xstate'
import type { Failure } from '../model/errors.ts'
import { describeThrown, NonRetryableError, RefusedError } from '../model/errors.ts'

/** What a task lends its executor: where to answer, and its place in the tree of actors. */
export interface ExecutorPort {
  readonly self: AnyActorRef
  completed(output: unknown): void
  failed(failure: Failure): void
  /** A handler that is a machine did something: it lives. */
  alive(): void
  /** A handler that is a machine moved to another state. */
  moved(state: string): void
  stopChild(child: AnyActorRef): void
}

/** A started handler that can be told to stop from outside. */
export interface RunningHandler {
  readonly child: AnyActorRef | null
  /** The attempt's signal was aborted: end what does not listen to signals. */
  stop(): void
  /** The grace period is over. */
  abandon(): void
  /** The attempt is over: nothing of it may go on where that can be helped. */
  end(): void
}

/** What a handler's throw means: any error may be retried, but those that say they may not. */
export function failureOf(thrown: unknown): Failure {
  return { code: 'HANDLER_FAILED', message: describeThrown(thrown), retryable: !isPermanent(thrown), cause: thrown }
}

function isPermanent(thrown: unknown): boolean {
  try {
    return thrown instanceof NonRetryableError || thrown instanceof RefusedError
  } catch {
    // A proxy that cannot even be asked what it is.
    return false
  }
}
