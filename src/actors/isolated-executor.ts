import type { TaskContext } from '../model/definition.ts'
import type { Failure } from '../model/errors.ts'
import { describeThrown } from '../model/errors.ts'
import type { IsolatedHandler, SandboxUsage } from '../model/isolation.ts'
import { SandboxError } from '../model/sandbox-error.ts'
import type { Execution } from './execution.ts'
import { runInline } from './inline-executor.ts'
import type { ExecutorPort, RunningHandler } from './running-handler.ts'
import { failureOf } from './running-handler.ts'

/** A handler that runs in a sandbox. */
export interface SandboxedRun {
  /** The output; rejects with what was thrown, or with a SandboxError. */
  readonly done: Promise<unknown>
  readonly usage: SandboxUsage
  /** Ends the sandbox, whatever it does. */
  kill(): void
}

/** Where isolated handlers run. */
export interface HandlerSandboxes {
  run(handler: IsolatedHandler, task: TaskContext, input: unknown): SandboxedRun
}

function sandboxFailure(thrown: unknown): Failure {
  if (!(thrown instanceof SandboxError)) return failureOf(thrown)
  return { code: thrown.code, message: describeThrown(thrown), retryable: thrown.isRetryable, cause: thrown }
}

/** Runs the handler of an attempt where its definition says. */
export function runHandler(execution: Execution, sandboxes: HandlerSandboxes, port: ExecutorPort): RunningHandler {
  const { handler } = execution.definition
  return handler.form === 'isolated' ? runIsolated(execution, handler, sandboxes, port) : runInline(execution, port)
}

/** Runs a handler in a sandbox. It is ended with its attempt, however that ends. */
function runIsolated(
  execution: Execution,
  handler: IsolatedHandler,
  sandboxes: HandlerSandboxes,
  port: ExecutorPort,
): RunningHandler {
  const run = sandboxes.run(handler, execution, execution.input)
  let isMeasured = false
  const measure = () => {
    if (isMeasured) return
    isMeasured = true
    execution.measured(run.usage)
  }
  run.done.then(
    (output) => {
      measure()
      execution.whenStepsSettled(() => port.completed(output))
    },
    (thrown: unknown) => {
      measure()
      execution.stopSteps(() => port.failed(sandboxFailure(thrown)))
    },
  )
  const end = () => {
    run.kill()
    measure()
  }
  // Its signal, which the sandbox is told of, was aborted: it has the grace period to end in good order.
  return { child: null, stop: () => undefined, abandon: end, end }
}
