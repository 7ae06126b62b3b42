import { RefusedError } from '../model/errors.ts'
import type { TaskView } from '../model/task-view.ts'
import type { TaskHandle } from '../runtime/handle.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Command, CommandResult, Selection } from './protocol.ts'

/** A command that is about tasks, some or all that match. */
export type Bulk = Extract<Command, { tasks: Selection }>

export interface Selected {
  readonly matched: readonly TaskHandle[]
  readonly refused: CommandResult['refused']
}

/** Why the command makes no sense for a task as it is; `null`: it does. */
function mismatch(action: Bulk['action'], { id, stage, outcome }: TaskView): RefusedError | null {
  if (action === 'retry') {
    if (outcome !== null) return null
    return new RefusedError('TASK_UNFINISHED', `${id} has not ended: it is ${stage}`)
  }
  return outcome === null ? null : new RefusedError('TASK_ENDED', `${id} has ended: it is ${stage}`)
}

/** The tasks that a command is about; those that it was to be about, and cannot, are refused. */
export function select(runtime: Runtime, { action, tasks }: Bulk): Selected {
  const matched: TaskHandle[] = []
  const refused: CommandResult['refused'] = []
  if ('ids' in tasks) {
    for (const id of new Set(tasks.ids)) {
      const handle = runtime.get(id)
      const refusal = handle ? mismatch(action, handle.view()) : new RefusedError('UNKNOWN_TASK', `no task ${id}`)
      if (refusal) refused.push({ taskId: id, code: refusal.code, message: refusal.message })
      else if (handle) matched.push(handle)
    }
    return { matched, refused }
  }
  const { stages, types, principals } = tasks
  for (const view of runtime.list()) {
    // Of all that match, one that completed is not meant to be tried again.
    if (mismatch(action, view) || (action === 'retry' && view.outcome?.status === 'completed')) continue
    const isMeant =
      (stages?.includes(view.stage) ?? true) &&
      (types?.includes(view.type) ?? true) &&
      (principals?.includes(view.principal) ?? true)
    const handle = isMeant ? runtime.get(view.id) : undefined
    if (handle) matched.push(handle)
  }
  return { matched, refused }
}
