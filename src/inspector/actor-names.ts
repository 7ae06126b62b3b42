export const supervisorId = 'supervisor'

/**
 * Id of an actor; of one that a handler invokes with those above it: `task_1/handler/pages`, as its own id is unique among
 * its siblings only. `null`: it does not say.
 */
export function actorId(ref: unknown): string | null {
  if (typeof ref !== 'object' || ref === null || !('id' in ref) || typeof ref.id !== 'string') return null
  const above = '_parent' in ref ? actorId(ref._parent) : null
  if (above === null || above === supervisorId || ref.id.startsWith(`${above}/`)) return ref.id
  return `${above}/${ref.id}`
}

/** Id of the actor that runs a task's handler, if that is a machine. */
export function handlerId(taskId: string): string {
  return `${taskId}/handler`
}
