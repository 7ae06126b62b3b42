import type { Configuration, Step } from '../machines/compiled-machine.ts'
import type { TaskSnapshot } from '../machines/task-engine.ts'
import type { TaskMachineContext, TaskMachineEvent } from '../machines/task-tables.ts'
import type { TaskStage } from '../model/stage.ts'
import { taskStages } from '../model/stage.ts'

export type TaskConfiguration = Configuration<TaskMachineContext, TaskMachineEvent, TaskSnapshot>
export type TaskStep = Step<TaskMachineContext, TaskMachineEvent, TaskSnapshot>

const stages: ReadonlyMap<string, TaskStage> = new Map(taskStages.map((stage) => [stage, stage]))

/** The stage of a configuration. */
export function stageOf(configuration: TaskConfiguration): TaskStage {
  return stages.get(configuration.stage) ?? 'created'
}

/** The state of the work region while executing, else `null`. */
export function activityOf({ value }: TaskConfiguration): string | null {
  const executing = typeof value === 'string' ? undefined : value.executing
  const work = executing === undefined || typeof executing === 'string' ? undefined : executing.work
  return typeof work === 'string' ? work : null
}
