import type { TaskHappening } from '../model/events.ts'
import type { TaskLog } from '../model/handler-parts.ts'
import { redact, redactText } from '../security/redaction.ts'

/** Log lines as events of the task, without secrets. */
export function createTaskLog(report: (happening: TaskHappening) => void): TaskLog {
  const line =
    (level: keyof TaskLog) =>
    (message: string, data: Readonly<Record<string, unknown>> = {}) => {
      const shown = redact(data)
      const safe = typeof shown === 'object' && shown !== null ? { ...shown } : {}
      report({ type: 'task.log', level, message: redactText(message), data: safe })
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
