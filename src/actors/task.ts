import type { AnyActorRef } from 'xstate'
import type { TaskMachineContext, TaskMachineEvent } from '../machines/task-tables.ts'
import type { Failure } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import type { TaskStage } from '../model/stage.ts'
import type { TaskFacts, TaskProgress } from './task-record.ts'
import type { TaskSecrets } from './task-secrets.ts'

/** A task as its own parts and its relatives know it. */
export interface Task {
  readonly id: string
  readonly facts: TaskFacts
  readonly progress: TaskProgress
  readonly stage: TaskStage
  readonly context: TaskMachineContext
  readonly actor: AnyActorRef
  readonly outcome: TaskOutcome | null
  readonly unmetDependencies: number
  /** What must not be told of it. */
  readonly secrets: TaskSecrets
  send(event: TaskMachineEvent): void
  /** Writes down what happened to the task, with what recovery needs beyond that. */
  report(happening: TaskHappening, payload?: RecordPayload | null): void
  cancel(failure: Failure): void
  /** Calls back with the outcome, now if there is one. */
  whenSettled(then: (outcome: TaskOutcome) => void): void
  /** Takes back what the task did after it had completed. */
  compensate(): Promise<RollbackReport>
}
