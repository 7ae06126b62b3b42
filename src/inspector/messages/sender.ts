import { handlerId, supervisorId } from '../actor-names.ts'

/** Who is no actor and sends messages. */
export type Stranger = 'outside' | 'clock' | 'store'

type Told = 'supervisor' | 'task' | 'self' | 'handler' | Stranger

/** Senders of what a task is told, where the message itself does not name one. */
const toTask: Readonly<Record<string, Told>> = {
  start: 'supervisor',
  ready: 'supervisor',
  shutdown: 'supervisor',
  'lease.granted': 'supervisor',
  'lease.lost': 'supervisor',
  'budget.exceeded': 'supervisor',
  'validation.passed': 'self',
  'validation.failed': 'self',
  'allocation.ready': 'self',
  'output.accepted': 'self',
  'output.refused': 'self',
  'rollback.finished': 'self',
  'handler.started': 'handler',
  'handler.completed': 'handler',
  'handler.failed': 'handler',
  'handler.asked': 'handler',
  'heartbeat.received': 'handler',
  'question.closed': 'outside',
  'heartbeat.missed': 'clock',
  timeout: 'clock',
  deadline: 'clock',
  'grace.expired': 'clock',
  'backoff.elapsed': 'clock',
}

const toSupervisor: Readonly<Record<string, Told>> = {
  'task.ready': 'task',
  'task.withdraw': 'task',
  'lease.release': 'task',
  'lease.renew': 'task',
  'lease.use': 'task',
  'lease.expired': 'clock',
  'grace.expired': 'clock',
  'intensity.recovered': 'clock',
  'intensity.spent': 'self',
  dispatch: 'self',
  idle: 'self',
  'store.failed': 'store',
  'store.healed': 'store',
}

/**
 * Who sent a message. Actors of our own are told things by functions that hold them, so that XState knows no sender;
 * each message has one kind of sender all the same.
 * @param source id of the actor that XState names as the sender
 * @param taskId the task that the message is about
 */
export function senderOf(type: string, to: string, source: string | null, taskId: string | null): string {
  if (type.startsWith('xstate.after.')) return 'clock'
  if (source !== null) return source
  const isHandler = taskId !== null && to.startsWith(handlerId(taskId))
  const told = to === supervisorId ? toSupervisor[type] : isHandler ? undefined : toTask[type]
  switch (told) {
    case 'supervisor':
      return supervisorId
    case 'self':
      return to
    case 'task':
      return taskId ?? 'outside'
    case 'handler':
      return handlerId(to)
    case 'clock':
    case 'store':
      return told
    default:
      return 'outside'
  }
}
