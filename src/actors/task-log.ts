import type { TaskHappening } from '../model/events.ts'
import type { TaskLog } from '../model/handler-parts.ts'

/** Log lines as events of the task. */
export function createTaskLog(report: (happening: TaskHappening) => void): TaskLog {
  const line =
    (level: keyof TaskLog) =>
    (message: string, data: Readonly<Record<string, unknown>> = {}) => {
      report({ type: 'task.log', level, message: String(message), data })
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
