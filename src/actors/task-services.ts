import type { z } from 'zod'
import type { TaskEngine } from '../machines/task-engine.ts'
import type { TaskDefinition } from '../model/definition.ts'
import type { Environment } from '../model/environment.ts'
import type { Limits } from '../model/limits.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { Ledger } from '../scheduling/ledger.ts'
import type { Redactor } from '../security/redactor.ts'
import type { HostLog } from './host-log.ts'
import type { HandlerSandboxes } from './isolated-executor.ts'
import type { Journal } from './journal.ts'
import type { Monitor } from './monitor.ts'
import type { SupervisorMailbox } from './supervisor-messages.ts'
import type { Task } from './task.ts'
import type { TaskTraces } from './task-traces.ts'
import type { Timers } from './timers.ts'

/** What all tasks of a runtime share. */
export interface TaskServices {
  /** The statechart of every task's life. */
  readonly machine: TaskEngine
  readonly environment: Environment
  readonly timers: Timers
  readonly journal: Journal
  readonly monitor: Monitor
  readonly log: HostLog
  readonly redactor: Redactor
  readonly limits: Limits
  /** `null`: nobody asked for traces. */
  readonly traces: TaskTraces | null
  readonly ledger: Pick<Ledger, 'compile'>
  readonly supervisor: SupervisorMailbox
  readonly sandboxes: HandlerSandboxes
  /** Takes a child on through the runtime's door, with every check that a caller's task gets. */
  submitChild<Input extends z.ZodType, Output extends z.ZodType>(
    parent: Task,
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: SubmitOptions | undefined,
    key: string | null,
  ): Promise<Task>
  /** The task of that id, if it is this one's child. */
  childOf(parent: Task, id: string): Task | undefined
}
