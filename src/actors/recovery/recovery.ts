import type { AnyActorRef } from 'xstate'
import { createActor } from 'xstate'
import type { Authority } from '../../model/access.ts'
import { nobody } from '../../model/access.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import type { Principal } from '../../model/principal.ts'
import type { DemandVector } from '../../scheduling/demand-vector.ts'
import { undemanding } from '../../scheduling/demand-vector.ts'
import { decodeValue } from '../../store/value-codec.ts'
import type { Admission } from '../admission.ts'
import { awaitDependencies, failedBefore } from '../dependencies.ts'
import { TaskActorLogic } from '../task-actor.ts'
import type { RestoredTask, TaskFacts } from '../task-record.ts'
import type { TaskServices } from '../task-services.ts'
import type { TaskTable } from '../task-table.ts'
import { parentEnded } from '../task-undo.ts'
import type { Definitions } from './definition-match.ts'
import { matchDefinition } from './definition-match.ts'
import type { JournalReader } from './journal-reader.ts'
import { parkedDefinition } from './parked-definition.ts'
import type { RestoredPlace } from './restored-state.ts'
import { endedTask, parkedTask, placeOf, restoredTask, wasExecuting } from './restored-state.ts'
import { hasLateStep, isInDoubt } from './step-history.ts'
import type { TaskHistory } from './task-history.ts'

interface Recovered {
  readonly task: TaskActorLogic
  readonly history: TaskHistory
  readonly place: RestoredPlace
}

interface Parked {
  readonly task: TaskActorLogic
  readonly history: TaskHistory
}

/** What a task needs to go on, or why it has not got it. */
type Means =
  | {
      readonly ok: true
      readonly definition: TaskDefinition
      readonly vector: DemandVector
      readonly migratedFrom: number | null
    }
  | { readonly ok: false; readonly reason: string }

interface RecoveryParts {
  readonly tasks: TaskTable
  readonly admission: Admission
  readonly services: TaskServices
  readonly definitions: Definitions
  readonly ledger: { unfit(vector: DemandVector): string[] }
  /** The supervisor's actor, under which tasks are spawned. */
  readonly parent: () => AnyActorRef
}

/** A token's end does not end the tasks that were submitted with it. */
function authorityOf({ principal: id, accepted }: TaskHistory): Authority {
  const { principalKind: kind, principalWeight: weight, principalTenant: tenant, principalAttributes } = accepted
  const principal: Principal = {
    id,
    kind,
    weight,
    ...(tenant !== undefined && { tenant }),
    ...(principalAttributes !== undefined && { attributes: principalAttributes }),
  }
  return { principal, within: accepted.within ?? nobody }
}

