import type { TaskHappening } from '../model/events.ts'
import type { TaskSecrets } from './task-secrets.ts'

/**
 * An event of a task as it may be told: without the secrets in what somebody outside of the runtime has written. Most
 * events hold no such text, and cost nothing. Names of steps stay as they are: recovery knows steps by them. Progress
 * and prompts were scrubbed before, since views show them too.
 */
export function scrubbedHappening(happening: TaskHappening, of: { readonly secrets: TaskSecrets }): TaskHappening {
  switch (happening.type) {
    case 'task.retrying':
    case 'task.rollingBack':
    case 'task.rejected':
      return { ...happening, failure: of.secrets.failure(happening.failure) }
    case 'task.failed':
    case 'task.cancelled': {
      const secrets = of.secrets
      const { failure, rollback } = happening
      return { ...happening, failure: secrets.failure(failure), rollback: secrets.rollback(rollback) }
    }
    case 'task.compensated':
      return { ...happening, rollback: of.secrets.rollback(happening.rollback) }
    case 'task.parked':
      return { ...happening, reason: of.secrets.text(happening.reason) }
    case 'task.step.failed':
    case 'task.undo.failed':
      return { ...happening, message: of.secrets.text(happening.message) }
    case 'task.log': {
      const secrets = of.secrets
      return { ...happening, message: secrets.text(happening.message), data: secrets.record(happening.data) }
    }
    default:
      return happening
  }
}
