import type { StepOptions, StepRun, TaskLog } from '../model/handler-parts.ts'
import type { Principal } from '../model/principal.ts'
import type { AttemptHistory } from './attempt-history.ts'
import type { SessionTask } from './session-task.ts'

/** The step that a sandbox is run for once more, to take it back. */
export interface UndoGoal {
  readonly step: string
  readonly how: 'undo' | 'undoInDoubt'
  readonly value: unknown
  readonly run: StepRun
}

const mostSleeps = 1_000

function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

/** Answers a handler from the history of its attempt until it comes to the step that is to be undone. */
export class UndoTask implements SessionTask {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  readonly attempt: number
  readonly log: TaskLog
  readonly signal: AbortSignal
  readonly #task: SessionTask
  readonly #goal: UndoGoal
  readonly #history: AttemptHistory
  #asked = 0
  #slept = 0

  constructor(task: SessionTask, goal: UndoGoal, history: AttemptHistory) {
    this.id = task.id
    this.type = task.type
    this.principal = task.principal
    this.attempt = goal.run.attempt
    this.log = task.log
    this.signal = goal.run.signal
    this.#task = task
    this.#goal = goal
    this.#history = history
  }

  now(): number {
    return this.#task.now()
  }

  async step<Result>(name: string, _run: unknown, options?: StepOptions<Result>): Promise<Result>
  async step(name: string, _run: unknown, options: StepOptions<unknown> = {}): Promise<unknown> {
    const { step, how, value, run } = this.#goal
    if (name === step) {
      const known = how === 'undo' ? options.undo?.(value, run) : options.undoInDoubt?.(run)
      if (known === undefined) throw new Error(`step "${name}" was run again without its ${how}`)
      return known
    }
    const before = this.#history.step(name)
    if (before?.ok) return before.value
    if (before) throw before.error
    return never()
  }

  hide(value: string): void {
    this.#task.hide?.(value)
  }

  progress(): void {
    // Was reported when it happened.
  }

  used(): void {
    // Was booked when it happened.
  }

  heartbeat(): void {
    // Nobody waits for one.
  }

  ask<Answer>(): Promise<Answer>
  ask(): Promise<unknown> {
    const answer = this.#history.answer(this.#asked)
    this.#asked += 1
    return answer ? Promise.resolve(answer.value) : never()
  }

  sleep(): Promise<void> {
    // It has passed, if the step was reached; a handler that only sleeps must not go on for ever.
    this.#slept += 1
    return this.#slept > mostSleeps ? never() : Promise.resolve()
  }
}
