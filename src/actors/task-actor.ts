import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from 'xstate'
import { createActor } from 'xstate'
import type { TaskSnapshot } from '../machines/task-engine.ts'
import { taskMachine } from '../machines/task-machine.ts'
import type { TaskMachineContext, TaskMachineEvent } from '../machines/task-tables.ts'
import { initialTaskContext } from '../machines/task-tables.ts'
import type { Failure } from '../model/errors.ts'
import type { TaskEvent, TaskHappening } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import type { TaskStage } from '../model/stage.ts'
import type { TaskView } from '../model/task-view.ts'
import { encodeValue } from '../store/value-codec.ts'
import { acceptedRecord } from './accepted-record.ts'
import { scrubbedHappening } from './scrubbed-happening.ts'
import type { SpentToday } from './spent-today.ts'
import type { LoggedStep } from './step-log.ts'
import type { Task } from './task.ts'
import { announce, tellHook } from './task-announcements.ts'
import type { TaskConfiguration, TaskStep } from './task-configuration.ts'
import { activityOf, stageOf } from './task-configuration.ts'
import { TaskEffects } from './task-effects.ts'
import type { RestoredTask, TaskFacts, TaskProgress } from './task-record.ts'
import { TaskSecrets } from './task-secrets.ts'
import type { TaskServices } from './task-services.ts'

type Scope = ActorScope<TaskSnapshot, TaskMachineEvent>

/**
 * The actor of one task: runs the task machine from its tables, and gives its effects a meaning.
 * One logic object a task: the logic is also what the supervisor and the handles know a task by.
 */
export class TaskActorLogic implements ActorLogic<TaskSnapshot, TaskMachineEvent, undefined>, Task {
  readonly facts: TaskFacts
  readonly progress: TaskProgress
  readonly services: TaskServices
  readonly effects: TaskEffects
  /** The epoch of the lease last granted: the supervisor counts it up. */
  epoch = 0
  /** Counted against the bound of the queue; the supervisor's mark. */
  inBacklog = false
  /** Tasks that wait for this one. */
  dependents: TaskActorLogic[] | null = null
  unmetDependencies = 0
  /** Not remembered any more: what a step that was given up still does is told, and not kept. */
  isForgotten = false
  outcome: TaskOutcome | null = null
  /** Spent of budgets under leases that have ended; `null`: nothing. */
  spent: Map<string, number> | null = null
  /** The part of it that counts against the day's quota of its principal; `null`: nothing, or there are no quotas. */
  spentToday: SpentToday | null = null
  #at: TaskConfiguration
  #snapshot: TaskSnapshot | null = null
  #actor: AnyActorRef | null = null
  #settled: ((outcome: TaskOutcome) => void)[] | null = null
  #secrets: TaskSecrets | null = null
  #shownOutcome: TaskOutcome | null = null
  #listeners: Set<(event: TaskEvent) => void> | null = null
  readonly #conditionsMet: boolean
  /** Taken up from a journal: it has begun before. */
  readonly #isRestored: boolean

  constructor(
    facts: TaskFacts,
    priority: number,
    conditionsMet: boolean,
    services: TaskServices,
    restored: RestoredTask | null = null,
  ) {
    this.facts = facts
    this.services = services
    this.#at = services.machine.initial
    this.#conditionsMet = conditionsMet
    this.#isRestored = restored !== null
    this.progress = {
      priority,
      queuedAt: null,
      startedAt: null,
      endedAt: null,
      runningSince: null,
      fraction: 0,
      message: '',
      compensated: false,
      parked: null,
      ...restored?.progress,
    }
    if (restored) {
      this.#snapshot = restored.snapshot
      this.#at = this.services.machine.configurationOf(restored.snapshot.value)
      this.epoch = restored.snapshot.context.epoch
      this.outcome = restored.outcome
    }
    this.effects = new TaskEffects(this, services)
  }

  get id(): string {
    return this.facts.id
  }

