import type { SnapshotFrom } from 'xstate'
import { CompiledMachine } from './compiled-machine.ts'
import type { SupervisorMachineContext, SupervisorMachineEvent } from './supervisor-machine.ts'
import {
  initialSupervisorContext,
  supervisorEffects,
  supervisorGuards,
  supervisorMachine,
  supervisorUpdates,
} from './supervisor-machine.ts'

export type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>

/** The supervisor machine as tables: what runs in production. */
export const compiledSupervisor = new CompiledMachine<
  SupervisorMachineContext,
  SupervisorMachineEvent,
  SupervisorSnapshot
>(
  supervisorMachine,
  { guards: supervisorGuards, updates: supervisorUpdates, effects: supervisorEffects },
  {
    resolve: (value, context) => supervisorMachine.resolveState({ value, context }),
    with: (template, context) => ({ ...template, context }),
    finish: (template, context) => ({ ...template, context, status: 'done', output: undefined, error: undefined }),
  },
  initialSupervisorContext,
)