/** Takes up the tasks that an earlier process has left, each in the stage where it was. */
export class Recovery {
  readonly #parts: RecoveryParts
  /** Ended, with a step that was running still. */
  readonly #late: TaskActorLogic[] = []
  readonly #parked = new Set<Parked>()
  #unparking: Promise<void> = Promise.resolve()

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Before the supervisor starts. Leases of the dead process are void: a task's next epoch is higher than any it had. */
  async recover(reader: JournalReader): Promise<void> {
    const { tasks } = this.#parts
    const unfinished: Recovered[] = []
    const ended: TaskHistory[] = []
    for (const history of reader.tasks.values()) {
      if (history.endedAt !== null) {
        tasks.addEnded(this.#ended(history))
        ended.push(history)
        continue
      }
      const means = await this.#meansOf(history)
      if (means.ok) unfinished.push(this.#takeUp(history, means, !reader.wasStopped))
      else this.#park(history, means.reason)
    }
    // Of children with one key, the last counts.
    for (const { id } of reader.tasks.values()) this.#takeBack(tasks.get(id))
    for (const { task } of [...unfinished, ...this.#parked]) this.#awaitDependencies(task)
    for (const { task } of this.#parked) {
      task.effects.begin()
      if (this.#isOrphan(task)) task.cancel(parentEnded)
    }
    for (const recovered of unfinished) this.#goOn(recovered, !reader.wasStopped)
    // Who waited for them has heard of it by now; the first that ended is the first to be forgotten.
    ended.sort((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0))
    for (const { id } of ended) tasks.retire(id)
    for (const task of this.#late.splice(0)) void task.effects.undo.sweep()
  }

  /** Tries those again whose definition was not known. One call at a time: a migration may take long. */
  unpark(): Promise<void> {
    this.#unparking = this.#unparking.then(() => this.#unpark())
    return this.#unparking
  }

  async #unpark(): Promise<void> {
    for (const parked of this.#parked) {
      const { task, history } = parked
      const means = await this.#meansOf(history)
      const isParked = task.stage === 'waiting'
      if (means.ok || !isParked) this.#parked.delete(parked)
      // Not if it was cancelled meanwhile.
      if (means.ok && isParked) this.#goOnAs(task, history, means)
    }
  }

  /** A parked task goes on, as another object, with a definition that works. */
  #goOnAs(parked: TaskActorLogic, history: TaskHistory, means: Extract<Means, { ok: true }>): void {
    const { tasks, services, admission } = this.#parts
    history.priority = parked.progress.priority
    history.held = parked.context.held
    for (const dependency of this.#dependenciesOf(parked))
      dependency.dependents = dependency.dependents?.filter((one) => one !== parked) ?? null
    parked.effects.stepAside()
    admission.count(parked, false)
    services.monitor.dropped(parked.stage)
    const recovered = this.#takeUp(history, means, false)
    const { task } = recovered
    task.whenSettled((outcome) => parked.settle(outcome))
    task.dependents = parked.dependents
    this.#takeBack(task)
    for (const other of tasks.all()) if (other.facts.parentId === task.id) this.#takeBack(other)
    this.#awaitDependencies(task)
    this.#goOn(recovered, false)
  }

  get hasParked(): boolean {
    return this.#parked.size > 0
  }

  #ended(history: TaskHistory): TaskActorLogic {
    const { definitions, services } = this.#parts
    const definition = definitions.find(history.type, history.version) ?? parkedDefinition(history)
    const facts = this.#facts(history, definition, undemanding(history.accepted.demand))
    const task = new TaskActorLogic(facts, history.priority, true, services, endedTask(history, definition))
    const isLate = hasLateStep(history)
    // A completed one may be rolled back yet, and any other retried from where it failed.
    this.#restoreSteps(task, history)
    if (isLate) this.#late.push(task)
    task.spent = history.spent
    task.spentToday = history.spentToday
    services.monitor.restored(task.stage)
    return task
  }

  async #meansOf(history: TaskHistory): Promise<Means> {
    const match = await matchDefinition(history, this.#parts.definitions)
    if (!match.ok) return match
    const { definition, migratedFrom } = match
    try {
      const vector = this.#parts.services.ledger.compile(history.accepted.demand)
      const unfit = this.#parts.ledger.unfit(vector)
      if (unfit.length === 0) return { ok: true, definition, vector, migratedFrom }
      return { ok: false, reason: `it asks for more than there is now: ${unfit.join('; ')}` }
    } catch (thrown) {
      return { ok: false, reason: `its demand cannot be met any more: ${describeThrown(thrown)}` }
    }
  }

  #takeUp(history: TaskHistory, means: Extract<Means, { ok: true }>, isCrash: boolean): Recovered {
    const { definition, vector, migratedFrom } = means
    const place = placeOf(history, definition, isCrash)
    const facts = this.#facts(history, definition, vector)
    const task = this.#spawn(facts, history, restoredTask(history, definition, place))
    if (migratedFrom !== null) this.#noteMigration(task, history, migratedFrom)
    return { task, history, place }
  }

  #noteMigration(task: TaskActorLogic, history: TaskHistory, fromVersion: number): void {
    const { version, input, machineHash } = history
    task.report(
      { type: 'task.migrated', fromVersion, version },
      { migrated: { version, input, ...(machineHash !== null && { machineHash }) } },
    )
  }

  #park(history: TaskHistory, reason: string): void {
    const { services } = this.#parts
    const definition = parkedDefinition(history)
    const facts = this.#facts(history, definition, undemanding(history.accepted.demand))
    const task = this.#spawn(facts, history, parkedTask(history, definition, reason))
    this.#parked.add({ task, history })
    task.report({ type: 'task.parked', reason })
    const message = `${task.id} is parked: ${reason}`
    services.journal.ofRuntime({ type: 'alert', code: 'TASK_PARKED', message, taskId: task.id })
    services.log.error({ taskId: task.id, reason }, 'a task was parked')
  }

  #spawn(facts: TaskFacts, history: TaskHistory, restored: RestoredTask): TaskActorLogic {
    const { services, tasks, admission, parent } = this.#parts
    const task = new TaskActorLogic(facts, history.priority, true, services, restored)
    task.spent = history.spent
    task.spentToday = history.spentToday
    this.#restoreSteps(task, history)
    const actor = createActor(task, { parent: parent(), id: task.id, input: undefined, snapshot: restored.snapshot })
    tasks.add(task)
    services.monitor.restored(task.stage)
    const { stage } = task
    admission.count(task, stage === 'created' || stage === 'waiting' || stage === 'queued')
    actor.start()
    return task
  }

