import type { Failure } from '../model/errors.ts'
import type { AlertCode } from '../model/events.ts'
import type { RollbackReport, StandingEffect } from '../model/outcome.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import type { Undoing } from './rollback.ts'
import { rollBack } from './rollback.ts'
import { StepLog } from './step-log.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'

const parentEnded: Failure = { code: 'PARENT_ENDED', message: 'the task that submitted it has ended', retryable: false }

/** What a task has done that can be taken back, and the children that it must not outlive. */
export class TaskUndo {
  readonly #task: Task
  readonly #services: TaskServices
  #outOfTime: AbortController | null = null
  #steps: StepLog | null = null
  #children: Set<Task> | null = null
  #compensating: Promise<RollbackReport> | null = null
  /** The definition's own rollback has succeeded: it is not run again. */
  #rolledBack = false

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
  }

  get steps(): StepLog {
    this.#steps ??= new StepLog()
    return this.#steps
  }

  adopt(child: Task): void {
    // The parent ended while its child was being taken on.
    if (this.#task.outcome) {
      child.cancel(parentEnded)
      return
    }
    this.#children ??= new Set()
    this.#children.add(child)
    child.whenSettled(() => this.#children?.delete(child))
  }

  /** Through the supervisor's mailbox: children of children of children must not deepen the stack. */
  cancelChildren(): void {
    const { supervisor } = this.#services
    for (const { id } of this.#children ?? [])
      supervisor.send({ type: 'task.cancel', taskId: id, failure: parentEnded })
  }

  /** No time is left to undo anything, now or later: what is not undone yet stands. */
  abort(): void {
    this.#noTimeLeft.abort()
  }

  /** Children first: what they did came after what this task had done when it submitted them. */
  async all(): Promise<RollbackReport> {
    const children = [...(this.#children ?? [])]
    this.cancelChildren()
    await Promise.all(children.map((child) => new Promise((resolve) => child.whenSettled(resolve))))
    return this.#takeBack(this.#undoings(), this.#noTimeLeft.signal)
  }

  /**
   * Takes back what a completed task did, on behalf of the flow that it belongs to. Once; what stood after that is tried
   * again at the next call.
   */
  compensate(): Promise<RollbackReport> {
    this.#compensating ??= this.#compensate().finally(() => {
      this.#compensating = null
    })
    return this.#compensating
  }

  /** Takes back what a step did that ended after its attempt was given up: no rollback will see it. */
  async late(undoing: Undoing): Promise<void> {
    const report = await this.#takeBack([undoing], new AbortController().signal)
    if (report.status === 'incomplete') {
      const subject = `step "${undoing.step}" of ${this.#task.id} ended after its attempt was given up, and was not undone`
      this.alertStanding('STEP_LATE', subject, report.standing)
    }
  }

  /** Says aloud what stands. */
  alertStanding(code: AlertCode, subject: string, standing: readonly StandingEffect[]): void {
    const { id: taskId } = this.#task
    const message = `${subject}: ${standing.length} effect(s) still stand`
    this.#services.journal.ofRuntime({ type: 'alert', code, message, taskId })
    this.#services.log.error({ taskId, standing }, message)
  }

  /** Every effect that would stand if nothing were undone any more. */
  standing(message: string): StandingEffect[] {
    return this.#undoings().map(({ step }) => ({ step, message }))
  }

  get #noTimeLeft(): AbortController {
    this.#outOfTime ??= new AbortController()
    return this.#outOfTime
  }

  async #compensate(): Promise<RollbackReport> {
    const task = this.#task
    if (task.progress.compensated || task.outcome?.status !== 'completed') return nothingToRollBack
    const report = await this.all()
    task.progress.compensated = report.status !== 'incomplete'
    task.report({ type: 'task.compensated', rollback: report })
    if (report.status === 'incomplete') {
      this.alertStanding(
        'ROLLBACK_INCOMPLETE',
        `the rollback of completed task ${task.id} is incomplete`,
        report.standing,
      )
    }
    return report
  }

  async #takeBack(undoings: readonly Undoing[], signal: AbortSignal): Promise<RollbackReport> {
    if (undoings.length === 0) return nothingToRollBack
    const task = this.#task
    const { definition } = task.facts
    return rollBack(undoings, definition.rollbackRetry, definition.rollbackTimeoutMs, {
      clock: this.#services.environment.clock,
      random: this.#services.environment.random,
      timers: this.#services.timers,
      signal,
      report: (happening) => task.report(happening),
    })
  }

  #undoings(): Undoing[] {
    const task = this.#task
    const { definition, id } = task.facts
    const undoings: Undoing[] = this.#steps?.undoable() ?? []
    if (definition.rollback && task.context.attempt > 0 && !this.#rolledBack) {
      const { output } = task.context
      const undo = async (signal: AbortSignal) => {
        await definition.rollback?.(output, { id, signal })
        this.#rolledBack = true
      }
      undoings.push({ step: 'rollback', undo })
    }
    return undoings
  }
}
