import type { AnyActorRef } from 'xstate'
import type { TaskMachineEvent } from '../machines/task-machine.ts'
import { describeThrown } from '../model/errors.ts'
import type { Failure } from '../model/errors.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import { backoffMs } from './backoff.ts'
import { Execution } from './execution.ts'
import { runInline } from './inline-executor.ts'
import type { RunningHandler } from './inline-executor.ts'
import { checkOutput } from './output-check.ts'
import { rollBack } from './rollback.ts'
import type { Undoing } from './rollback.ts'
import { StepLog } from './step-log.ts'
import type { TaskActorLogic } from './task-actor.ts'
import { executionPort } from './task-execution-port.ts'
import type { Timer } from './timers.ts'
import { validateInput } from './validation.ts'

const timedOut = (ms: number): Failure => ({
  code: 'TIMEOUT',
  message: `the attempt took longer than its timeout of ${ms} ms`,
  retryable: true,
})

const parentEnded: Failure = { code: 'PARENT_ENDED', message: 'the task that submitted it has ended', retryable: false }

/** What the task machine's effects do. Belongs to one task; holds its timers, its execution and its children. */
export class TaskEffects {
  readonly #task: TaskActorLogic
  /** Set by the actor: only a parent may stop a child actor. */
  stopChild: (child: AnyActorRef) => void = () => {}
  execution: Execution | null = null
  #handler: RunningHandler | null = null
  #steps: StepLog | null = null
  #children: Set<TaskActorLogic> | null = null
  #lease: { readonly id: string; readonly epoch: number } | null = null
  #validation: AbortController | null = null
  #rollback: AbortController | null = null
  #timeoutTimer: Timer | null = null
  #timeoutLeftMs: number | null = null
  #heartbeatTimer: Timer | null = null
  #graceTimer: Timer | null = null
  #backoffTimer: Timer | null = null
  #deadlineTimer: Timer | null = null
  #startTimer: Timer | null = null
  #backoffMs = 0
  #suspect = false

  constructor(task: TaskActorLogic) {
    this.#task = task
  }

  get handlerActor(): AnyActorRef | null {
    return this.#handler?.child ?? null
  }

  get steps(): StepLog {
    this.#steps ??= new StepLog()
    return this.#steps
  }

  get lease(): { readonly id: string; readonly epoch: number } | null {
    return this.#lease
  }

  /** Arms what holds over the whole life. */
  begin(): void {
    const { deadlineAt } = this.#task.facts
    if (deadlineAt === null) return
    const failure: Failure = { code: 'DEADLINE_EXCEEDED', message: 'the deadline has passed', retryable: false }
    this.#deadlineTimer = this.#arm(deadlineAt, () => this.#task.send({ type: 'deadline', failure }))
  }

  armStart(at: number, due: () => void): void {
    this.#startTimer = this.#arm(at, due)
  }

  /** Takes the work of the present stage up again, after the task's actor had crashed and was restarted. */
  resume(): void {
    const task = this.#task
    this.#disarmAll()
    switch (task.stage) {
      case 'created':
        return task.send({ type: 'start' })
      case 'validating':
        return this.#validate()
      case 'waiting':
        return this.perform('awaitConditions', { type: 'start' })
      case 'queued':
        task.services.supervisor.send({ type: 'task.withdraw', taskId: task.id })
        return task.services.supervisor.send({ type: 'task.ready', taskId: task.id })
      case 'allocating':
      case 'executing':
        return this.#giveUpAttempt()
      case 'completing':
        return this.#checkOutput()
      case 'retrying':
        return this.perform('armBackoff', { type: 'start' })
      case 'rollingBack':
        return this.#rollBack()
    }
  }

