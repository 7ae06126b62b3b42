import type { SupervisorMachineEvent } from '../machines/supervisor-machine.ts'
import type { LoggedStep } from './step-log.ts'
import type { Task } from './task.ts'
import type { TaskFacts } from './task-record.ts'

/** A request to take a task on, checked and complete. */
export interface Submission {
  readonly facts: TaskFacts
  readonly priority: number
  readonly parentId: string | null
  readonly whenFull: 'refuse' | 'wait'
  /** What an earlier task had done, which this one goes on from where it failed; `null`: it begins at the start. */
  readonly inherits: { readonly from: string; readonly steps: readonly LoggedStep[] } | null
  /** The task itself, not its id: one that ends at once may be forgotten before its submitter hears of it. */
  readonly reply: { accepted(task: Task): void; refused(error: Error): void }
}

export type SupervisorMessage = SupervisorMachineEvent<Submission>

/** Where tasks send what they tell the supervisor. */
export interface SupervisorMailbox {
  send(message: SupervisorMessage): void
}
