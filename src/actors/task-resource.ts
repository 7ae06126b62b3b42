import type { TaskResource } from '../model/access.ts'
import type { TaskFacts } from './task-record.ts'

/** A task as policies see it: what was decided when it was accepted, so that an answer holds for its life. */
export function taskResource(
  { id, definition, principal, parentId, labels, vector }: TaskFacts,
  priority: number,
): TaskResource {
  return {
    kind: 'task',
    id,
    type: definition.type,
    version: definition.version,
    principal: principal.id,
    tenant: principal.tenant ?? null,
    parentId,
    priority,
    demand: vector.demand,
    labels,
  }
}
