import { RefusedError } from '../model/errors.ts'
import type { ExecutionPort } from './execution.ts'
import type { TaskActorLogic } from './task-actor.ts'
import { outcomeOfTask, resultOfTask } from './task-result.ts'

/** What the handler's calls do to its task: messages to its actor and to the supervisor. */
export function executionPort(task: TaskActorLogic): ExecutionPort {
  const { facts, services, progress } = task
  const { epoch } = task.context
  return {
    id: facts.id,
    type: facts.definition.type,
    principal: facts.principal,
    definition: facts.definition,
    input: facts.input,
    environment: services.environment,
    timers: services.timers,
    steps: task.effects.undo.steps,
    report: (happening) => task.report(happening),
    alive: () => task.effects.watch.alive(),
    asked: () => task.send({ type: 'handler.asked', epoch }),
    questionClosed: (questionId) => {
      task.report({ type: 'task.answered', questionId })
      task.send({ type: 'question.closed', epoch })
    },
    use: (usage) => {
      task.report({ type: 'task.used', usage })
      const { lease } = task.effects
      if (lease) services.supervisor.send({ type: 'lease.use', taskId: facts.id, leaseId: lease.id, epoch: lease.epoch, usage })
    },
    progress: (fraction, message) => {
      progress.fraction = fraction
      progress.message = message
      task.report({ type: 'task.progress', fraction, message })
    },
    submitChild: async (definition, input, options) => {
      const child = await services.submitChild(task, definition, input, options)
      task.effects.undo.adopt(child)
      return {
        id: child.id,
        result: () => resultOfTask(child),
        cancel: async (reason = 'cancelled by its parent') => {
          child.cancel({ code: 'CANCELLED', message: reason, retryable: false })
          await outcomeOfTask(child)
        },
        rollBack: async () => {
          const report = await child.effects.undo.compensate()
          if (report.status === 'incomplete') {
            throw new RefusedError('TASK_ENDED', `the rollback of ${child.id} is incomplete: ${report.standing.map(({ step }) => step).join(', ')}`)
          }
        },
      }
    },
  }
}
