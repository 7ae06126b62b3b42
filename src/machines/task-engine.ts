import type { SnapshotFrom } from 'xstate'
import { CompiledMachine } from './compiled-machine.ts'
import { taskMachine } from './task-machine.ts'
import type { TaskMachineContext, TaskMachineEvent } from './task-tables.ts'
import { initialTaskContext, outcomeOf, taskEffects, taskGuards, taskUpdates } from './task-tables.ts'

export type TaskSnapshot = SnapshotFrom<typeof taskMachine>

/** The task machine as tables: what runs in production. Equal to the interpreted machine, snapshot for snapshot. */
export const compiledTask = new CompiledMachine<TaskMachineContext, TaskMachineEvent, TaskSnapshot>(
  taskMachine,
  { guards: taskGuards, updates: taskUpdates, effects: taskEffects },
  {
    resolve: (value, context) => taskMachine.resolveState({ value, context }),
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
