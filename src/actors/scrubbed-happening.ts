import type { TaskHappening } from '../model/events.ts'
import type { TaskSecrets } from './task-secrets.ts'

/**
 * An event of a task as it may be told: without the secrets in what somebody outside of the runtime has written. Most
 * events hold no such text, and cost nothing. Names of steps stay as they are: recovery knows steps by them. Progress
 * and prompts were scrubbed before, since views show them too.
 */
export function scrubbedHappening(happening: TaskHappening, secretsOf: () => TaskSecrets): TaskHappening {
  switch (happening.type) {
    case 'task.retrying':
    case 'task.rollingBack':
    case 'task.rejected':
      return { ...happening, failure: secretsOf().failure(happening.failure) }
    case 'task.failed':
    case 'task.cancelled': {
      const secrets = secretsOf()
      const { failure, rollback } = happening
      return { ...happening, failure: secrets.failure(failure), rollback: secrets.rollback(rollback) }
    }
    case 'task.compensated':
      return { ...happening, rollback: secretsOf().rollback(happening.rollback) }
    case 'task.parked':
      return { ...happening, reason: secretsOf().text(happening.reason) }
    case 'task.step.failed':
    case 'task.undo.failed':
      return { ...happening, message: secretsOf().text(happening.message) }
    case 'task.log': {
      const secrets = secretsOf()
      return { ...happening, message: secrets.text(happening.message), data: secrets.record(happening.data) }
    }
    default:
      return happening
  }
}
