import type { ActorRefLike } from 'xstate'

export const supervisorId = 'supervisor'

/** Id of an actor; `null`: it does not say. */
export function actorId(ref: ActorRefLike | undefined): string | null {
  return ref && 'id' in ref && typeof ref.id === 'string' ? ref.id : null
}

/** Id of the actor that runs a task's handler, if that is a machine. */
export function handlerId(taskId: string): string {
  return `${taskId}/handler`
}