  get stage(): TaskStage {
    return stageOf(this.#at)
  }

  /** Made when something is told that may hold a secret. */
  get secrets(): TaskSecrets {
    const { redactor, limits } = this.services
    this.#secrets ??= new TaskSecrets(this.facts, redactor, limits.textBytes)
    return this.#secrets
  }

  get context(): TaskMachineContext {
    return this.snapshot.context
  }

  /** Where the task stands; what a restarted actor takes up. */
  get snapshot(): TaskSnapshot {
    return this.#snapshot ?? this.services.machine.start(this.#initialContext())
  }

  get actor(): AnyActorRef {
    // One that ended in an earlier process has no actor until somebody asks for it.
    if (!this.#actor && this.#isRestored && this.#at.isFinal)
      this.#actor = createActor<TaskActorLogic>(this, { id: this.id, input: undefined, snapshot: this.snapshot })
    if (!this.#actor) throw new Error(`task ${this.id} has no actor yet`)
    return this.#actor
  }

  getInitialSnapshot(scope: Scope): TaskSnapshot {
    this.#actor = scope.self
    this.#at = this.services.machine.initial
    this.#snapshot = this.services.machine.start(this.#initialContext())
    return this.#snapshot
  }

  /** Takes up a task where a snapshot of it stands. */
  restoreSnapshot(_persisted: unknown, scope: Scope): TaskSnapshot {
    this.#actor = scope.self
    const { snapshot } = this
    this.#at = this.services.machine.configurationOf(snapshot.value)
    return snapshot
  }

  /** Plain data, as XState persists it. */
  getPersistedSnapshot(snapshot: TaskSnapshot): Snapshot<unknown> {
    return taskMachine.getPersistedSnapshot(snapshot)
  }

  transition(snapshot: TaskSnapshot, event: TaskMachineEvent, scope: Scope): TaskSnapshot {
    const step = this.services.machine.step(this.#at, snapshot.context, event)
    if (!step) return snapshot
    this.effects.stopChild = scope.stopChild
    this.#at = step.to
    this.#snapshot = step.snapshot
    // Effects see the new snapshot in place, and what they send arrives after this message is done with.
    const wasHeld = snapshot.context.held
    scope.defer(() => this.#perform(step, event, wasHeld))
    return step.snapshot
  }

  start(): void {
    // A restarted actor goes on; only a new one begins.
    if (this.stage !== 'created' || this.#isRestored) return
    const { definition, principal, parentId } = this.facts
    this.services.monitor.created()
    this.report(
      {
        type: 'task.created',
        kind: definition.kind,
        version: definition.version,
        principal: principal.id,
        priority: this.progress.priority,
        parentId,
      },
      this.services.journal.keepsState ? { accepted: acceptedRecord(this.facts) } : null,
    )
    tellHook(this, this.services, 'created')
    this.effects.begin()
  }

  /** What another task did, of which this one is the retry, is not done again. Before it starts. */
  inherit(steps: readonly LoggedStep[], from: string): void {
    for (const step of steps) {
      const { name, hasUndo, hasUndoInDoubt, result, doneBy } = step
      const by = doneBy ?? from
      this.effects.undo.steps.restore({ ...step, undo: null, undoInDoubt: null, doneBy: by })
      // As recovery reads it: a step of an attempt before the first.
      this.report({ type: 'task.step.started', step: name, attempt: 0 }, { hasUndo, hasUndoInDoubt })
      const payload = this.services.journal.keepsState ? { result: encodeValue(result), doneBy: by } : null
      this.report({ type: 'task.step.completed', step: name, attempt: 0 }, payload)
    }
  }

  /** Messages to a task that has ended change nothing. */
  send(event: TaskMachineEvent): void {
    if (!this.#at.isFinal && !this.effects.isLeft) this.actor.send(this.#scrubbed(event))
  }

  /** Writes down what happened to this task. */
  report(happening: TaskHappening, payload: RecordPayload | null = null): void {
    if (this.effects.isLeft) return
    const { id, definition } = this.facts
    const told = scrubbedHappening(happening, this)
    const event = this.services.journal.ofTask(id, definition.type, told, payload)
    if (this.isForgotten) this.services.journal.forget([this.id])
    if (this.#listeners) for (const listener of this.#listeners) listener(event)
  }

  listen(listener: (event: TaskEvent) => void): () => void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => {
      this.#listeners?.delete(listener)
    }
  }

  /** Calls back with the outcome, now if there is one. */
  whenSettled(then: (outcome: TaskOutcome) => void): void {
    if (this.outcome) {
      then(this.outcome)
      return
    }
    this.#settled ??= []
    this.#settled.push(then)
  }

  /** The outcome is on record: tells who waits. */
  settle(outcome: TaskOutcome): void {
    this.outcome = outcome
    const settled = this.#settled
    this.#settled = null
    if (settled) for (const then of settled) then(outcome)
  }

  /** Its actor is lost: it stands as failed without having got there itself. */
  standAsFailed({ failure, rollback }: Extract<TaskOutcome, { status: 'failed' }>): void {
    this.#snapshot = this.services.machine.at('failed', { ...this.context, ending: 'failed', failure, rollback })
    this.#at = this.services.machine.configurationOf('failed')
  }

  cancel(failure: Failure): void {
    this.send({ type: 'cancel', failure })
  }

  compensate(): Promise<RollbackReport> {
    return this.effects.undo.compensate()
  }

  view(): TaskView {
    const { facts, progress, context } = this
    const { definition } = facts
    return {
      id: facts.id,
      type: definition.type,
      kind: definition.kind,
      version: definition.version,
      stage: this.stage,
      activity: activityOf(this.#at),
      held: context.held,
      principal: facts.principal.id,
      priority: progress.priority,
      parentId: facts.parentId,
      labels: facts.labels,
      attempt: context.attempt,
      progress: { fraction: progress.fraction, message: progress.message },
      demand: facts.vector.demand,
      createdAt: facts.createdAt,
      queuedAt: progress.queuedAt,
      startedAt: progress.startedAt,
      endedAt: progress.endedAt,
      deadlineAt: facts.deadlineAt,
      maxAttempts: definition.retry.attempts,
      outcome: this.#outcomeShown(),
      compensated: progress.compensated,
      parked: progress.parked,
    }
  }

  /** Reasons come from outside, and end in outcomes, errors and snapshots. */
  #scrubbed(event: TaskMachineEvent): TaskMachineEvent {
    if ('failure' in event) return { ...event, failure: this.secrets.failure(event.failure) }
    if (event.type === 'rollback.finished') return { ...event, report: this.secrets.rollback(event.report) }
    return event
  }

  #outcomeShown(): TaskOutcome | null {
    if (this.outcome) this.#shownOutcome ??= this.secrets.outcome(this.outcome)
    return this.#shownOutcome
  }

  #initialContext(): TaskMachineContext {
    const { id, definition } = this.facts
    return initialTaskContext({
      id,
      type: definition.type,
      maxAttempts: definition.retry.attempts,
      conditionsMet: this.#conditionsMet,
    })
  }

  #perform(step: TaskStep, event: TaskMachineEvent, wasHeld: boolean): void {
    const { held } = step.snapshot.context
    if (held !== wasHeld) this.report({ type: 'task.held', held })
    if (step.entered.length > 0)
      announce(this, this.services, step, () => this.effects.retry.draw(this.context.attempt))
    for (const effect of step.effects) this.effects.perform(effect, event)
    if (step.to.isFinal) this.effects.end()
  }
}
