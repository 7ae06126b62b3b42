import type { TaskDefinition } from '../../model/definition.ts'

const flows = new WeakSet<object>()

/** Marks a definition whose handler is the runtime's own code. */
export function asFlow<Definition extends TaskDefinition>(definition: Definition): Definition {
  flows.add(definition)
  return definition
}

/** Whether the runtime itself made the handler: nobody can say so of their own. */
export function isFlow(definition: TaskDefinition): boolean {
  return flows.has(definition)
}
