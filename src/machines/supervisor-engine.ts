import type { AnyStateMachine, SnapshotFrom } from 'xstate'
import type { MachineTables } from './compiled-machine.ts'
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
export type SupervisorEngine = CompiledMachine<SupervisorMachineContext, SupervisorMachineEvent, SupervisorSnapshot>
export type SupervisorTables = MachineTables<SupervisorMachineContext, SupervisorMachineEvent>

export const supervisorTables: SupervisorTables = {
  guards: supervisorGuards,
  updates: supervisorUpdates,
  effects: supervisorEffects,
}

/** Makes a supervisor machine into tables; another than our own is one with a fault planted in it, for tests. */
export function compileSupervisor(machine: AnyStateMachine, tables: SupervisorTables): SupervisorEngine {
  return new CompiledMachine(
    machine,
    tables,
    {
      resolve: (value, context): SupervisorSnapshot => machine.resolveState({ value, context }),
      with: (template, context) => ({ ...template, context }),
      finish: (template, context) => ({ ...template, context, status: 'done', output: undefined, error: undefined }),
    },
    initialSupervisorContext,
  )
}

/** The supervisor machine as tables: what runs in production. */
export const compiledSupervisor = compileSupervisor(supervisorMachine, supervisorTables)
