import { createActor } from 'xstate'
import { describeThrown, RefusedError } from '../model/errors.ts'
import type { AlertCode, SupervisorStage } from '../model/events.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import { dayOf } from '../scheduling/quota-book.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import { Admission } from './admission.ts'
import { raiseAlert } from './alert.ts'
import { releaseDependents } from './dependencies.ts'
import { Dispatcher } from './dispatcher.ts'
import { Forgetting } from './forgetting.ts'
import { LeaseDesk } from './lease-desk.ts'
import { QueueDesk } from './queue-desk.ts'
import type { Definitions } from './recovery/definition-match.ts'
import type { JournalReader } from './recovery/journal-reader.ts'
import { Recovery } from './recovery/recovery.ts'
import { degraded, draining, stopping, storeFailed } from './refusals.ts'
import { RestartIntensity } from './restart-intensity.ts'
import { Shutdown } from './shutdown.ts'
import type { SupervisorActorLogic, SupervisorPerformer } from './supervisor-actor.ts'
import type { Submission, SupervisorMessage } from './supervisor-messages.ts'
import type { TaskActorLogic } from './task-actor.ts'
import { announceGivenUp } from './task-announcements.ts'
import type { TaskServices } from './task-services.ts'
import { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

export interface SupervisorOptions {
  /** How many tasks may wait for their turn. */
  readonly queueLimit: number
  /** How many ended tasks are remembered, and for how long. */
  readonly retain: number
  readonly retainForMs: number | null
  readonly ownDedupeKeys: boolean
  readonly restarts: number
  readonly restartsWithinMs: number
}

/** Crashes of one task's actor that are answered by a restart; the next one fails the task. */
const restartsOfOneTask = 3

/**
 * What the supervisor does: admits, orders, grants, watches and settles. It owns the queue, the ledger and the tasks;
 * its statechart decides when it does what.
 */
export class Supervisor implements SupervisorPerformer {
  readonly scheduler: Scheduler
  readonly tasks: TaskTable
  readonly #logic: SupervisorActorLogic
  readonly #services: TaskServices
  readonly #admission: Admission
  readonly #queue: QueueDesk
  readonly #leases: LeaseDesk
  readonly #dispatcher: Dispatcher
  readonly #intensity: RestartIntensity
  readonly #forgetting: Forgetting
  readonly #shutdown: Shutdown
  readonly #crashes = new Map<string, number>()
  #recovery: Recovery | null = null
  #idle: (() => void)[] = []
  #stopped: (() => void)[] = []
  #recoveryTimer: Timer | null = null
  #storeProblem: string | null = null
  /** Outcomes that are not durable yet. */
  #settling = 0

  constructor(logic: SupervisorActorLogic, scheduler: Scheduler, services: TaskServices, options: SupervisorOptions) {
    this.#logic = logic
    this.scheduler = scheduler
    this.#services = services
    this.#forgetting = new Forgetting(services)
    this.tasks = new TaskTable(options, (task) => this.#forgetting.forget(task))
    this.#admission = new Admission(this.tasks, services, options.queueLimit, scheduler.quotas, () => logic.actor)
    this.#queue = new QueueDesk(scheduler, this.tasks, this.#admission, services)
    this.#leases = new LeaseDesk(scheduler, this.tasks, services)
    this.#dispatcher = new Dispatcher({
      logic,
      scheduler,
      services,
      tasks: this.tasks,
      admission: this.#admission,
      leases: this.#leases,
    })
    this.#shutdown = new Shutdown(logic, this.tasks, services)
    this.#intensity = new RestartIntensity(options.restarts, options.restartsWithinMs)
  }

  /** Takes up what an earlier process has left. Before the supervisor is started. */
  async recover(reader: JournalReader, definitions: Definitions): Promise<void> {
    const { ledger } = this.scheduler
    const now = this.#services.environment.clock.now()
    ledger.restore(reader.spent(), reader.grants, now)
    const { quotas } = this.scheduler
    if (quotas)
      for (const { principal, amounts } of reader.spentOn(dayOf(now)))
        for (const [resource, amount] of amounts) quotas.spend(principal, resource, amount, now)
    for (const name of reader.pausedTypes) this.scheduler.pauseType(name)
    this.#recovery = new Recovery({
      tasks: this.tasks,
      admission: this.#admission,
      services: this.#services,
      definitions,
      ledger,
      parent: () => this.#logic.actor,
    })
    await this.#recovery.recover(reader)
    this.#forgetting.watch(this.tasks)
  }

  /** A definition has become known: tasks that waited for it go on. */
  async learned(): Promise<void> {
    await this.#recovery?.unpark()
  }

  /** Some tasks wait for a definition. */
  get hasParked(): boolean {
    return this.#recovery?.hasParked ?? false
  }

  /** Calls back when no task is unfinished. */
  whenIdle(then: () => void): void {
    this.#idle.push(then)
    if (this.tasks.unfinished === 0) this.#logic.send({ type: 'idle' })
  }

  whenStopped(then: () => void): void {
    if (this.#logic.stage === 'stopped') then()
    else this.#stopped.push(then)
  }

  entered(stage: SupervisorStage): void {
    this.#services.journal.ofRuntime({ type: 'supervisor.state', state: stage })
    if (stage !== 'stopped') return
    for (const then of this.#stopped) then()
    this.#stopped = []
  }

  perform(effect: string, message: SupervisorMessage): void {
    this.#act(effect, message)
    if (this.#shutdown.isKeeping && !this.#isInMotion) this.#logic.send({ type: 'idle' })
  }

  /** Something executes, or is being undone, or its outcome is not durable yet. */
  get #isInMotion(): boolean {
    return this.#settling > 0 || this.#services.monitor.inMotion > 0
  }

  #act(effect: string, message: SupervisorMessage): void {
    switch (effect) {
      case 'scheduleDispatch':
        return this.#dispatcher.schedule()
      case 'dispatch':
        return this.#dispatcher.dispatch()
      case 'alertIntensity':
        return this.#alertIntensity()
      case 'forceTasks':
        return this.#force()
      case 'reportIdle':
        return this.#reportIdle()
      case 'endStoreTrouble':
        this.#storeProblem = null
        return
      default:
        return this.#performFor(effect, message)
    }
  }

  /** Effects that are about what the message says. */
  #performFor(effect: string, message: SupervisorMessage): void {
    switch (message.type) {
      case 'task.submit':
        return this.#answer(effect, message.submission)
      case 'task.ready':
        return this.#queue.enqueue(message.taskId)
      case 'task.withdraw':
        this.scheduler.withdraw(message.taskId)
        return
      case 'task.reprioritise':
        return this.#queue.reprioritise(message.taskId, message.priority)
      case 'task.cancel':
        this.tasks.get(message.taskId)?.cancel(message.failure)
        return
      case 'lease.release':
        return this.#leases.release(message.leaseId, message.epoch)
      case 'lease.renew':
        return this.#leases.renew(message.leaseId, message.epoch, message.expiresAt)
      case 'lease.use':
        return this.#leases.use(message)
      case 'lease.expired':
        return this.#leases.reclaim(message.leaseId, message.epoch)
      case 'type.pause':
        return this.#queue.pauseType(message.name)
      case 'type.resume':
        return this.#queue.resumeType(message.name)
      case 'pool.resize':
        return this.#leases.resize(message)
      case 'stop':
        this.#admission.refuseWaiting(new RefusedError(...stopping))
        return this.#shutdown.begin(message.graceMs, message.unfinished)
      case 'store.failed':
        return this.#alertStore(message.error)
      default:
        if ('actorId' in message) this.#performOfActor(effect, message)
    }
  }

  #performOfActor(effect: string, message: SupervisorMessage & { actorId: string }): void {
    const task = this.tasks.get(message.actorId)
    if (!task || task.outcome) return
    if (effect === 'settle' && 'output' in message) this.#settle(task, message.output)
    else if (effect === 'restart' && 'error' in message) this.#restart(task, message.error)
    else if (effect === 'abandon' && 'error' in message) this.#abandon(task, message.error)
  }

  #answer(effect: string, submission: Submission): void {
    switch (effect) {
      case 'admit':
        if (this.#storeProblem !== null && submission.parentId === null) return this.#refuseDegraded(submission)
        return this.#admission.admit(submission)
      case 'refuseDegraded':
        return this.#refuseDegraded(submission)
      case 'refuseDraining':
        return submission.reply.refused(new RefusedError(...draining))
      case 'refuseStopped':
        return submission.reply.refused(new RefusedError(...stopping))
    }
  }

  #refuseDegraded({ reply }: Submission): void {
    const problem = this.#storeProblem
    reply.refused(new RefusedError(...(problem === null ? degraded : storeFailed(problem))))
  }

  #settle(task: TaskActorLogic, outcome: TaskOutcome): void {
    this.#admission.count(task, false)
    this.#crashes.delete(task.id)
    this.scheduler.withdraw(task.id)
    const { lease } = task.effects
    if (lease) this.#leases.release(lease.id, lease.epoch)
    this.tasks.end(task)
    this.#settling += 1
    // A runtime that stops does not wait for a store that cannot be written.
    if (this.#storeProblem !== null && this.#logic.stage === 'stopping' && this.tasks.unfinished === 0)
      this.#logic.send({ type: 'idle' })
    // What waits for the outcome hears of it once it is on disk.
    this.#services.journal.whenDurable(() => {
      this.#settling -= 1
      task.settle(outcome)
      releaseDependents(task, outcome.status, (dependent) => this.#admission.meet(dependent))
      // Not before: a crash must not find its record forgotten, and a dependent that knows nothing of its end.
      this.tasks.retire(task.id)
      this.#forgetting.watch(this.tasks)
      if (this.#shutdown.isKeeping ? !this.#isInMotion : this.tasks.unfinished === 0) this.#logic.send({ type: 'idle' })
    })
  }

  #restart(task: TaskActorLogic, error: unknown): void {
    const now = this.#services.environment.clock.now()
    const message = describeThrown(error)
    this.#services.journal.ofRuntime({ type: 'supervisor.crash', actor: task.id, message })
    const crashes = (this.#crashes.get(task.id) ?? 0) + 1
    this.#crashes.set(task.id, crashes)
    const mayRestart = this.#intensity.note(now)
    if (!mayRestart) this.#logic.send({ type: 'intensity.spent' })
    if (!mayRestart || crashes > restartsOfOneTask) {
      this.#abandon(task, error)
      return
    }
    createActor(task, { parent: this.#logic.actor, id: task.id, input: undefined, snapshot: task.snapshot }).start()
    task.effects.resume()
  }

  /** The task's actor is lost for good: what it held comes back, and what it did is said to stand. */
  #abandon(task: TaskActorLogic, error: unknown): void {
    const outcome = task.effects.giveUp(error)
    announceGivenUp(task, this.#services, outcome)
    task.standAsFailed(outcome)
    if (outcome.rollback.status === 'incomplete') {
      const message = `${task.id} crashed and was given up; its effects were not undone`
      this.#alert('ROLLBACK_INCOMPLETE', message, task.id)
    }
    this.#settle(task, outcome)
  }

  #alertIntensity(): void {
    const { restarts, withinMs } = this.#intensity
    const message = `more than ${restarts} crashes within ${withinMs} ms: nothing new is taken on and nothing restarted until as long passes without one`
    this.#alert('RESTART_INTENSITY', message, null)
    this.#services.timers.disarm(this.#recoveryTimer)
    const recover = () => this.#logic.send({ type: 'intensity.recovered' })
    this.#recoveryTimer = this.#services.timers.arm(this.#services.environment.clock.now() + withinMs, recover)
  }

  #force(): void {
    // What cannot be written down cannot be ended: it is left to the next process, as it stands in the store.
    const leaves = this.#shutdown.isKeeping || this.#storeProblem !== null
    this.#shutdown.force(leaves)
    if (leaves) this.#logic.send({ type: 'idle' })
  }

  /** Once for as long as it is the same: the store is tried again and again. */
  #alertStore(error: unknown): void {
    const problem = describeThrown(error)
    if (problem !== this.#storeProblem) {
      this.#storeProblem = problem
      this.#alert('STORE_FAILED', `the store cannot be written: ${problem}`, null)
    }
    if (this.#logic.stage === 'stopping' && this.#shutdown.isOver) this.#force()
  }

  #reportIdle(): void {
    if (this.#logic.stage === 'stopped') {
      this.#forgetting.flush()
      this.#shutdown.end()
    }
    if (this.tasks.unfinished > 0) return
    this.#dispatcher.assertInvariants()
    this.#shutdown.end()
    const idle = this.#idle
    this.#idle = []
    for (const then of idle) then()
  }

  #alert(code: AlertCode, message: string, taskId: string | null): void {
    raiseAlert(this.#services, code, message, taskId)
  }
}
