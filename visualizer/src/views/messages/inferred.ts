import type { MessageLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { RuntimeEvent, TaskEvent } from '../../../../src/model/events.ts'

type Told = Pick<MessageLine, 'from' | 'to' | 'type' | 'detail'>

/** What a task was told, or told, for this to have happened; `null`: nothing, or it cannot be known. */
function toldOf(event: TaskEvent): Told | null {
  const { taskId: id } = event
  const handler = `${id}/handler`
  const tell = (from: string, to: string, type: string, detail = ''): Told => ({ from, to, type, detail })
  switch (event.type) {
    case 'task.created':
      return tell(event.parentId ?? 'outside', 'supervisor', 'task.submit', `priority ${event.priority}`)
    case 'task.validating':
      return tell('supervisor', id, 'start')
    case 'task.waiting':
      return tell(id, id, 'validation.passed')
    case 'task.rejected':
      return tell(id, id, 'validation.failed', event.failure.code)
    case 'task.queued':
      return tell(id, 'supervisor', 'task.ready')
    case 'task.allocating':
      return tell('supervisor', id, 'lease.granted', `epoch ${event.epoch}`)
    case 'task.reclaimed':
      return tell('supervisor', id, 'lease.lost', `epoch ${event.epoch}`)
    case 'task.executing':
      return tell(id, id, 'allocation.ready', `epoch ${event.epoch}`)
    case 'task.running':
      return tell(handler, id, 'handler.started')
    case 'task.asked':
      return tell(handler, id, 'handler.asked')
    case 'task.answered':
      return tell('outside', id, 'question.closed')
    case 'task.completing':
      return tell(handler, id, 'handler.completed')
    case 'task.retrying':
      return tell(handler, id, 'handler.failed', event.failure.code)
    case 'task.overdue':
      return tell('clock', id, 'timeout')
    case 'task.suspect':
      return tell('clock', id, 'heartbeat.missed')
    case 'task.completed':
      return tell(id, 'supervisor', `xstate.done.actor.${id}`, 'completed')
    case 'task.failed':
      return tell(id, 'supervisor', `xstate.done.actor.${id}`, 'failed')
    case 'task.cancelled':
      return tell(id, 'supervisor', `xstate.done.actor.${id}`, 'cancelled')
    default:
      return null
  }
}

/** What must have been said before anybody listened, as far as the events tell. Its place is negative: it was not heard. */
export function inferredMessages(events: readonly RuntimeEvent[]): MessageLine[] {
  return events.flatMap((event): MessageLine[] => {
    const told = 'taskType' in event ? toldOf(event) : null
    if (!told || !('taskId' in event)) return []
    return [{ ...told, n: -event.seq, at: event.at, taskId: event.taskId, depth: 0 }]
  })
}
