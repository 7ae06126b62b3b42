import { not } from 'xstate'
import type { TaskDefinition } from '../../model/definition.ts'
import { machineOf } from '../lifecycle/plain-life.ts'
import { rebuiltMachine } from '../lifecycle/rebuilt-machine.ts'
import { chartFaults } from './chart-faults.ts'
import type { Mutant } from './mutant.ts'

/** Faults in the structure of the machine that is a definition's handler; none if its handler is something else. */
export function machineFaults(definition: TaskDefinition): Mutant[] {
  const machine = machineOf(definition)
  if (!machine) return []
  const { config, implementations } = machine
  return chartFaults(machine, { chart: 'handler', negate }).map(({ edit, ...fault }) => ({
    ...fault,
    id: `handler: ${fault.what}`,
    place: 'handler',
    make: () => ({
      definition: {
        ...definition,
        handler: { form: 'actor', logic: rebuiltMachine(edit(config), implementations) },
      },
    }),
  }))
}

/** XState's own negation takes a guard's name, an object that names it, or a function. */
function negate(guard: unknown): unknown {
  return Reflect.apply(not, undefined, [guard])
}
