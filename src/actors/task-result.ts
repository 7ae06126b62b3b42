import type { TaskOutcome } from '../model/outcome.ts'
import { toError } from '../model/outcome.ts'
import type { Task } from './task.ts'

/** How a task ended. Never rejects. The output was checked against the schema that `Output` comes from. */
export function outcomeOfTask<Output>(task: Task): Promise<TaskOutcome<Output>>
export function outcomeOfTask(task: Task): Promise<TaskOutcome> {
  return new Promise((resolve) => task.whenSettled(resolve))
}

/**
 * The output of a task. @throws TaskFailedError, TaskCancelledError or TaskRejectedError if it did not complete.
 * A rejection that nobody listens to is no unhandled one: the outcome is on record anyway.
 */
export function resultOfTask<Output>(task: Task): Promise<Output> {
  const result = outcomeOfTask<Output>(task).then((outcome) => {
    if (outcome.status === 'completed') return outcome.output
    throw toError(task.id, outcome)
  })
  result.catch(() => undefined)
  return result
}
