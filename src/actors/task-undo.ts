import type { Failure } from '../model/errors.ts'
import { RefusedError } from '../model/errors.ts'
import type { AlertCode } from '../model/events.ts'
import type { RollbackReport, StandingEffect } from '../model/outcome.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import { raiseAlert } from './alert.ts'
import { childHandle } from './child-handle.ts'
import { definitionRollback } from './recovery/step-history.ts'
import { replayUndos } from './recovery/undo-replay.ts'
import type { Undoing } from './rollback.ts'
import { rollBack } from './rollback.ts'
import type { LoggedStep } from './step-log.ts'
import { StepLog } from './step-log.ts'
import { idempotencyKeyOf } from './step-runner.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'

export const parentEnded: Failure = {
  code: 'PARENT_ENDED',
  message: 'the task that submitted it has ended',
  retryable: false,
}

/** What a task has done that can be taken back, and the children that it must not outlive. */
export class TaskUndo {
  readonly #task: Task
  readonly #services: TaskServices
  #outOfTime: AbortController | null = null
  #steps: StepLog | null = null
  #children: Set<Task> | null = null
  #submitted = 0
  #compensating: Promise<RollbackReport> | null = null
  /** The definition's own rollback: not run, begun by an earlier process, or done, so that it is not run again. */
  #rolledBack: 'no' | 'inDoubt' | 'yes' = 'no'
  /** Children that a process which has ended had submitted, by their keys. */
  #orphans: Map<string, Task> | null = null
  #answers: ReadonlyMap<string, unknown> | null = null

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
  }

  get steps(): StepLog {
    this.#steps ??= new StepLog()
    return this.#steps
  }

  /** What an earlier process has left of the task. */
  restore(rolledBack: 'no' | 'inDoubt' | 'yes', answers: ReadonlyMap<string, unknown>): void {
    this.#rolledBack = rolledBack
    this.#answers = answers
  }

  /** An answer that an earlier process was given. */
  answerTo(key: string): { readonly value: unknown } | undefined {
    return this.#answers?.has(key) ? { value: this.#answers.get(key) } : undefined
  }

  /** What a retry of the task need not do again: finished steps, unless all that the task did was taken back. */
  kept(): LoggedStep[] {
    return this.#rolledBack === 'no' ? (this.#steps?.kept() ?? []) : []
  }

  /** A child that an earlier process had submitted: the next attempt finds it by its key. */
  takeBack(key: string, child: Task): void {
    if (!child.outcome) this.adopt(child)
    this.#submitted += 1
    this.#orphans ??= new Map()
    this.#orphans.set(key, child)
  }

  /** A child by its id, or by the key under which an earlier process had submitted it. */
  childOf(idOrKey: string): Task | undefined {
    return this.#orphans?.get(idOrKey) ?? this.#services.childOf(this.#task, idOrKey)
  }

  /** The child of that key, if it lives or has completed. */
  claim(key: string): Task | undefined {
    const child = this.#orphans?.get(key)
    return child?.outcome && child.outcome.status !== 'completed' ? undefined : child
  }

  /** @throws RefusedError `LIMIT_EXCEEDED` */
  countChild(limit: number): void {
    if (this.#submitted >= limit) {
      const message = `${this.#task.id} has submitted ${limit} children, as many as limits.children allows`
      throw new RefusedError('LIMIT_EXCEEDED', message)
    }
    this.#submitted += 1
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

  /** For a task that ends by it: what an earlier run of the rollback took back, which did not end, is in the report. */
  async all(): Promise<RollbackReport> {
    const before = this.#undone()
    const report = await this.#rest()
    if (before.length === 0) return report
    if (report.status === 'none') return { status: 'complete', undone: before }
    return { ...report, undone: [...before, ...report.undone] }
  }

  /** Children first: what they did came after what this task had done when it submitted them. */
  async #rest(): Promise<RollbackReport> {
    const children = [...(this.#children ?? [])]
    this.cancelChildren()
    await Promise.all(children.map((child) => new Promise((resolve) => child.whenSettled(resolve))))
    await this.#findUndos()
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

  /** An earlier process ended the task while a step that it had given up still ran: what that did is taken back now. */
  async sweep(): Promise<void> {
    await this.#findUndos()
    const inDoubt = (this.#steps?.standing() ?? []).filter(({ state }) => state === 'inDoubt')
    const report = await this.#takeBack(
      inDoubt.map((step) => this.#undoingOf(step)),
      this.#noTimeLeft.signal,
    )
    if (report.status === 'incomplete')
      this.alertStanding(
        'STEP_LATE',
        `${this.#task.id} had ended while a step ran, and its process then ended`,
        report.standing,
      )
  }

  /** Says aloud what stands. */
  alertStanding(code: AlertCode, subject: string, standing: readonly StandingEffect[]): void {
    const names = standing.map(({ step }) => step).join(', ')
    const message = `${subject}: ${standing.length} effect(s) still stand (${names})`
    raiseAlert(this.#services, code, message, this.#task.id)
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
    const report = await this.#rest()
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
      report: (happening, payload) => task.report(happening, payload),
      recorded: () => this.#services.journal.recorded(),
    })
  }

  /** After a recovery the undos of finished steps are not at hand: they went with the process. */
  async #findUndos(): Promise<void> {
    if (!this.#steps) return
    const { facts, context } = this.#task
    const { definition, principal, input, id } = facts
    await replayUndos(
      {
        id,
        type: definition.type,
        principal,
        attempt: context.attempt,
        input,
        definition,
        environment: this.#services.environment,
        timers: this.#services.timers,
        steps: this.#steps,
        sandboxes: this.#services.sandboxes,
        answerTo: (key) => this.answerTo(key),
        child: (childId) => childHandle(this.childOf(childId)),
        scrub: (text) => this.#task.secrets.text(text),
      },
      definition.rollbackTimeoutMs,
    )
  }

  #undone(): string[] {
    const steps = this.#steps?.undone() ?? []
    return this.#rolledBack === 'yes' ? [...steps, definitionRollback] : steps
  }

  #undoings(): Undoing[] {
    const task = this.#task
    const { definition, id } = task.facts
    const undoings: Undoing[] = (this.#steps?.standing() ?? []).map((step) => this.#undoingOf(step))
    if (definition.rollback && task.context.attempt > 0 && this.#rolledBack !== 'yes') {
      const { output } = task.context
      const undo = async (signal: AbortSignal, inDoubt: boolean) => {
        await definition.rollback?.(output, { id, signal, inDoubt })
        this.#rolledBack = 'yes'
      }
      undoings.push({ step: definitionRollback, undo, inDoubt: this.#rolledBack === 'inDoubt' })
    }
    return undoings
  }

  #undoingOf(step: LoggedStep): Undoing {
    const { id, context } = this.#task
    const run = { attempt: context.attempt, idempotencyKey: idempotencyKeyOf(step.doneBy ?? id, step.name) }
    const undo = async (signal: AbortSignal, inDoubt: boolean) => {
      const { state, result, undo: undoResult, undoInDoubt } = step
      if (state === 'finished' && undoResult) await undoResult(result, { ...run, signal, inDoubt })
      else if (state !== 'finished' && undoInDoubt) await undoInDoubt({ ...run, signal, inDoubt: true })
      else throw new Error(lostUndo(step))
      step.state = 'undone'
    }
    const { name } = step
    return { step: name, undo, inDoubt: step.undoWasInDoubt, stillRuns: () => this.steps.isRunning(name) }
  }
}

/** Why a step of an earlier process cannot be undone. */
function lostUndo({ state, hasUndoInDoubt }: LoggedStep): string {
  if (state === 'inDoubt' && !hasUndoInDoubt)
    return 'the process ended while it ran: whether it took effect is not known, and it has no undoInDoubt'
  return 'its undo went with the process that ended, and the handler did not name it when it was replayed'
}
