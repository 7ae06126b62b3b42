import type { AlertCode, SupervisorStage } from '../../model/events.ts'
import type { TaskStage } from '../../model/stage.ts'
import type { TaskRow } from './task-row.ts'

/** Something that somebody should look at. */
export interface AlertNote {
  readonly at: number
  readonly code: AlertCode
  readonly message: string
  readonly taskId: string | null
}

/** Everything that the page shows, at one moment: events folded. */
export interface RuntimeView {
  /** `seq` of the last event that is in it. */
  seq: number
  /** Environment time of that event, ms since the epoch. */
  at: number
  supervisor: SupervisorStage
  readonly tasks: Map<string, TaskRow>
  readonly byStage: Record<TaskStage, number>
  /** How often ended tasks ended with each code. */
  readonly errorsByCode: Record<string, number>
  /** What is held of each resource now. */
  readonly held: Record<string, number>
  /** What was spent of each resource, as reported, else as reserved. */
  readonly spent: Record<string, number>
  /** Capacities that were changed while it ran. */
  readonly resized: Record<string, number>
  /** Types of which nothing is granted until they are resumed. */
  pausedTypes: readonly string[]
  readonly restarts: Record<string, number>
  /** The last alerts, oldest first. */
  alerts: readonly AlertNote[]
}

/** A view as it is sent. */
export interface ViewData extends Omit<RuntimeView, 'tasks'> {
  readonly tasks: readonly TaskRow[]
}

const emptyStages: Record<TaskStage, number> = {
  created: 0,
  validating: 0,
  waiting: 0,
  queued: 0,
  allocating: 0,
  executing: 0,
  completing: 0,
  retrying: 0,
  rollingBack: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  rejected: 0,
}

/** Before the first event. */
export function emptyView(): RuntimeView {
  return {
    seq: 0,
    at: 0,
    supervisor: 'starting',
    tasks: new Map(),
    byStage: { ...emptyStages },
    errorsByCode: {},
    held: {},
    spent: {},
    resized: {},
    pausedTypes: [],
    restarts: {},
    alerts: [],
  }
}

export function viewData(view: RuntimeView): ViewData {
  return { ...view, tasks: [...view.tasks.values()] }
}

/**
 * What somebody sees of a view who sees not all of it. What is summed up over all tasks is summed up over those that it
 * sees; sums of which nobody knows any more of whom they are it sees if it sees what is told of the runtime (`null`).
 */
export function seenOf(view: RuntimeView, sees: (taskId: string | null) => boolean): ViewData {
  const tasks = [...view.tasks.values()].filter(({ id }) => sees(id))
  const alerts = view.alerts.filter(({ taskId }) => sees(taskId))
  if (sees(null)) return { ...view, tasks, alerts }
  const { seq, at } = view
  const seen = { ...emptyView(), seq, at, tasks, alerts }
  for (const { stage, failure, holds, demand } of tasks) {
    seen.byStage[stage] += 1
    if (failure) seen.errorsByCode[failure.code] = (seen.errorsByCode[failure.code] ?? 0) + 1
    if (!holds) continue
    for (const [resource, amount] of Object.entries(demand)) seen.held[resource] = (seen.held[resource] ?? 0) + amount
  }
  return seen
}

/**
 * A copy that can be folded on without changing `data`: replay starts from it again and again. Of a row only `segments`
 * grows in place; everything else that a fold changes, it replaces.
 */
export function viewOf(data: ViewData): RuntimeView {
  return {
    ...data,
    tasks: new Map(data.tasks.map((row) => [row.id, { ...row, segments: [...row.segments] }])),
    byStage: { ...data.byStage },
    errorsByCode: { ...data.errorsByCode },
    held: { ...data.held },
    spent: { ...data.spent },
    resized: { ...data.resized },
    restarts: { ...data.restarts },
  }
}