  /** The actor is lost for good: the outcome that is left, with every effect that nobody will undo. */
  giveUp(error: unknown): Extract<TaskOutcome, { status: 'failed' }> {
    const message = `the task's actor crashed and was given up: ${describeThrown(error)}`
    const standing = (this.#steps?.undoable() ?? []).map(({ step }) => ({ step, message: 'not undone: the actor crashed' }))
    this.end()
    return {
      status: 'failed',
      failure: { code: 'ACTOR_CRASHED', message, retryable: false, cause: error },
      attempts: this.#task.context.attempt,
      rollback: standing.length > 0 ? { status: 'incomplete', undone: [], standing } : nothingToRollBack,
    }
  }

  /** The last effect of a life: nothing of it may go on. */
  end(): void {
    this.#disarmAll()
    const { timers } = this.#task.services
    this.#deadlineTimer = timers.disarm(this.#deadlineTimer)
    this.#startTimer = timers.disarm(this.#startTimer)
    this.#backoffTimer = timers.disarm(this.#backoffTimer)
    this.#validation?.abort()
    this.execution?.close()
    this.execution = null
    this.#handler = null
    this.#task.progress.endedAt = this.#now()
    for (const child of this.#children ?? []) child.cancel(parentEnded)
    this.#children = null
  }

  /** No time is left: what still runs is abandoned, what still undoes is given up. */
  force(): void {
    this.#rollback?.abort()
    if (this.execution) this.#task.send({ type: 'grace.expired', epoch: this.execution.epoch })
  }

  /** Draws the delay before the attempt after `attempt`. */
  drawBackoff(attempt: number): number {
    const { environment } = this.#task.services
    this.#backoffMs = backoffMs(this.#task.facts.definition.retry, attempt, environment.random)
    return this.#backoffMs
  }

  /** Takes back what a completed task did, on behalf of the flow that it belongs to. */
  async compensate(): Promise<RollbackReport> {
    const { progress } = this.#task
    if (progress.compensated || this.#task.outcome?.status !== 'completed') return { status: 'none' }
    progress.compensated = true
    const report = await this.#undoAll()
    this.#task.report({ type: 'task.compensated', rollback: report })
    return report
  }

  adopt(child: TaskActorLogic): void {
    this.#children ??= new Set()
    this.#children.add(child)
    child.whenSettled(() => this.#children?.delete(child))
  }

  /** A sign of life: the heartbeat starts anew and the lease is renewed. */
  alive(): void {
    const { heartbeatMs } = this.#task.facts.definition
    const { execution } = this
    if (heartbeatMs === null || !execution || this.#heartbeatTimer === null) return
    const wasSuspect = this.#suspect
    this.#armHeartbeat(heartbeatMs)
    if (wasSuspect) this.#task.send({ type: 'heartbeat.received', epoch: execution.epoch })
  }

  perform(effect: string, event: TaskMachineEvent): void {
    const task = this.#task
    switch (effect) {
      case 'validate':
        return this.#validate()
      case 'awaitConditions':
        if (task.context.conditionsMet && !task.context.held) task.send({ type: 'ready' })
        return
      case 'requestGrant':
        return task.services.supervisor.send({ type: 'task.ready', taskId: task.id })
      case 'withdrawRequest':
        return task.services.supervisor.send({ type: 'task.withdraw', taskId: task.id })
      case 'allocate':
        return this.#allocate()
      case 'startHandler':
        return this.#startHandler()
      case 'startTimers':
        this.#timeoutLeftMs = task.facts.definition.timeoutMs
        return this.#watch()
      case 'stopTimers':
        return this.#disarmAll()
      case 'suspendTimeout':
        return this.#suspendWatch()
      case 'resumeTimeout':
        return this.#watch()
      case 'pauseHandler':
        return this.execution?.pause()
      case 'resumeHandler':
        return this.execution?.resume()
      case 'stopHandler':
        return this.#stopHandler()
      case 'abandonHandler':
        return this.#handler?.abandon()
      case 'checkOutput':
        return this.#checkOutput()
      case 'releaseLease':
        return this.#releaseLease()
      case 'returnLease':
        if (event.type === 'lease.granted') this.#release(event.leaseId, event.epoch)
        return
      case 'armBackoff':
        this.#endAttempt()
        this.#backoffTimer = this.#arm(this.#now() + this.#backoffMs, () => task.send({ type: 'backoff.elapsed' }))
        return
      case 'disarmBackoff':
        this.#backoffTimer = task.services.timers.disarm(this.#backoffTimer)
        return
      case 'rollBack':
        return this.#rollBack()
      case 'reportDropped':
        return task.report({
          type: 'task.dropped',
          message: event.type,
          epoch: 'epoch' in event ? event.epoch : task.context.epoch,
        })
    }
  }

  #validate(): void {
    const task = this.#task
    const { definition } = task.facts
    if (!definition.validate) {
      task.send({ type: 'validation.passed' })
      return
    }
    this.#validation = new AbortController()
    const { signal } = this.#validation
    const { timeoutMs } = definition
    if (timeoutMs !== null) {
      this.#timeoutTimer = this.#arm(this.#now() + timeoutMs, () => {
        this.#validation?.abort()
        task.send({ type: 'validation.failed', failure: { ...timedOut(timeoutMs), code: 'VALIDATION_FAILED' } })
      })
    }
    validateInput(task.facts, signal, (failure) => {
      this.#timeoutTimer = task.services.timers.disarm(this.#timeoutTimer)
      if (failure) task.send({ type: 'validation.failed', failure })
      else task.send({ type: 'validation.passed' })
    })
  }

  /** Execution begins only after the record of the lease is durable. */
  #allocate(): void {
    const task = this.#task
    const { leaseId, epoch } = task.context
    this.#lease = leaseId === null ? null : { id: leaseId, epoch }
    task.services.journal.whenDurable(() => task.send({ type: 'allocation.ready', epoch }))
  }

  #startHandler(): void {
    const task = this.#task
    const { attempt, epoch } = task.context
    this.execution = new Execution(executionPort(task), attempt, epoch)
    this.#handler = runInline(this.execution, {
      self: task.actor,
      started: () => task.send({ type: 'handler.started', epoch }),
      completed: (output) => task.send({ type: 'handler.completed', epoch, output }),
      failed: (failure) => task.send({ type: 'handler.failed', epoch, failure }),
      moved: (state) => task.report({ type: 'task.handler', state }),
      stopChild: (child) => this.stopChild(child),
    })
  }

  #stopHandler(): void {
    const task = this.#task
    const { failure, epoch } = task.context
    this.#disarmAll()
    const { graceMs } = task.facts.definition
    this.#graceTimer = this.#arm(this.#now() + graceMs, () => task.send({ type: 'grace.expired', epoch }))
    if (failure) this.execution?.stop(failure)
    this.#handler?.stop()
    for (const child of this.#children ?? []) child.cancel(parentEnded)
  }

  #checkOutput(): void {
    const task = this.#task
    const { epoch, output } = task.context
    checkOutput(task.facts.definition, output, (result) => {
      if (result.ok) task.send({ type: 'output.accepted', epoch, output: result.output })
      else task.send({ type: 'output.refused', epoch, failure: result.failure })
    })
  }

  #rollBack(): void {
    const task = this.#task
    this.#endAttempt()
    this.#undoAll()
      .catch((thrown: unknown): RollbackReport => ({
        status: 'incomplete',
        undone: [],
        standing: [{ step: '(rollback)', message: describeThrown(thrown) }],
      }))
      .then((report) => {
        if (report.status === 'incomplete') task.services.journal.ofRuntime(this.#incompleteAlert(report.standing.length))
        task.send({ type: 'rollback.finished', report })
      })
  }

  /** Children first: what they did came after what this task had done when it submitted them. */
  async #undoAll(): Promise<RollbackReport> {
    const task = this.#task
    const children = [...(this.#children ?? [])]
    for (const child of children) child.cancel(parentEnded)
    await Promise.all(children.map((child) => new Promise((resolve) => child.whenSettled(resolve))))
    const undoings = this.#undoings()
    if (undoings.length === 0) return { status: 'none' }
    this.#rollback = new AbortController()
    const { definition } = task.facts
    const report = await rollBack(undoings, definition.rollbackRetry, definition.rollbackTimeoutMs, {
      clock: task.services.environment.clock,
      random: task.services.environment.random,
      timers: task.services.timers,
      signal: this.#rollback.signal,
      report: (happening) => task.report(happening),
    })
    this.#rollback = null
    this.#steps?.clear()
    return report
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

  #giveUpAttempt(): void {
    const task = this.#task
    const { epoch } = task.context
    const failure: Failure = { code: 'ACTOR_CRASHED', message: 'the actor of the task crashed and was restarted', retryable: true }
    this.#handler?.abandon()
    this.#releaseLease()
    task.send({ type: 'lease.lost', epoch, failure })
    task.send({ type: 'grace.expired', epoch })
  }

  #incompleteAlert(standing: number) {
    const { id } = this.#task
    const message = `the rollback of ${id} is incomplete: ${standing} effect(s) still stand; see its outcome`
    return { type: 'alert', code: 'ROLLBACK_INCOMPLETE', message, taskId: id } as const
  }

  /** What the handler of the attempt still does counts no more. */
  #endAttempt(): void {
    this.execution?.close()
    this.execution = null
    this.#handler = null
  }

  #watch(): void {
    const task = this.#task
    const { timeoutMs, heartbeatMs } = task.facts.definition
    const { epoch } = task.context
    if (timeoutMs !== null && this.#timeoutTimer === null && this.#timeoutLeftMs !== null) {
      this.#timeoutTimer = this.#arm(this.#now() + this.#timeoutLeftMs, () =>
        task.send({ type: 'timeout', epoch, failure: timedOut(timeoutMs) }),
      )
    }
    if (heartbeatMs !== null) this.#armHeartbeat(heartbeatMs)
  }

  /** Time in which the task waits for a person counts neither as running nor as silence. */
  #suspendWatch(): void {
    const { timers } = this.#task.services
    if (this.#timeoutTimer) this.#timeoutLeftMs = Math.max(0, this.#timeoutTimer.at - this.#now())
    this.#timeoutTimer = timers.disarm(this.#timeoutTimer)
    this.#heartbeatTimer = timers.disarm(this.#heartbeatTimer)
    if (this.#task.facts.definition.heartbeatMs !== null) this.#renewLease(null)
  }

  #armHeartbeat(heartbeatMs: number): void {
    const task = this.#task
    const { epoch } = task.context
    task.services.timers.disarm(this.#heartbeatTimer)
    this.#suspect = false
    this.#heartbeatTimer = this.#arm(this.#now() + heartbeatMs, () => {
      this.#suspect = true
      task.send({ type: 'heartbeat.missed', epoch })
    })
    this.#renewLease(this.#now() + 2 * heartbeatMs)
  }

  #renewLease(expiresAt: number | null): void {
    if (!this.#lease) return
    const { id: leaseId, epoch } = this.#lease
    this.#task.services.supervisor.send({ type: 'lease.renew', leaseId, epoch, expiresAt })
  }

  #releaseLease(): void {
    const lease = this.#lease
    this.#lease = null
    if (lease) this.#release(lease.id, lease.epoch)
  }

  #release(leaseId: string, epoch: number): void {
    this.#task.services.supervisor.send({ type: 'lease.release', leaseId, epoch })
  }

  #disarmAll(): void {
    const { timers } = this.#task.services
    this.#timeoutTimer = timers.disarm(this.#timeoutTimer)
    this.#heartbeatTimer = timers.disarm(this.#heartbeatTimer)
    this.#graceTimer = timers.disarm(this.#graceTimer)
  }

  #arm(at: number, fire: () => void): Timer {
    return this.#task.services.timers.arm(at, fire)
  }

  #now(): number {
    return this.#task.services.environment.clock.now()
  }
}
