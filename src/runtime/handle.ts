import type { AnyActorRef } from 'xstate'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { outcomeOfTask, resultOfTask } from '../actors/task-result.ts'
import { RefusedError } from '../model/errors.ts'
import type { TaskEvent } from '../model/events.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import { changesOf } from './changes.ts'

/** What a caller holds of a task. */
export class TaskHandle<Output = unknown> {
  readonly #task: TaskActorLogic

  constructor(task: TaskActorLogic) {
    this.#task = task
  }

  get id(): string {
    return this.#task.id
  }

  get type(): string {
    return this.#task.facts.definition.type
  }

  /** The task's XState actor: subscribe to it, read its snapshot. */
  get actor(): AnyActorRef {
    return this.#task.actor
  }

  /** The actor of a handler that is XState logic, while it runs. */
  get handlerActor(): AnyActorRef | null {
    return this.#task.effects.handlerActor
  }

  view(): TaskView {
    return this.#task.view()
  }

  /** The output. @throws TaskFailedError, TaskCancelledError, TaskRejectedError: how else it ended. */
  result(): Promise<Output> {
    return resultOfTask(this.#task)
  }

  /** How the task ended. Never rejects. */
  outcome(): Promise<TaskOutcome<Output>> {
    return outcomeOfTask(this.#task)
  }

  /** What happens to the task from now on, until it has ended. A reader that is slow loses the oldest, not the last. */
  changes(): AsyncIterableIterator<TaskEvent> {
    return changesOf(this.#task)
  }

  /**
   * Cancels the task and waits until it has ended: undone what it did, if it did anything.
   * A task that has ended already, or completes before the cancel arrives, stays as it is: see the outcome returned.
   */
  async cancel(reason = 'cancelled by the caller'): Promise<TaskOutcome<Output>> {
    this.#task.cancel({ code: 'CANCELLED', message: reason, retryable: false })
    return outcomeOfTask(this.#task)
  }

  /** Keeps the task from starting or, if it runs, stops it at its next step. Its leases stay. */
  pause(): void {
    this.#task.send({ type: 'pause' })
  }

  resume(): void {
    this.#task.send({ type: 'resume' })
  }

  questions(): readonly OpenQuestion[] {
    return this.#task.effects.execution?.questions.list() ?? []
  }

  /**
   * Answers the task's open question, the one named if it has several. Resolves once the answer is on record.
   * @throws RefusedError `QUESTION_UNKNOWN`, or `ANSWER_INVALID` with every problem listed; the question stays open.
   */
  async answer(answer: unknown, questionId?: string): Promise<void> {
    const { execution } = this.#task.effects
    if (!execution) throw new RefusedError('QUESTION_UNKNOWN', `${this.id} asks nothing: it is ${this.#task.stage}`)
    await execution.questions.answer(answer, questionId)
  }

  /** Undoes a completed task: its steps' undos in reverse, then its definition's `rollback`. */
  rollBack(): Promise<RollbackReport> {
    return this.#task.compensate()
  }
}
