import type { AnyActorRef } from 'xstate'
import { createActor } from 'xstate'
import { RefusedError, refuse } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import type { QuotaBook } from '../scheduling/quota-book.ts'
import { unwritable } from './accepted-record.ts'
import { awaitDependencies, failedBefore } from './dependencies.ts'
import { notRecorded, queueQuota, unknownDependencies } from './refusals.ts'
import type { Submission } from './supervisor-messages.ts'
import { TaskActorLogic } from './task-actor.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'

/** Takes tasks on: keeps the bound of the queue, refuses duplicates and unknown dependencies, spawns the actors. */
export class Admission {
  readonly #tasks: TaskTable
  readonly #services: TaskServices
  readonly #queueLimit: number
  readonly #parent: () => AnyActorRef
  #waitingForRoom: Submission[] = []
  #backlog = 0
  /** How many of them are of each principal; only with quotas. */
  readonly #waitingOf = new Map<string, number>()
  readonly #quotas: QuotaBook | null

  /** @param parent the supervisor's actor, under which tasks are spawned */
  constructor(
    tasks: TaskTable,
    services: TaskServices,
    queueLimit: number,
    quotas: QuotaBook | null,
    parent: () => AnyActorRef,
  ) {
    this.#quotas = quotas
    this.#tasks = tasks
    this.#services = services
    this.#queueLimit = queueLimit
    this.#parent = parent
  }

  /** How many tasks wait for their turn. */
  get backlog(): number {
    return this.#backlog
  }

  admit(submission: Submission): void {
    const { facts, reply, parentId } = submission
    const duplicate = this.#tasks.duplicateOf(facts)
    if (duplicate) {
      this.#acknowledge(submission, duplicate)
      return
    }
    const overQuota = this.#quotas && this.#overQuota(facts.principal)
    if (overQuota) {
      reply.refused(overQuota)
      return
    }
    // Children pass: their parent executes already, and waiting for room behind it could never end.
    if (this.#backlog >= this.#queueLimit && parentId === null) {
      this.#noRoom(submission)
      return
    }
    const unknown = facts.after.filter((id) => !this.#tasks.get(id))
    if (unknown.length > 0) {
      reply.refused(unknownDependencies(unknown))
      return
    }
    const problem = this.#services.journal.keepsState ? unwritable(facts.input) : null
    if (problem !== null) {
      reply.refused(refuse('INPUT_INVALID', `the input of ${facts.definition.type} cannot be taken`, [problem]))
      return
    }
    this.#acknowledge(submission, this.#spawn(submission))
  }

  /** Notes whether a task waits for its turn. */
  count(task: TaskActorLogic, waits: boolean): void {
    if (task.inBacklog === waits) return
    task.inBacklog = waits
    this.#backlog += waits ? 1 : -1
    if (this.#quotas === null) return
    const { id } = task.facts.principal
    const waiting = (this.#waitingOf.get(id) ?? 0) + (waits ? 1 : -1)
    if (waiting > 0) this.#waitingOf.set(id, waiting)
    else this.#waitingOf.delete(id)
  }

  #overQuota(principal: Principal): RefusedError | null {
    const limit = this.#quotas?.of(principal).queued ?? null
    const waiting = this.#waitingOf.get(principal.id) ?? 0
    return limit === null || waiting < limit ? null : queueQuota(principal, waiting, limit)
  }

  /** Lets in, in order of arrival, those who waited for room. */
  admitWaiting(): void {
    const room = this.#queueLimit - this.#backlog
    if (this.#waitingForRoom.length === 0 || room <= 0) return
    for (const submission of this.#waitingForRoom.splice(0, room)) {
      this.#services.supervisor.send({ type: 'task.submit', submission })
    }
    // Those that are refused, or find their duplicate, leave room to the next.
    if (this.#waitingForRoom.length > 0) this.#services.supervisor.send({ type: 'dispatch' })
  }

  refuseWaiting(refusal: RefusedError): void {
    const waiting = this.#waitingForRoom
    this.#waitingForRoom = []
    for (const { reply } of waiting) reply.refused(refusal)
  }

  /** A condition of a waiting task was met: when all are, it goes on, unless its definition is not known. */
  meet(task: TaskActorLogic): void {
    const { startAt } = task.facts
    const isDue = startAt === null || startAt <= this.#services.environment.clock.now()
    if (isDue && task.unmetDependencies === 0 && task.progress.parked === null) task.send({ type: 'ready' })
  }

  /** Wakes the task at its start time, if that is still to come. */
  armStart(task: TaskActorLogic): void {
    const { startAt } = task.facts
    if (startAt === null || startAt <= this.#services.environment.clock.now()) return
    task.effects.armStart(startAt, () => this.meet(task))
  }

  /** Once it is on record, that of a duplicate included. */
  #acknowledge({ reply }: Submission, task: TaskActorLogic): void {
    this.#services.journal.whenDurable(
      () => reply.accepted(task),
      (isDurable) => {
        if (isDurable) reply.accepted(task)
        else reply.refused(new RefusedError(...notRecorded))
      },
    )
  }

  #noRoom(submission: Submission): void {
    if (submission.whenFull === 'wait') {
      this.#waitingForRoom.push(submission)
      return
    }
    const message = `${this.#backlog} tasks wait already, as many as queueLimit allows; submit later, or with whenFull: 'wait'`
    submission.reply.refused(new RefusedError('QUEUE_FULL', message))
  }

  #spawn({ facts, priority, inherits }: Submission): TaskActorLogic {
    const dependencies = facts.after.flatMap((id) => this.#tasks.get(id) ?? [])
    const isDue = facts.startAt === null || facts.startAt <= this.#services.environment.clock.now()
    const conditionsMet = isDue && dependencies.every(({ outcome }) => outcome?.status === 'completed')
    const task = new TaskActorLogic(facts, priority, conditionsMet, this.#services)
    // Not a child in the supervisor's snapshot: XState would copy all children at every spawn.
    const actor = createActor(task, { parent: this.#parent(), id: facts.id, input: undefined })
    awaitDependencies(task, dependencies)
    this.#tasks.add(task)
    this.count(task, true)
    actor.start()
    if (inherits) task.inherit(inherits.steps, inherits.from)
    // Before it can end, so that its end disarms it.
    this.armStart(task)
    const failure = failedBefore(dependencies)
    if (failure) task.cancel(failure)
    else task.send({ type: 'start' })
    return task
  }
}
