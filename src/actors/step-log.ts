import type { StepRun } from '../model/handler-parts.ts'

/** `failed`: it threw. `inDoubt`: its process ended before an end of it was on record. */
export type StepState = 'running' | 'failed' | 'inDoubt' | 'finished' | 'undone'

/** What a step can be taken back by. The functions are not at hand after a recovery, until the handler is replayed. */
export interface StepUndo {
  readonly hasUndo: boolean
  readonly hasUndoInDoubt: boolean
  undo: ((result: unknown, run: StepRun) => unknown) | null
  undoInDoubt: ((run: StepRun) => unknown) | null
}

export interface LoggedStep<Result = unknown> extends StepUndo {
  readonly name: string
  state: StepState
  result: Result
  /** It has finished, even if it was undone since: what was undone in doubt has no result to go on with. */
  hasResult: boolean
  /** An undo was begun by an earlier process, and no end of it is on record. */
  undoWasInDoubt: boolean
  /** An earlier run of it may have left something: it threw, or its end is not known. */
  hadDoubt: boolean
  /** The task that ran it, of which this one is the retry: its effect is known by that task's key. `null`: this one. */
  doneBy: string | null
}

/** Whether there may be an effect that somebody has to take back. */
function stands({ state, hasUndo, hasUndoInDoubt, hadDoubt }: LoggedStep): boolean {
  switch (state) {
    case 'finished':
      return hasUndo
    case 'inDoubt':
      return hasUndo || hasUndoInDoubt
    case 'failed':
      return hasUndoInDoubt
    case 'running':
      return hadDoubt && hasUndoInDoubt
    default:
      return false
  }
}

/** The steps of a task over all its attempts, in the order in which they finished. */
export class StepLog {
  readonly #steps = new Map<string, LoggedStep>()
  /** Runs that have not ended, of attempts that were given up too. */
  readonly #runs = new Map<string, number>()

  /** The finished step of that name: the same name gives what the same code gave in an earlier attempt. */
  finished<Result>(name: string): LoggedStep<Result> | undefined
  finished(name: string): LoggedStep | undefined {
    const step = this.#steps.get(name)
    return step?.hasResult ? step : undefined
  }

  get size(): number {
    return this.#steps.size
  }

  get(name: string): LoggedStep | undefined {
    return this.#steps.get(name)
  }

  /** A step as an earlier process recorded it. */
  restore(step: LoggedStep): void {
    this.#steps.set(step.name, step)
  }

  begin(name: string, undo: StepUndo): LoggedStep {
    const before = this.#steps.get(name)
    const step: LoggedStep = {
      ...undo,
      name,
      state: 'running',
      result: undefined,
      hasResult: false,
      undoWasInDoubt: false,
      hadDoubt: before !== undefined && stands(before),
      doneBy: null,
    }
    this.#steps.set(name, step)
    this.#runs.set(name, (this.#runs.get(name) ?? 0) + 1)
    return step
  }

  isRunning(name: string): boolean {
    return (this.#runs.get(name) ?? 0) > 0
  }

  /** A run of the step is over, and what it did after its attempt is taken back. */
  leave(name: string): void {
    const runs = (this.#runs.get(name) ?? 0) - 1
    if (runs > 0) this.#runs.set(name, runs)
    else this.#runs.delete(name)
  }

  finish(name: string, result: unknown): void {
    const step = this.#steps.get(name)
    if (!step) return
    // Behind all that finished before: undoing goes backwards.
    this.#steps.delete(name)
    this.#steps.set(name, { ...step, state: 'finished', result, hasResult: true })
  }

  fail(name: string): void {
    const step = this.#steps.get(name)
    if (step?.state === 'running') step.state = 'failed'
  }

  /** Those that have finished and were not taken back. */
  kept(): LoggedStep[] {
    return [...this.#steps.values()].filter(({ state }) => state === 'finished')
  }

  /** What has to be taken back, the last step first. */
  standing(): LoggedStep[] {
    return [...this.#steps.values()].filter(stands).reverse()
  }

  /** Names of those that were taken back, the last step first. */
  undone(): string[] {
    return [...this.#steps.values()].flatMap(({ name, state }) => (state === 'undone' ? [name] : [])).reverse()
  }
}
