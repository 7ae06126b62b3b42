import { isDeepStrictEqual } from 'node:util'
import { describeThrown, NonRetryableError, RefusedError } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { StepOptions, StepRun } from '../model/handler-parts.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Limits } from '../model/limits.ts'
import { isLarger } from '../model/limits.ts'
import { encodeValue } from '../store/value-codec.ts'
import { unwritable } from './accepted-record.ts'
import type { Undoing } from './rollback.ts'
import type { LoggedStep, StepLog, StepUndo } from './step-log.ts'

/** What steps need of the attempt that they are part of. */
export interface StepHost {
  readonly id: string
  readonly attempt: number
  readonly signal: AbortSignal
  readonly isClosed: boolean
  /** Another attempt runs, or will: what has finished is of use to it. */
  readonly goesOn: boolean
  readonly steps: StepLog
  readonly limits: Limits
  /** Steps outlive the process: their results have to be written down. */
  readonly keepsState: boolean
  /** @throws if the attempt is over or was told to stop. */
  assertOpen(): void
  /** Returns when the attempt is not paused. @throws if it is over or was told to stop. */
  pass(): Promise<void>
  alive(): void
  report(happening: TaskHappening, payload?: RecordPayload | null): void
  /** Resolves once everything reported so far is durable. */
  recorded(): Promise<void>
  /** Takes back what a step did that ended after its attempt. */
  undoLate(undoing: Undoing): Promise<void>
}

/** How a step is known to services that deduplicate: the same over all its runs. */
export function idempotencyKeyOf(taskId: string, step: string): string {
  return `${taskId}:${step}`
}

function undoOf<Result>({ undo, undoInDoubt }: StepOptions<Result>): StepUndo
function undoOf({ undo, undoInDoubt }: StepOptions<unknown>): StepUndo {
  return {
    hasUndo: undo !== undefined,
    hasUndoInDoubt: undoInDoubt !== undefined,
    undo: undo ?? null,
    undoInDoubt: undoInDoubt ?? null,
  }
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
    const { steps } = this.#host.limits
    if (this.#host.steps.size >= steps && !this.#host.steps.get(name))
      throw new RefusedError('LIMIT_EXCEEDED', `a task may have ${steps} steps; step "${name}" is one more`)
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
    const { steps } = this.#host
    const memo = steps.finished<Result>(name)
    if (!memo) return this.#execute(name, work, options)
    // An earlier process had it: only now is it known how to take it back.
    Object.assign(memo, undoOf(options))
    return memo.result
  }

  async #execute<Result>(
    name: string,
    work: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result>,
  ): Promise<Result> {
    const host = this.#host
    const inDoubt = host.steps.get(name)?.state === 'inDoubt'
    const run: StepRun = {
      signal: host.signal,
      attempt: host.attempt,
      idempotencyKey: idempotencyKeyOf(host.id, name),
      inDoubt,
    }
    const begun = host.steps.begin(name, undoOf(options))
    try {
      return await this.#runBegun(begun, run, work)
    } finally {
      host.steps.leave(name)
    }
  }

  async #runBegun<Result>(
    begun: LoggedStep,
    run: StepRun,
    work: (step: StepRun) => Result | Promise<Result>,
  ): Promise<Result> {
    const host = this.#host
    const { attempt } = host
    const { name, undo, hasUndo, hasUndoInDoubt } = begun
    host.alive()
    host.report({ type: 'task.step.started', step: name, attempt }, { hasUndo, hasUndoInDoubt })
    if (host.keepsState) await this.#mayRun(name)
    const result = await this.#noting(begun, run, () => work(run))
    if (host.isClosed) {
      const fate = this.#fateOf(begun, result)
      // The next attempt has not come to it, or has failed at it: it finds the result.
      if (fate === 'keep') this.#finish(name, result)
      // No rollback, and no other attempt, has seen this effect: it is taken back here and now.
      if (fate === 'undo' && undo) {
        // A later run of it may have been undone: under the same key, that was this effect.
        const inDoubt = this.#mayBeUndone(begun)
        // What an earlier run still does comes after this undo.
        begun.state = 'undone'
        await host.undoLate({
          step: name,
          lateOf: attempt,
          undo: (signal) => undo(result, { ...run, signal, inDoubt: inDoubt || this.#host.steps.get(name) !== begun }),
        })
      }
      throw new RefusedError('TASK_ENDED', `step "${name}" finished after its attempt was given up`)
    }
    this.#finish(name, result)
    host.alive()
    // The handler goes on with a result only once it will never be made again.
    if (host.keepsState) await host.recorded()
    return result
  }

  /** What becomes of the effect of a run that ended after its attempt: the step may have been run again since. */
  #fateOf(begun: LoggedStep, result: unknown): 'keep' | 'undo' | 'same' {
    const { steps, goesOn } = this.#host
    const now = steps.get(begun.name)
    if (now === begun || now?.state === 'failed') return goesOn ? 'keep' : 'undo'
    // Equal results are one effect, made once by a service that knows the idempotency key.
    if (now?.state === 'finished') return isDeepStrictEqual(now.result, result) ? 'same' : 'undo'
    return now?.state === 'running' ? 'same' : 'undo'
  }

  /** The effect may come only after the record that it may. */
  async #mayRun(name: string): Promise<void> {
    const host = this.#host
    await host.recorded()
    try {
      host.assertOpen()
    } catch (stopped) {
      host.steps.fail(name)
      const { attempt } = host
      if (!host.isClosed)
        host.report({ type: 'task.step.failed', step: name, attempt, message: 'stopped before it was run' })
      throw stopped
    }
  }

  /** @throws NonRetryableError if the result cannot be written down; the step has finished all the same */
  #finish(name: string, result: unknown): void {
    const host = this.#host
    const { attempt } = host
    host.steps.finish(name, result)
    let payload: RecordPayload | null = null
    let problem: string | null = null
    const { resultBytes } = host.limits
    if (resultBytes !== null && isLarger(result, resultBytes)) problem = `it is larger than ${resultBytes} bytes`
    else if (host.keepsState) {
      problem = unwritable(result)
      if (problem === null) payload = { result: encodeValue(result) }
    }
    host.report({ type: 'task.step.completed', step: name, attempt }, payload)
    if (problem !== null) throw new NonRetryableError(`the result of step "${name}": ${problem}`)
  }

  #mayBeUndone(begun: LoggedStep): boolean {
    return begun.state === 'undone' || begun.hadDoubt || this.#host.steps.get(begun.name) !== begun
  }

  async #noting<Result>(begun: LoggedStep, run: StepRun, work: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (thrown) {
      const host = this.#host
      const { attempt } = host
      const { name: step } = begun
      if (host.isClosed) await this.#failedLate(begun, run)
      else {
        host.steps.fail(step)
        host.report({ type: 'task.step.failed', step, attempt, message: describeThrown(thrown) })
      }
      throw thrown
    }
  }

  /** It threw after its attempt was given up: what it may have done is in doubt. */
  async #failedLate(begun: LoggedStep, run: StepRun): Promise<void> {
    const host = this.#host
    const { name } = begun
    const now = host.steps.get(name)
    if (host.goesOn) {
      // The next attempt, or its rollback, knows of the doubt.
      if (now === begun) host.steps.fail(name)
      else if (now?.state === 'running') now.hadDoubt = true
      return
    }
    const { undoInDoubt } = begun
    if (!undoInDoubt) return
    const undo = (signal: AbortSignal) => undoInDoubt({ ...run, signal, inDoubt: true })
    await host.undoLate({ step: name, lateOf: host.attempt, undo })
  }
}
