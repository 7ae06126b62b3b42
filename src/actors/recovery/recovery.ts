import type { AnyActorRef } from 'xstate'
import { createActor } from 'xstate'
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
import type { DefinitionMatch, Definitions } from './definition-match.ts'
import { matchDefinition } from './definition-match.ts'
import type { JournalReader } from './journal-reader.ts'
import { parkedDefinition } from './parked-definition.ts'
import type { RestoredPlace } from './restored-state.ts'
import { endedTask, parkedTask, placeOf, restoredTask, wasExecuting } from './restored-state.ts'
import type { TaskHistory } from './task-history.ts'

interface Recovered {
  readonly task: TaskActorLogic
  readonly history: TaskHistory
  readonly place: RestoredPlace
}

interface RecoveryParts {
  readonly tasks: TaskTable
  readonly admission: Admission
  readonly services: TaskServices
  readonly definitions: Definitions
  readonly ledger: { unfit(vector: DemandVector): string[] }
  /** The supervisor's actor, under which tasks are spawned. */
  readonly parent: () => AnyActorRef
}

function principalOf({ principal, accepted }: TaskHistory): Principal {
  return { id: principal, kind: accepted.principalKind, weight: accepted.principalWeight }
}

/** Takes up the tasks that an earlier process has left, each in the stage where it was. */
export class Recovery {
  readonly #parts: RecoveryParts
  /** Ended, with a step that was running still. */
  #late: TaskActorLogic[] = []
  #parked: { readonly task: TaskActorLogic; readonly history: TaskHistory }[] = []

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Before the supervisor starts. Leases of the dead process are void: a task's next epoch is higher than any it had. */
  async recover(reader: JournalReader): Promise<void> {
    const { tasks } = this.#parts
    const unfinished: Recovered[] = []
    for (const history of reader.tasks.values()) {
      if (history.endedAt !== null) {
        const task = this.#ended(history)
        tasks.addEnded(task)
        this.#giveToParent(task, history)
        continue
      }
      const matching = matchDefinition(history, this.#parts.definitions)
      const match = matching instanceof Promise ? await matching : matching
      const recovered = this.#takeUp(history, match, !reader.wasStopped)
      if (recovered) unfinished.push(recovered)
    }
    for (const { task, history } of unfinished) this.#relate(task, history)
    for (const recovered of unfinished) this.#goOn(recovered, !reader.wasStopped)
    for (const task of this.#late.splice(0)) void task.effects.undo.sweep()
  }

  /** Tries those again whose definition was not known. */
  async unpark(): Promise<void> {
    const parked = this.#parked
    this.#parked = []
    for (const { task, history } of parked) {
      if (task.outcome) continue
      const match = await matchDefinition(history, this.#parts.definitions)
      if (!match.ok) {
        this.#parked.push({ task, history })
        continue
      }
      const recovered = this.#takeUp(history, match, false)
      if (!recovered) continue
      recovered.task.whenSettled((outcome) => task.settle(outcome))
      recovered.task.dependents = task.dependents
      this.#relate(recovered.task, history)
      this.#goOn(recovered, false)
    }
  }

  get hasParked(): boolean {
    return this.#parked.length > 0
  }

  #ended(history: TaskHistory): TaskActorLogic {
    const { definitions, services } = this.#parts
    const definition = definitions.find(history.type, history.version) ?? parkedDefinition(history)
    const facts = this.#facts(history, definition, undemanding(history.accepted.demand))
    const task = new TaskActorLogic(facts, history.priority, true, services, endedTask(history, definition))
    const hasLateStep = [...history.steps.values()].some(
      ({ state, hasUndo, hasUndoInDoubt }) => state === 'started' && (hasUndo || hasUndoInDoubt),
    )
    if (history.parentId !== null || hasLateStep) this.#restoreSteps(task, history)
    if (hasLateStep) this.#late.push(task)
    task.spent = history.spent
    services.monitor.restored(task.stage)
    return task
  }

  /** @returns `null` if it was parked */
  #takeUp(history: TaskHistory, match: DefinitionMatch, isCrash: boolean): Recovered | null {
    if (!match.ok) return this.#park(history, match.reason)
    const { definition } = match
    let vector: DemandVector
    try {
      vector = this.#parts.services.ledger.compile(history.accepted.demand)
    } catch (thrown) {
      return this.#park(history, `its demand cannot be met any more: ${describeThrown(thrown)}`)
    }
    const unfit = this.#parts.ledger.unfit(vector)
    if (unfit.length > 0) return this.#park(history, `it asks for more than there is now: ${unfit.join('; ')}`)
    const place = placeOf(history, definition, isCrash)
    const facts = this.#facts(history, definition, vector)
    const task = this.#spawn(facts, history, restoredTask(history, definition, place))
    if (match.migratedFrom !== null) this.#noteMigration(task, history, match.migratedFrom)
    return { task, history, place }
  }

  #noteMigration(task: TaskActorLogic, history: TaskHistory, fromVersion: number): void {
    const { version, input, machineHash } = history
    task.report(
      { type: 'task.migrated', fromVersion, version },
      { migrated: { version, input, ...(machineHash !== null && { machineHash }) } },
    )
  }