  #facts(history: TaskHistory, definition: TaskDefinition, vector: DemandVector): TaskFacts {
    const { accepted } = history
    const authority = authorityOf(history)
    return {
      id: history.id,
      seq: accepted.order,
      definition,
      input: decodeValue(history.input),
      authority,
      rule: accepted.rule ?? null,
      principal: authority.principal,
      parentId: history.parentId,
      labels: accepted.labels ?? {},
      vector,
      estimateMs: accepted.estimateMs ?? null,
      startAt: accepted.startAt ?? null,
      deadlineAt: accepted.deadlineAt ?? null,
      dedupeKey: accepted.dedupeKey ?? null,
      after: accepted.after ?? [],
      childKey: accepted.childKey ?? null,
      depth: accepted.depth ?? 0,
      createdAt: history.createdAt,
      traceContext: accepted.traceContext ?? null,
    }
  }

  #restoreSteps(task: TaskActorLogic, history: TaskHistory): void {
    const { steps, answers, rolledBack } = history
    if (steps.size === 0 && answers.size === 0 && rolledBack === 'no') return
    const { undo } = task.effects
    undo.restore(rolledBack, new Map([...answers].map(([key, value]) => [key, decodeValue(value)])))
    for (const [name, step] of steps) {
      const { state, result, hasResult, hasUndo, hasUndoInDoubt, undoInDoubt, doneBy } = step
      undo.steps.restore({
        name,
        state: isInDoubt(step) || state === 'started' ? 'inDoubt' : state,
        result: decodeValue(result),
        hasResult,
        hasUndo,
        hasUndoInDoubt,
        undoWasInDoubt: undoInDoubt,
        hadDoubt: false,
        doneBy,
        undo: null,
        undoInDoubt: null,
      })
    }
  }

  /** Gives a child back to its parent: the parent's next attempt finds it by its key, ended or not. */
  #takeBack(task: TaskActorLogic | undefined): void {
    const { parentId = null, childKey = null } = task?.facts ?? {}
    const parent = parentId === null ? undefined : this.#parts.tasks.get(parentId)
    if (task && parent && !parent.outcome && childKey !== null) parent.effects.undo.takeBack(childKey, task)
  }

  #awaitDependencies(task: TaskActorLogic): void {
    if (task.stage === 'created' || task.stage === 'waiting') awaitDependencies(task, this.#dependenciesOf(task))
  }

  /** One that is not known any more ended long ago, and well: else this task would have been cancelled. */
  #dependenciesOf(task: TaskActorLogic): TaskActorLogic[] {
    return task.facts.after.flatMap((id) => this.#parts.tasks.get(id) ?? [])
  }

  #isOrphan({ facts }: TaskActorLogic): boolean {
    const { parentId } = facts
    return parentId !== null && this.#parts.tasks.get(parentId)?.progress.endedAt !== null
  }

  #goOn({ task, history, place }: Recovered, isCrash: boolean): void {
    const { services, admission } = this.#parts
    const { supervisor } = services
    if (place.at !== 'created' && place.at !== 'waiting' && place.at !== 'queued') {
      const lost = wasExecuting(history) ? 1 : 0
      task.report({
        type: 'task.recovered',
        stage: history.stage,
        crashes: history.crashes + (isCrash ? lost : 0),
        lost: history.lost + lost,
      })
    }
    task.effects.begin()
    if (this.#isOrphan(task)) task.cancel(parentEnded)
    switch (place.at) {
      case 'created':
      case 'waiting': {
        const failure = failedBefore(this.#dependenciesOf(task))
        if (failure) return task.cancel(failure)
        admission.armStart(task)
        admission.meet(task)
        if (place.at === 'created') task.send({ type: 'start' })
        return
      }
      case 'queued':
        if (task.stage === 'queued') supervisor.send({ type: 'task.ready', taskId: task.id })
        return
      case 'retrying':
        if (task.stage !== 'retrying') return
        // A clock that was set back meanwhile must not make it wait for longer than it would have.
        return task.effects.retry.armAt(
          Math.min(history.backoffUntil ?? 0, services.environment.clock.now() + history.backoffMs),
        )
      case 'rollingBack':
        return task.effects.resume()
      case 'crashed':
        return task.send({ type: 'grace.expired', epoch: task.context.epoch })
      case 'abandoned':
        return task.effects.abandon()
    }
  }
}
