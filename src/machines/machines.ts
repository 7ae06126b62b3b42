import type { SupervisorEngine } from './supervisor-engine.ts'
import { compiledSupervisor } from './supervisor-engine.ts'
import type { TaskEngine } from './task-engine.ts'
import { compiledTask } from './task-engine.ts'

/** The statecharts that a runtime runs. */
export interface Machines {
  readonly task: TaskEngine
  readonly supervisor: SupervisorEngine
}

export const ownMachines: Machines = { task: compiledTask, supervisor: compiledSupervisor }
