import type { RuntimeEvent } from '../model/events.ts'

/** A moment of an activity in a run: `at` in ms of the environment's clock. */
export interface Mark {
  readonly id: string
  /** What it demands is held from `granted` to `ended`; its work runs from `started`. */
  readonly moment: 'granted' | 'started' | 'completed' | 'ended'
  readonly at: number
}

/** What happened in a run, in the order of the runtime's journal. */
export type RunRecord = readonly Mark[]

const moments: Readonly<Partial<Record<RuntimeEvent['type'], Mark['moment']>>> = {
  'task.allocating': 'granted',
  'task.executing': 'started',
  'task.completed': 'completed',
  'task.failed': 'ended',
  'task.cancelled': 'ended',
  'task.rejected': 'ended',
}

/** The moment that an event of the runtime marks, by task id; `null` for all others. */
export function markOf(event: RuntimeEvent): Mark | null {
  const moment = moments[event.type]
  return moment && 'taskId' in event && event.taskId !== null ? { id: event.taskId, moment, at: event.at } : null
}
