import type { AlertCode } from '../model/events.ts'
import type { TaskServices } from './task-services.ts'

/** Says aloud, in the journal and the log, what somebody should look at. */
export function raiseAlert(
  { journal, log }: TaskServices,
  code: AlertCode,
  message: string,
  taskId: string | null,
): void {
  journal.ofRuntime({ type: 'alert', code, message, taskId })
  log.error({ code, taskId }, message)
}
