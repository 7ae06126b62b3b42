import type { Failure } from '../model/errors.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import type { RollbackReport, StandingEffect } from '../model/outcome.ts'
import { rollBack } from './rollback.ts'
import type { Undoing } from './rollback.ts'
import { StepLog } from './step-log.ts'
import type { TaskActorLogic } from './task-actor.ts'

const parentEnded: Failure = { code: 'PARENT_ENDED', message: 'the task that submitted it has ended', retryable: false }

/** What a task has done that can be taken back, and the children that it must not outlive. */
export class TaskUndo {
  readonly #task: TaskActorLogic
  #steps: StepLog | null = null
  #children: Set<TaskActorLogic> | null = null
  #running: AbortController | null = null

  constructor(task: TaskActorLogic) {
    this.#task = task
  }

  get steps(): StepLog {
    this.#steps ??= new StepLog()
    return this.#steps
  }

  adopt(child: TaskActorLogic): void {
    this.#children ??= new Set()
    this.#children.add(child)
    child.whenSettled(() => this.#children?.delete(child))
  }

  cancelChildren(): void {
    for (const child of this.#children ?? []) child.cancel(parentEnded)
  }

  /** Gives up an undoing that runs: what is not undone yet stands. */
  abort(): void {
    this.#running?.abort()
  }

  /** Children first: what they did came after what this task had done when it submitted them. */
  async all(): Promise<RollbackReport> {
    const task = this.#task
    const children = [...(this.#children ?? [])]
    this.cancelChildren()
    await Promise.all(children.map((child) => new Promise((resolve) => child.whenSettled(resolve))))
    const undoings = this.#undoings()
    if (undoings.length === 0) return nothingToRollBack
    this.#running = new AbortController()
    const { definition } = task.facts
    const report = await rollBack(undoings, definition.rollbackRetry, definition.rollbackTimeoutMs, {
      clock: task.services.environment.clock,
      random: task.services.environment.random,
      timers: task.services.timers,
      signal: this.#running.signal,
      report: (happening) => task.report(happening),
    })
    this.#running = null
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
