import { describeThrown, RefusedError } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { StepOptions, StepRun } from '../model/handler-parts.ts'
import { redactText } from '../security/redaction.ts'
import type { Undoing } from './rollback.ts'
import type { StepLog } from './step-log.ts'

/** What steps need of the attempt that they are part of. */
export interface StepHost {
  readonly id: string
  readonly attempt: number
  readonly signal: AbortSignal
  readonly isClosed: boolean
  readonly steps: StepLog
  /** @throws if the attempt is over or was told to stop. */
  assertOpen(): void
  /** Returns when the attempt is not paused. @throws if it is over or was told to stop. */
  pass(): Promise<void>
  alive(): void
  report(happening: TaskHappening): void
  /** Takes back what a step did that ended after its attempt. */
  undoLate(undoing: Undoing): Promise<void>
}

/** Runs the steps of one attempt: each name once, a result of an earlier attempt without running it again. */
export class StepRunner {
  readonly #host: StepHost
  readonly #inFlight = new Set<Promise<unknown>>()
  readonly #names = new Set<string>()

  constructor(host: StepHost) {
    this.#host = host
  }

  get inFlight(): ReadonlySet<Promise<unknown>> {
    return this.#inFlight
  }

  async run<Result>(
    name: string,
    work: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result>,
  ): Promise<Result> {
    this.#host.assertOpen()
    if (this.#names.has(name)) {
      const message = `step "${name}" was used before in this attempt; give each step its own name`
      throw new RefusedError('STEP_DUPLICATE', message)
    }
    this.#names.add(name)
    // In flight from the call on: a handler that returns without awaiting the step is not done before it.
    const running = this.#pass(name, work, options)
    this.#inFlight.add(running)
    try {
      return await running
    } finally {
      this.#inFlight.delete(running)
    }
  }

  async #pass<Result>(
    name: string,
    work: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result>,
  ): Promise<Result> {
    await this.#host.pass()
    const memo = this.#host.steps.get<Result>(name)
    return memo ? memo.result : this.#execute(name, work, options)
  }

  async #execute<Result>(
    name: string,
    work: (step: StepRun) => Result | Promise<Result>,
    { undo }: StepOptions<Result>,
  ): Promise<Result> {
    const host = this.#host
    const { attempt } = host
    const idempotencyKey = `${host.id}:${name}`
    host.alive()
    host.report({ type: 'task.step.started', step: name, attempt })
    const result = await this.#noting(name, () => work({ signal: host.signal, attempt, idempotencyKey }))
    const undoResult = undo ? (signal: AbortSignal) => undo(result, { signal, attempt, idempotencyKey }) : null
    if (host.isClosed) {
      // The rollback, or the next attempt, has not seen this effect: it is taken back here and now.
      if (undoResult) await host.undoLate({ step: name, undo: undoResult })
      throw new RefusedError('TASK_ENDED', `step "${name}" finished after its attempt was given up`)
    }
    host.steps.add({ name, result, undo: undoResult })
    host.alive()
    host.report({ type: 'task.step.completed', step: name, attempt })
    return result
  }

  async #noting<Result>(step: string, work: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (thrown) {
      const { attempt, isClosed } = this.#host
      const message = redactText(describeThrown(thrown))
      if (!isClosed) this.#host.report({ type: 'task.step.failed', step, attempt, message })
      throw thrown
    }
  }
}
