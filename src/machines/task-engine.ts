import type { AnyStateMachine, SnapshotFrom } from 'xstate'
import type { MachineTables } from './compiled-machine.ts'
import { CompiledMachine } from './compiled-machine.ts'
import { taskMachine } from './task-machine.ts'
import type { TaskMachineContext, TaskMachineEvent } from './task-tables.ts'
import { initialTaskContext, outcomeOf, taskEffects, taskGuards, taskUpdates } from './task-tables.ts'

export type TaskSnapshot = SnapshotFrom<typeof taskMachine>
export type TaskEngine = CompiledMachine<TaskMachineContext, TaskMachineEvent, TaskSnapshot>
export type TaskTables = MachineTables<TaskMachineContext, TaskMachineEvent>

export const taskTables: TaskTables = { guards: taskGuards, updates: taskUpdates, effects: taskEffects }

/** Makes a task machine into tables; another than our own is one with a fault planted in it, for tests. */
export function compileTask(machine: AnyStateMachine, tables: TaskTables): TaskEngine {
  return new CompiledMachine(
    machine,
    tables,
    {
      resolve: (value, context): TaskSnapshot => machine.resolveState({ value, context }),
      with: (template, context) => ({ ...template, context }),
      finish: (template, context) => ({
        ...template,
        context,
        status: 'done',
        output: outcomeOf(context),
        error: undefined,
      }),
    },
    initialTaskContext({ id: '', type: '', maxAttempts: 1, conditionsMet: false }),
  )
}

/** The task machine as tables: what runs in production. Equal to the interpreted machine, snapshot for snapshot. */
export const compiledTask = compileTask(taskMachine, taskTables)