  #park(history: TaskHistory, reason: string): null {
    const { services } = this.#parts
    const definition = parkedDefinition(history)
    const facts = this.#facts(history, definition, undemanding(history.accepted.demand))
    const task = this.#spawn(facts, history, parkedTask(history, definition, reason))
    this.#relate(task, history)
    this.#parked.push({ task, history })
    task.report({ type: 'task.parked', reason })
    const message = `${task.id} is parked: ${reason}`
    services.journal.ofRuntime({ type: 'alert', code: 'TASK_PARKED', message, taskId: task.id })
    services.log.error({ taskId: task.id, reason }, 'a task was parked')
    return null
  }

  #spawn(facts: TaskFacts, history: TaskHistory, restored: RestoredTask): TaskActorLogic {
    const { services, tasks, admission, parent } = this.#parts
    const task = new TaskActorLogic(facts, history.priority, true, services, restored)
    task.spent = history.spent
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
    return {
      id: history.id,
      seq: accepted.order,
      definition,
      input: decodeValue(history.input),
      principal: principalOf(history),
      parentId: history.parentId,
      labels: accepted.labels ?? {},
      vector,
      estimateMs: accepted.estimateMs ?? null,
      startAt: accepted.startAt ?? null,
      deadlineAt: accepted.deadlineAt ?? null,
      dedupeKey: accepted.dedupeKey ?? null,
      after: accepted.after ?? [],
      childKey: accepted.childKey ?? null,
      createdAt: history.createdAt,
    }
  }

  #restoreSteps(task: TaskActorLogic, history: TaskHistory): void {
    const { steps, answers, rolledBack } = history
    if (steps.size === 0 && answers.size === 0 && rolledBack === 'no') return
    const { undo } = task.effects
    undo.restore(rolledBack, new Map([...answers].map(([key, value]) => [key, decodeValue(value)])))
    for (const [name, { state, result, hasUndo, hasUndoInDoubt, undoInDoubt }] of steps) {
      undo.steps.restore({
        name,
        state: state === 'started' ? 'inDoubt' : state,
        result: decodeValue(result),
        hasUndo,
        hasUndoInDoubt,
        undoWasInDoubt: undoInDoubt,
        undo: null,
        undoInDoubt: null,
      })
    }
  }

  /** Ties it to its parent, and to what it waits for. */
  #relate(task: TaskActorLogic, history: TaskHistory): void {
    this.#giveToParent(task, history)
    if (task.stage === 'created' || task.stage === 'waiting') awaitDependencies(task, this.#dependenciesOf(task))
  }

  /** A parent was accepted before its children, so it is known by now. */
  #giveToParent(task: TaskActorLogic, { parentId, accepted }: TaskHistory): void {
    const parent = parentId === null ? undefined : this.#parts.tasks.get(parentId)
    if (parent && !parent.outcome && accepted.childKey !== undefined)
      parent.effects.undo.takeBack(accepted.childKey, task)
  }

  /** One that is not known any more ended long ago, and well: else this task would have been cancelled. */
  #dependenciesOf(task: TaskActorLogic): TaskActorLogic[] {
    return task.facts.after.flatMap((id) => this.#parts.tasks.get(id) ?? [])
  }

  #goOn({ task, history, place }: Recovered, isCrash: boolean): void {
    const { services, tasks, admission } = this.#parts
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
    const parent = history.parentId === null ? undefined : tasks.get(history.parentId)
    if (history.parentId !== null && (!parent || parent.outcome)) task.cancel(parentEnded)
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
        return task.effects.resumeBackoff(
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
