import type { Authority } from '../model/access.ts'
import { theRuntime } from '../model/access.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { RuntimeCore } from './runtime-core.ts'

/** Which events somebody may see: those of tasks that may be read, and those of the runtime, if it may be. */
export function readableEvents(core: RuntimeCore, authority: Authority): (event: RuntimeEvent) => boolean {
  return (event) => {
    if (core.access === null || core.access.isOpen) return true
    const taskId = 'taskId' in event ? event.taskId : null
    if (taskId === null) return core.mayRead(authority, theRuntime)
    const task = core.supervisor.tasks.get(taskId)
    // Of one that was forgotten nobody knows any more whose it was.
    return task ? core.mayReadTask(authority, task) : core.mayRead(authority, theRuntime)
  }
}
