import type { SupervisorMachineEvent } from '../machines/supervisor-machine.ts'
import type { TaskFacts } from './task-record.ts'

/** A request to take a task on, checked and complete. */
export interface Submission {
  readonly facts: TaskFacts
  readonly priority: number
  readonly parentId: string | null
  readonly whenFull: 'refuse' | 'wait'
  readonly reply: { accepted(taskId: string): void; refused(error: Error): void }
}

export type SupervisorMessage = SupervisorMachineEvent<Submission>

/** Where tasks send what they tell the supervisor. */
export interface SupervisorMailbox {
  send(message: SupervisorMessage): void
}
