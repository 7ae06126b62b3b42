import type { AnyActorRef } from 'xstate'
import type { TaskMachineEvent } from '../machines/task-tables.ts'
import type { Failure } from '../model/errors.ts'
import { describeThrown } from '../model/errors.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import { nothingToRollBack } from '../model/outcome.ts'
import { unwritable } from './accepted-record.ts'
import { AttemptWatch } from './attempt-watch.ts'
import { Execution } from './execution.ts'
import { runHandler } from './isolated-executor.ts'
import { checkOutput } from './output-check.ts'
import { RetryTimer } from './retry-timer.ts'
import type { RunningHandler } from './running-handler.ts'
import type { Task } from './task.ts'
import { TaskExecutionPort } from './task-execution-port.ts'
import type { TaskServices } from './task-services.ts'
import { TaskUndo } from './task-undo.ts'
import type { Timer } from './timers.ts'
import { ValidationRun } from './validation-run.ts'

/** What the task machine's effects do. Belongs to one task; holds its execution, its lease and its timers. */
export class TaskEffects {
  readonly undo: TaskUndo
  /** Set by the actor: only a parent may stop a child actor. */
  stopChild: (child: AnyActorRef) => void = () => undefined
  execution: Execution | null = null
  /** The process ends, and the task goes on in the next: nothing that still happens to it here counts. */
  isLeft = false
  lease: { readonly id: string; readonly epoch: number } | null = null
  readonly #task: Task
  readonly #services: TaskServices
  #watch: AttemptWatch | null = null
  #handler: RunningHandler | null = null
  #validation: ValidationRun | null = null
  #retry: RetryTimer | null = null
  #deadlineTimer: Timer | null = null
  #startTimer: Timer | null = null

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
    this.undo = new TaskUndo(task, services)
  }

  /** Made with the first attempt: a task that waits needs none. */
  get watch(): AttemptWatch {
    this.#watch ??= new AttemptWatch(this.#task, this.#services)
    return this.#watch
  }

  get retry(): RetryTimer {
    this.#retry ??= new RetryTimer(this.#task, this.#services)
    return this.#retry
  }

  get #validate(): ValidationRun {
    this.#validation ??= new ValidationRun(this.#task, this.#services)
    return this.#validation
  }

  get handlerActor(): AnyActorRef | null {
    return this.#handler?.child ?? null
  }

  /** Arms what holds over the whole life. */
  begin(): void {
    const { deadlineAt } = this.#task.facts
    if (deadlineAt === null) return
    const failure: Failure = { code: 'DEADLINE_EXCEEDED', message: 'the deadline has passed', retryable: false }
    const expire = () => this.#task.send({ type: 'deadline', failure })
    // One that has passed already is no timer: the task must not start before it fires.
    if (deadlineAt <= this.#now()) expire()
    else this.#deadlineTimer = this.#arm(deadlineAt, expire)
  }

  armStart(at: number, due: () => void): void {
    this.#startTimer = this.#arm(at, due)
  }

  /** Takes the work of the present stage up again, after the task's actor had crashed and was restarted. */
  resume(): void {
    const task = this.#task
    this.#watch?.stop()
    switch (task.stage) {
      case 'created':
        return task.send({ type: 'start' })
      case 'validating':
        return this.#validate.start()
      case 'waiting':
        return this.#awaitConditions()
      case 'queued':
        this.#services.supervisor.send({ type: 'task.withdraw', taskId: task.id })
        return this.#services.supervisor.send({ type: 'task.ready', taskId: task.id })
      case 'allocating':
      case 'executing':
        return this.#giveUpAttempt()
      case 'completing':
        return this.#checkOutput()
      case 'retrying':
        return this.retry.arm()
      case 'rollingBack':
        return this.#rollBack()
      default:
        return
    }
  }

  /** Ends as it stands: the definition wants nothing undone after a crash. */
  abandon(): void {
    const standing = this.undo.standing('not undone: the definition fails a task whose process ended')
    const report: RollbackReport =
      standing.length > 0 ? { status: 'incomplete', undone: [], standing } : nothingToRollBack
    this.#rolledBack(report)
  }

  /** The actor is lost for good: the outcome that is left, with every effect that nobody will undo. */
  giveUp(error: unknown): Extract<TaskOutcome, { status: 'failed' }> {
    const message = this.#task.secrets.text(`the task's actor crashed and was given up: ${describeThrown(error)}`)
    const standing = this.undo.standing('not undone: the actor crashed')
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
    const { timers } = this.#services
    this.#watch?.stop()
    this.#deadlineTimer = timers.disarm(this.#deadlineTimer)
    this.#startTimer = timers.disarm(this.#startTimer)
    this.#retry?.disarm()
    this.#validation?.end()
    this.#endAttempt()
    this.#task.progress.endedAt = this.#now()
    this.undo.cancelChildren()
  }

  /** No time is left: what still runs is abandoned, what is still to be undone stands. */
  force(): void {
    this.undo.abort()
    const { stage } = this.#task
    if (stage === 'executing' && this.execution) {
      this.#task.send({ type: 'grace.expired', epoch: this.execution.epoch })
    } else if (stage === 'completing') {
      const message = 'the runtime stopped before the output was checked and on record'
      this.#task.send({ type: 'cancel', failure: { code: 'SHUTDOWN', message, retryable: false } })
    }
  }

  /** Another process, or another object, goes on as the task. */
  stepAside(): void {
    this.isLeft = true
    this.#deadlineTimer = this.#services.timers.disarm(this.#deadlineTimer)
  }

  /** The process ends: what runs is told to stop, and nothing that it does counts any more. */
  leave(failure: Failure): void {
    this.stepAside()
    this.undo.abort()
    this.execution?.stop(failure)
    this.#handler?.abandon()
    this.#endAttempt()
    this.#validation?.end()
  }

  perform(effect: string, event: TaskMachineEvent): void {
    const task = this.#task
    const { supervisor } = this.#services
    switch (effect) {
      case 'validate':
        return this.#validate.start()
      case 'awaitConditions':
        return this.#awaitConditions()
      case 'requestGrant':
        return supervisor.send({ type: 'task.ready', taskId: task.id })
      case 'withdrawRequest':
        return supervisor.send({ type: 'task.withdraw', taskId: task.id })
      case 'allocate':
        return this.#allocate()
      case 'prepareHandler':
        return this.#prepareHandler()
      case 'runHandler':
        return this.#runHandler()
      case 'startTimers':
        return this.watch.start()
      case 'stopTimers':
        return this.watch.stop()
      case 'suspendTimeout':
        return this.watch.suspend()
      case 'resumeTimeout':
        return this.watch.resume()
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
        if (event.type === 'lease.granted') {
          supervisor.send({ type: 'lease.release', leaseId: event.leaseId, epoch: event.epoch })
        }
        return
      case 'armBackoff':
        this.#endAttempt()
        return this.retry.arm()
      case 'disarmBackoff':
        return this.#retry?.disarm()
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

  #awaitConditions(): void {
    const { conditionsMet, held } = this.#task.context
    if (conditionsMet && !held) this.#task.send({ type: 'ready' })
  }

  /** Execution begins only after the record of the lease is durable. */
  #allocate(): void {
    const task = this.#task
    const { leaseId, epoch } = task.context
    this.lease = leaseId === null ? null : { id: leaseId, epoch }
    this.#services.journal.whenDurable(() => task.send({ type: 'allocation.ready', epoch }))
  }

  #prepareHandler(): void {
    const task = this.#task
    const { attempt, epoch } = task.context
    this.execution = new Execution(new TaskExecutionPort(task, this.#services, this), attempt, epoch)
    task.send({ type: 'handler.started', epoch })
  }

  #runHandler(): void {
    const task = this.#task
    if (!this.execution) return
    const { epoch } = this.execution
    const { execution } = this
    const { sandboxes, traces } = this.#services
    const run = () =>
      runHandler(execution, sandboxes, {
        self: task.actor,
        completed: (output) => task.send({ type: 'handler.completed', epoch, output }),
        failed: (failure) => task.send({ type: 'handler.failed', epoch, failure }),
        alive: () => this.#watch?.alive(),
        moved: (state) => task.report({ type: 'task.handler', state }),
        stopChild: (child) => this.stopChild(child),
      })
    this.#handler = traces ? traces.within(task.id, run) : run()
  }

  #stopHandler(): void {
    const { failure } = this.#task.context
    this.watch.startGrace()
    if (failure) this.execution?.stop(failure)
    this.#handler?.stop()
    this.undo.cancelChildren()
  }

  #checkOutput(): void {
    const task = this.#task
    const { epoch, output } = task.context
    checkOutput(task.facts.definition, output, this.#services.limits.outputBytes, (result) => {
      const problem = result.ok && this.#services.journal.keepsState ? unwritable(result.output) : null
      if (problem !== null) {
        const failure: Failure = { code: 'OUTPUT_INVALID', message: problem, retryable: false }
        task.send({ type: 'output.refused', epoch, failure })
      } else if (result.ok) task.send({ type: 'output.accepted', epoch, output: result.output })
      else task.send({ type: 'output.refused', epoch, failure: result.failure })
    })
  }

  #rollBack(): void {
    this.#endAttempt()
    const unable = (thrown: unknown): RollbackReport => ({
      status: 'incomplete',
      undone: [],
      standing: [{ step: 'rollback', message: describeThrown(thrown) }],
    })
    void this.undo.all().then(
      (report) => this.#rolledBack(report),
      (thrown: unknown) => this.#rolledBack(unable(thrown)),
    )
  }

  #rolledBack(report: RollbackReport): void {
    if (this.isLeft) return
    const task = this.#task
    if (report.status === 'incomplete')
      this.undo.alertStanding('ROLLBACK_INCOMPLETE', `the rollback of ${task.id} is incomplete`, report.standing)
    task.send({ type: 'rollback.finished', report })
  }

  /** What the handler of the attempt still does counts no more. */
  #endAttempt(): void {
    this.#handler?.end()
    this.execution?.close()
    this.execution = null
    this.#handler = null
  }

  #giveUpAttempt(): void {
    const task = this.#task
    const { epoch } = task.context
    const failure: Failure = {
      code: 'ACTOR_CRASHED',
      message: 'the actor of the task crashed and was restarted',
      retryable: true,
    }
    this.#handler?.abandon()
    this.#releaseLease()
    task.send({ type: 'lease.lost', epoch, failure })
    task.send({ type: 'grace.expired', epoch })
  }

  #releaseLease(): void {
    const { lease } = this
    this.lease = null
    if (lease) this.#services.supervisor.send({ type: 'lease.release', leaseId: lease.id, epoch: lease.epoch })
  }

  #arm(at: number, fire: () => void): Timer {
    return this.#services.timers.arm(at, fire)
  }

  #now(): number {
    return this.#services.environment.clock.now()
  }
}
