import type { Failure } from '../model/errors.ts'
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

  cancelChildren(): void {
    for (const child of this.#children ?? []) child.cancel(parentEnded)
  }

  /** No time is left to undo anything, now or later: what is not undone yet stands. */
  abort(): void {
    this.#noTimeLeft.abort()
  }

  /** Children first: what they did came after what this task had done when it submitted them. */
  async all(): Promise<RollbackReport> {
    const task = this.#task
    const children = [...(this.#children ?? [])]
    this.cancelChildren()
    await Promise.all(children.map((child) => new Promise((resolve) => child.whenSettled(resolve))))
    const undoings = this.#undoings()
    if (undoings.length === 0) return nothingToRollBack
    const { definition } = task.facts
    const report = await rollBack(undoings, definition.rollbackRetry, definition.rollbackTimeoutMs, {
      clock: this.#services.environment.clock,
      random: this.#services.environment.random,
      timers: this.#services.timers,
      signal: this.#noTimeLeft.signal,
      report: (happening) => task.report(happening),
    })
    return report
  }

  /** Takes back what a completed task did, on behalf of the flow that it belongs to. Once. */
  async compensate(): Promise<RollbackReport> {
    const task = this.#task
    if (task.progress.compensated || task.outcome?.status !== 'completed') return nothingToRollBack
    task.progress.compensated = true
    const report = await this.all()
    task.report({ type: 'task.compensated', rollback: report })
    return report
  }

  /** Every effect that would stand if nothing were undone any more. */
  standing(message: string): StandingEffect[] {
    return (this.#steps?.undoable() ?? []).map(({ step }) => ({ step, message }))
  }

  get #noTimeLeft(): AbortController {
    this.#outOfTime ??= new AbortController()
    return this.#outOfTime
  }

  #undoings(): Undoing[] {
    const task = this.#task
    const { definition, id } = task.facts
    const undoings: Undoing[] = this.#steps?.undoable() ?? []
    if (definition.rollback && task.context.attempt > 0) {
      const { output } = task.context
      undoings.push({ step: 'rollback', undo: (signal) => definition.rollback?.(output, { id, signal }) })
    }
    return undoings
  }
}
