import type { AnyActorRef } from 'xstate'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { outcomeOfTask, resultOfTask } from '../actors/task-result.ts'
import type { Authority, TaskAction } from '../model/access.ts'
import { RefusedError } from '../model/errors.ts'
import type { TaskEvent } from '../model/events.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import { changesOf } from './changes.ts'
import type { ActOptions } from './permissions.ts'
import type { RuntimeCore } from './runtime-core.ts'

/** What a caller holds of a task. With a policy every call may throw, or reject with, a ForbiddenError (`FORBIDDEN`). */
export class TaskHandle<Output = unknown> {
  readonly #task: TaskActorLogic
  readonly #core: RuntimeCore
  readonly #authority: Authority

  constructor(task: TaskActorLogic, core: RuntimeCore, authority: Authority) {
    this.#task = task
    this.#core = core
    this.#authority = authority
  }

  get id(): string {
    return this.#task.id
  }

  get type(): string {
    return this.#task.facts.definition.type
  }

  /** The task's XState actor: subscribe to it, read its snapshot. */
  get actor(): AnyActorRef {
    this.authorise('inspect')
    return this.#task.actor
  }

  /** The actor of a handler that is XState logic, while it runs. */
  get handlerActor(): AnyActorRef | null {
    this.authorise('inspect')
    return this.#task.effects.handlerActor
  }

  view(): TaskView {
    this.authorise('read')
    return this.#task.view()
  }

  /** A value that has to do with the task as it may leave the process: plain data, without secrets. */
  shown(value: unknown): unknown {
    this.authorise('read')
    return this.#task.secrets.value(value)
  }

  /** The output as it may leave the process: plain data, without secrets. `null`: there is none. */
  shownOutput(): unknown {
    this.authorise('read')
    const { outcome, secrets } = this.#task
    return outcome?.status === 'completed' ? secrets.output(outcome.output) : null
  }

  /** The output. @throws TaskFailedError, TaskCancelledError, TaskRejectedError: how else it ended. */
  result(): Promise<Output> {
    return this.#told(() => resultOfTask(this.#task))
  }

  /** How the task ended. Never rejects, but where the policy forbids to know. */
  outcome(): Promise<TaskOutcome<Output>> {
    return this.#told(() => outcomeOfTask(this.#task))
  }

  /** What happens to the task from now on, until it has ended. A reader that is slow loses the oldest, not the last. */
  changes(): AsyncIterableIterator<TaskEvent> {
    this.authorise('read')
    return changesOf(this.#task)
  }

  /**
   * Cancels the task and waits until it has ended: undone what it did, if it did anything.
   * A task that has ended already, or completes before the cancel arrives, stays as it is: see the outcome returned.
   */
  async cancel(reason?: string): Promise<TaskOutcome<Output>> {
    this.beginCancel(reason)
    return outcomeOfTask(this.#task)
  }

  /** As {@link cancel}, but waits for nothing: an undo may take its time. */
  beginCancel(reason = 'cancelled by the caller'): void {
    const cancel = () => this.#task.cancel({ code: 'CANCELLED', message: reason, retryable: false })
    this.#act('cancel', cancel, { details: { reason: this.#task.secrets.text(reason) } })
  }

  /** Keeps the task from starting or, if it runs, stops it at its next step. Its leases stay. */
  pause(): void {
    this.#act('pause', () => this.#task.send({ type: 'pause' }))
  }

  resume(): void {
    this.#act('resume', () => this.#task.send({ type: 'resume' }))
  }

  questions(): readonly OpenQuestion[] {
    this.authorise('read')
    return this.#task.effects.execution?.questions.list() ?? []
  }

  /**
   * Answers the task's open question, the one named if it has several. Resolves once the answer is on record.
   * @throws RefusedError `QUESTION_UNKNOWN`, or `ANSWER_INVALID` with every problem listed; the question stays open.
   */
  async answer(answer: unknown, questionId?: string): Promise<void> {
    const answering = async () => {
      const { execution } = this.#task.effects
      if (!execution) throw new RefusedError('QUESTION_UNKNOWN', `${this.id} asks nothing: it is ${this.#task.stage}`)
      await execution.questions.answer(answer, questionId)
    }
    await this.#done('answer', answering, { question: questionId ?? null })
  }

  /** Undoes a completed task: its steps' undos in reverse, then its definition's `rollback`. */
  async rollBack(): Promise<RollbackReport> {
    return this.#done('rollBack', () => this.#task.compensate())
  }

  /** Authorises an action on the task, for what is built around a runtime. @throws ForbiddenError that names the rule */
  authorise(action: TaskAction): void {
    const { permissions } = this.#core
    permissions?.authorise(this.#authority, action, permissions.resourceOf(this.#task))
  }

  /** A rejection that nobody listens to is no unhandled one, also here. */
  #told<Told>(tell: () => Promise<Told>): Promise<Told> {
    try {
      this.authorise('read')
      return tell()
    } catch (refusal) {
      const refused = Promise.reject(refusal)
      refused.catch(() => undefined)
      return refused
    }
  }

  #act(action: TaskAction, perform: () => void, more?: ActOptions): void {
    const { permissions } = this.#core
    if (permissions === null) perform()
    else permissions.act(this.#authority, action, permissions.resourceOf(this.#task), perform, more)
  }

  #done<Result>(
    action: TaskAction,
    perform: () => Promise<Result>,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) =>
      this.#act(action, () => perform().then(resolve, reject), { details, refused: reject }),
    )
  }
}
