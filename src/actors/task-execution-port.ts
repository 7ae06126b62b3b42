import { RefusedError } from '../model/errors.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import type { ExecutionPort } from './execution.ts'
import type { Task } from './task.ts'
import { outcomeOfTask, resultOfTask } from './task-result.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskUndo } from './task-undo.ts'

/** What the handler's calls do to its task: messages to its actor and to the supervisor. */
export function executionPort(
  task: Task,
  services: TaskServices,
  { watch, undo }: { watch: AttemptWatch; undo: TaskUndo },
): ExecutionPort {
  const { facts, progress } = task
  const { epoch } = task.context
  return {
    id: facts.id,
    type: facts.definition.type,
    principal: facts.principal,
    definition: facts.definition,
    input: facts.input,
    environment: services.environment,
    timers: services.timers,
    steps: undo.steps,
    report: (happening) => task.report(happening),
    alive: () => watch.alive(),
    asked: () => task.send({ type: 'handler.asked', epoch }),
    questionClosed: (questionId) => {
      task.report({ type: 'task.answered', questionId })
      task.send({ type: 'question.closed', epoch })
    },
    use: (usage) => {
      task.report({ type: 'task.used', usage })
      const { leaseId } = task.context
      if (leaseId !== null) services.supervisor.send({ type: 'lease.use', taskId: facts.id, leaseId, epoch, usage })
    },
    progress: (fraction, message) => {
      progress.fraction = fraction
      progress.message = message
      task.report({ type: 'task.progress', fraction, message })
    },
    submitChild: async (definition, input, options) => {
      const child = await services.submitChild(task, definition, input, options)
      undo.adopt(child)
      return {
        id: child.id,
        result: () => resultOfTask(child),
        cancel: async (reason = 'cancelled by its parent') => {
          child.cancel({ code: 'CANCELLED', message: reason, retryable: false })
          await outcomeOfTask(child)
        },
        rollBack: async () => {
          const report = await child.compensate()
          if (report.status === 'incomplete') {
            throw new RefusedError(
              'TASK_ENDED',
              `the rollback of ${child.id} is incomplete: ${report.standing.map(({ step }) => step).join(', ')}`,
            )
          }
        },
      }
    },
  }
}
