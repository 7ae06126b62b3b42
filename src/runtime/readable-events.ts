import type { Authority } from '../model/access.ts'
import { theRuntime } from '../model/access.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { Permissions } from './permissions.ts'
import type { RuntimeCore } from './runtime-core.ts'

/** Which events somebody may see: those of tasks that may be read, and those of the runtime, if it may be. */
export function readableEvents(
  { supervisor }: RuntimeCore,
  permissions: Permissions,
  authority: Authority,
): (event: RuntimeEvent) => boolean {
  return (event) => {
    const taskId = 'taskId' in event ? event.taskId : null
    const task = taskId === null ? undefined : supervisor.tasks.get(taskId)
    // Of one that was forgotten nobody knows any more whose it was.
    return task ? permissions.mayReadTask(authority, task) : permissions.mayRead(authority, theRuntime)
  }
}
