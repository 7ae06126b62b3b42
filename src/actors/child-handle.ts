import { RefusedError } from '../model/errors.ts'
import type { ChildHandle } from '../model/handler-parts.ts'
import type { Task } from './task.ts'
import { outcomeOfTask, resultOfTask } from './task-result.ts'

/** A child as its parent's handler holds it. */
export function childHandle<Output>(child: Task): ChildHandle<Output>
export function childHandle(child: Task | undefined): ChildHandle<unknown> | undefined
export function childHandle(child: Task | undefined): ChildHandle<unknown> | undefined {
  if (!child) return undefined
  return {
    id: child.id,
    result: () => resultOfTask(child),
    cancel: async (reason = 'cancelled by its parent') => {
      child.cancel({ code: 'CANCELLED', message: reason, retryable: false })
      await outcomeOfTask(child)
    },
    rollBack: async () => {
      const report = await child.compensate()
      if (report.status !== 'incomplete') return
      const standing = report.standing.map(({ step }) => step).join(', ')
      throw new RefusedError('TASK_ENDED', `the rollback of ${child.id} is incomplete: ${standing}`)
    },
  }
}
