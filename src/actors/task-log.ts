import { describeThrown } from '../model/errors.ts'
import type { TaskHappening } from '../model/events.ts'
import type { TaskLog } from '../model/handler-parts.ts'
import { redact, redactText } from '../security/redaction.ts'

/** A line must not fail the task that writes it, whatever it is given. */
function readable(data: unknown): Readonly<Record<string, unknown>> {
  try {
    const shown = redact(data)
    return typeof shown === 'object' && shown !== null ? { ...shown } : {}
  } catch (thrown) {
    return { unreadable: describeThrown(thrown) }
  }
}

/** Log lines as events of the task, without secrets. */
export function createTaskLog(report: (happening: TaskHappening) => void): TaskLog {
  const line =
    (level: keyof TaskLog) =>
    (message: string, data: Readonly<Record<string, unknown>> = {}) => {
      report({ type: 'task.log', level, message: redactText(String(message)), data: readable(data) })
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
