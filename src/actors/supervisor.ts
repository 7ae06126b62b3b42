import { createActor } from 'xstate'
import { describeThrown, RefusedError } from '../model/errors.ts'
import type { Failure, RefusalCode } from '../model/errors.ts'
import type { AlertCode, SupervisorStage } from '../model/events.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import { awaitDependencies, failedBefore, releaseDependents } from './dependencies.ts'
import { RestartIntensity } from './restart-intensity.ts'
import type { SupervisorActorLogic, SupervisorPerformer } from './supervisor-actor.ts'
import type { Submission, SupervisorMessage } from './supervisor-messages.ts'
import { TaskActorLogic } from './task-actor.ts'
import type { TaskServices } from './task-services.ts'
import { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

export interface SupervisorOptions {
  /** How many tasks may wait for their turn. */
  readonly queueLimit: number
  /** How many ended tasks are remembered. */
  readonly retain: number
  readonly restarts: number
  readonly restartsWithinMs: number
}

/** Crashes of one task's actor that are answered by a restart; the next one fails the task. */
const restartsOfOneTask = 3

const shuttingDown: Failure = { code: 'SHUTDOWN', message: 'the runtime is stopping', retryable: false }

type Refusal = readonly [code: RefusalCode, message: string]
const degraded: Refusal = [
  'RUNTIME_DEGRADED',
  'actors have crashed more often than the restart intensity allows; see the alerts, and submit again when the runtime is running',
]
const draining: Refusal = ['RUNTIME_DRAINING', 'the runtime is draining and takes nothing new; submit before drain(), or after resume()']
const stopping: Refusal = ['RUNTIME_STOPPED', 'the runtime has been stopped; create a new one']

/**
 * What the supervisor does: admits, orders, grants, watches and settles. It owns the queue, the ledger and the tasks;
 * its statechart decides when it does what.
 */
export class Supervisor implements SupervisorPerformer {
  readonly scheduler: Scheduler
  readonly tasks: TaskTable
  readonly #logic: SupervisorActorLogic
  readonly #services: TaskServices
  readonly #queueLimit: number
  readonly #intensity: RestartIntensity
  readonly #crashes = new Map<string, number>()
  readonly #leaseTimers = new Map<string, Timer>()
  #waitingForRoom: Submission[] = []
  #idle: (() => void)[] = []
  #stopped: (() => void)[] = []
  #backlog = 0
  #dispatchScheduled = false
  #wakeTimer: Timer | null = null
  #graceTimer: Timer | null = null
  #recoveryTimer: Timer | null = null

  constructor(logic: SupervisorActorLogic, scheduler: Scheduler, services: TaskServices, options: SupervisorOptions) {
    this.#logic = logic
    this.scheduler = scheduler
    this.#services = services
    this.tasks = new TaskTable(options.retain)
    this.#queueLimit = options.queueLimit
    this.#intensity = new RestartIntensity(options.restarts, options.restartsWithinMs)
  }

  /** How many tasks wait for their turn. */
  get backlog(): number {
    return this.#backlog
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
    switch (message.type) {
      case 'task.submit':
        return this.#answer(effect, message.submission)
      case 'task.ready':
        if (effect === 'enqueue') this.#enqueue(message.taskId)
        break
      case 'task.withdraw':
        if (effect === 'withdraw') this.scheduler.withdraw(message.taskId)
        break
      case 'task.reprioritise':
        if (effect === 'reprioritise') this.#reprioritise(message.taskId, message.priority)
        break
      case 'lease.release':
        if (effect === 'release') this.#release(message.leaseId, message.epoch)
        break
      case 'lease.renew':
        return this.#renew(message.leaseId, message.epoch, message.expiresAt)
      case 'lease.use':
        return this.#use(message)
      case 'lease.expired':
        if (effect === 'reclaim') this.#reclaim(message.leaseId, message.epoch)
        break
      case 'pool.resize':
        if (effect === 'resize') this.#resize(message)
        break
    }
    switch (effect) {
      case 'scheduleDispatch':
        return this.#scheduleDispatch()
      case 'dispatch':
        return this.#dispatch()
      case 'alertIntensity':
        return this.#alertIntensity()
      case 'shutDownTasks':
        return this.#shutDown(message.type === 'stop' ? message.graceMs : 0)
      case 'forceTasks':
        for (const task of this.tasks.live()) task.effects.force()
        return
      case 'reportIdle':
        return this.#reportIdle()
    }
    if ('actorId' in message) this.#performOfActor(effect, message)
  }

  #performOfActor(effect: string, message: SupervisorMessage & { actorId: string }): void {
    const task = this.tasks.get(message.actorId)
    if (!task || task.outcome) return
    if (effect === 'settle' && 'output' in message) this.#settle(task, message.output)
    else if (effect === 'restart' && 'error' in message) this.#restart(task, message.error)
    else if (effect === 'abandon' && 'error' in message) this.#abandon(task, message.error)
  }

  // --- admission

  #answer(effect: string, submission: Submission): void {
    switch (effect) {
      case 'admit':
        return this.#admit(submission)
      case 'refuseDegraded':
        return submission.reply.refused(new RefusedError(...degraded))
      case 'refuseDraining':
        return submission.reply.refused(new RefusedError(...draining))
      case 'refuseStopped':
        return submission.reply.refused(new RefusedError(...stopping))
    }
  }

  #admit(submission: Submission): void {
    const { facts, reply, parentId } = submission
    const duplicate = this.tasks.duplicateOf(facts.dedupeKey)
    if (duplicate) {
      reply.accepted(duplicate)
      return
    }
    // Children pass: their parent executes already, and waiting for room behind it could never end.
    if (this.#backlog >= this.#queueLimit && parentId === null) {
      if (submission.whenFull === 'wait') this.#waitingForRoom.push(submission)
      else reply.refused(new RefusedError('QUEUE_FULL', `${this.#backlog} tasks wait already, as many as queueLimit allows; submit later, or with whenFull: 'wait'`))
      return
    }
    const unknown = facts.after.filter((id) => !this.tasks.get(id))
    if (unknown.length > 0) {
      reply.refused(new RefusedError('DEPENDENCY_UNKNOWN', `after names tasks that are unknown, or ended too long ago to be remembered: ${unknown.join(', ')}`))
      return
    }
    const task = this.#spawn(submission)
    this.#services.journal.whenDurable(() => reply.accepted(task))
  }

  #spawn({ facts, priority }: Submission): TaskActorLogic {
    const dependencies = facts.after.flatMap((id) => this.tasks.get(id) ?? [])
    const now = this.#services.environment.clock.now()
    const isDue = facts.startAt === null || facts.startAt <= now
    const conditionsMet = isDue && dependencies.every(({ outcome }) => outcome?.status === 'completed')
    const task = new TaskActorLogic(facts, priority, conditionsMet, this.#services)
    // Not a child in this actor's snapshot: XState would copy all children at every spawn.
    const actor = createActor(task, { parent: this.#logic.actor, id: facts.id, input: undefined })
    awaitDependencies(task, dependencies)
    this.tasks.add(task)
    this.#countBacklog(task, true)
    actor.start()
    const failure = failedBefore(dependencies)
    if (failure) task.cancel(failure)
    else task.send({ type: 'start' })
    if (!isDue && facts.startAt !== null) task.effects.armStart(facts.startAt, () => this.#meet(task))
    return task
  }

  /** A condition was met: when all are, the task goes on. */
  #meet(task: TaskActorLogic): void {
    const { startAt } = task.facts
    const isDue = startAt === null || startAt <= this.#services.environment.clock.now()
    if (!task.outcome && isDue && task.unmetDependencies === 0) task.send({ type: 'ready' })
  }

  #countBacklog(task: TaskActorLogic, waits: boolean): void {
    if (task.inBacklog === waits) return
    task.inBacklog = waits
    this.#backlog += waits ? 1 : -1
  }

  #admitWaiting(): void {
    if (this.#waitingForRoom.length === 0) return
    const room = this.#queueLimit - this.#backlog
    if (room <= 0) return
    const admitted = this.#waitingForRoom.splice(0, room)
    for (const submission of admitted) this.#logic.send({ type: 'task.submit', submission })
  }

  // --- queue and leases

  #enqueue(taskId: string): void {
    const task = this.tasks.get(taskId)
    if (!task || task.stage !== 'queued') return
    this.#countBacklog(task, true)
    const { facts, progress } = task
    const { definition } = facts
    const now = this.#services.environment.clock.now()
    this.scheduler.enqueue(
      {
        id: facts.id,
        type: definition.type,
        principal: facts.principal,
        priority: progress.priority,
        seq: facts.seq,
        queuedAt: progress.queuedAt ?? now,
        deadlineAt: facts.deadlineAt,
        estimateMs: facts.estimateMs ?? definition.timeoutMs,
        vector: facts.vector,
        concurrency: definition.concurrency,
      },
      now,
    )
  }

  #reprioritise(taskId: string, priority: number): void {
    const task = this.tasks.get(taskId)
    if (!task) return
    task.progress.priority = priority
    this.scheduler.reprioritise(taskId, priority)
  }

  /** At the end of this instant, so that everything that comes free in it is free for the highest in order. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return
    this.#dispatchScheduled = true
    this.#services.environment.clock.soon(() => {
      this.#dispatchScheduled = false
      this.#logic.send({ type: 'dispatch' })
    })
  }

  #dispatch(): void {
    const { clock } = this.#services.environment
    const now = clock.now()
    for (;;) {
      const granted = this.scheduler.grantNext(now, ({ id }) => this.#openLease(id, now))
      if (!granted) break
      const task = this.tasks.get(granted.task.id)
      if (!task) continue
      this.#countBacklog(task, false)
      const { id: leaseId, epoch, expiresAt } = granted.lease
      if (expiresAt !== null) this.#watchLease(leaseId, epoch, expiresAt)
      task.send({ type: 'lease.granted', leaseId, epoch })
    }
    this.#assertInvariants(now)
    this.#admitWaiting()
    this.#wakeTimer = this.#services.timers.disarm(this.#wakeTimer)
    const wakeAt = this.scheduler.wakeAt(now)
    if (wakeAt !== null) this.#wakeTimer = this.#services.timers.arm(wakeAt, () => this.#logic.send({ type: 'dispatch' }))
  }

  #openLease(taskId: string, now: number): { id: string; epoch: number; expiresAt: number | null } {
    const task = this.tasks.get(taskId)
    if (!task) return { id: `${taskId}#0`, epoch: 0, expiresAt: now }
    task.epoch += 1
    const { heartbeatMs } = task.facts.definition
    return {
      id: `${taskId}#${task.epoch}`,
      epoch: task.epoch,
      expiresAt: heartbeatMs === null ? null : now + 2 * heartbeatMs,
    }
  }

  #watchLease(leaseId: string, epoch: number, expiresAt: number | null): void {
    this.#services.timers.disarm(this.#leaseTimers.get(leaseId) ?? null)
    this.#leaseTimers.delete(leaseId)
    if (expiresAt === null) return
    const expire = () => this.#logic.send({ type: 'lease.expired', leaseId, epoch })
    this.#leaseTimers.set(leaseId, this.#services.timers.arm(expiresAt, expire))
  }

  #renew(leaseId: string, epoch: number, expiresAt: number | null): void {
    if (this.scheduler.ledger.renew(leaseId, epoch, expiresAt)) this.#watchLease(leaseId, epoch, expiresAt)
  }

  #release(leaseId: string, epoch: number): void {
    this.scheduler.release(leaseId, epoch, this.#services.environment.clock.now())
    if (this.#leaseTimers.size > 0) this.#watchLease(leaseId, epoch, null)
  }

  /** No sign of life for two heartbeats: the resources come back, and the holder is told that it holds nothing. */
  #reclaim(leaseId: string, epoch: number): void {
    const lease = this.scheduler.ledger.lease(leaseId)
    if (lease?.epoch !== epoch) return
    this.#release(leaseId, epoch)
    const failure: Failure = { code: 'LEASE_LOST', message: 'no heartbeat came for two heartbeat intervals', retryable: true }
    this.tasks.get(lease.taskId)?.send({ type: 'lease.lost', epoch, failure })
  }

  #use({ taskId, leaseId, epoch, usage }: Extract<SupervisorMessage, { type: 'lease.use' }>): void {
    const result = this.scheduler.ledger.use(leaseId, epoch, usage, this.#services.environment.clock.now())
    if (result.ok) return
    const { resource, asked, available } = result
    const failure: Failure = {
      code: 'BUDGET_EXCEEDED',
      message: `used ${asked} of ${resource} beyond its demand, and the budget has ${available} left`,
      retryable: false,
    }
    this.tasks.get(taskId)?.send({ type: 'budget.exceeded', epoch, failure })
  }

  #resize({ resource, capacity, reply }: Extract<SupervisorMessage, { type: 'pool.resize' }>): void {
    try {
      const { pool, from, to } = this.scheduler.ledger.resize(resource, capacity, this.#services.environment.clock.now())
      this.#services.journal.ofRuntime({ type: 'pool.resized', pool, resource, from, to })
      reply.done()
    } catch (refusal) {
      reply.refused(refusal)
    }
  }

  // --- ends

  #settle(task: TaskActorLogic, outcome: TaskOutcome): void {
    this.#countBacklog(task, false)
    this.#crashes.delete(task.id)
    this.scheduler.withdraw(task.id)
    const { lease } = task.effects
    if (lease) this.#release(lease.id, lease.epoch)
    this.tasks.end(task)
    // What waits for the outcome hears of it once it is on disk.
    this.#services.journal.whenDurable(() => {
      task.settle(outcome)
      releaseDependents(task, outcome.status, (dependent) => this.#meet(dependent))
      if (this.tasks.unfinished === 0) this.#logic.send({ type: 'idle' })
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
    this.#recoveryTimer = this.#services.timers.arm(this.#intensity.recoversAt(), recover)
  }

  #shutDown(graceMs: number): void {
    const { timers, environment } = this.#services
    for (const submission of this.#waitingForRoom) submission.reply.refused(new RefusedError(...stopping))
    this.#waitingForRoom = []
    const expire = () => this.#logic.send({ type: 'grace.expired' })
    this.#graceTimer = timers.arm(environment.clock.now() + graceMs, expire)
    for (const task of [...this.tasks.live()]) task.send({ type: 'shutdown', failure: shuttingDown })
    if (this.tasks.unfinished === 0) this.#logic.send({ type: 'idle' })
  }

  #reportIdle(): void {
    if (this.tasks.unfinished > 0) return
    this.#assertInvariants(this.#services.environment.clock.now())
    this.#graceTimer = this.#services.timers.disarm(this.#graceTimer)
    const idle = this.#idle
    this.#idle = []
    for (const then of idle) then()
  }

  #assertInvariants(now: number): void {
    try {
      this.scheduler.assertInvariants(now)
    } catch (broken) {
      this.#alert('INVARIANT_BROKEN', describeThrown(broken), null)
      this.#logic.send({ type: 'intensity.spent' })
    }
  }

  #alert(code: AlertCode, message: string, taskId: string | null): void {
    this.#services.journal.ofRuntime({ type: 'alert', code, message, taskId })
    this.#services.log.error({ code, taskId }, message)
  }
}
