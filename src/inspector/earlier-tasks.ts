import type { RuntimeEvent } from '../model/events.ts'
import type { TaskStage } from '../model/stage.ts'
import type { TaskView } from '../model/task-view.ts'
import type { RuntimeView } from './view/runtime-view.ts'
import type { TaskRow } from './view/task-row.ts'
import { isFinalStage } from './view/task-row.ts'

/** What the kept events say of the tasks that they name. */
interface Kept {
  readonly created: ReadonlySet<string>
  /** The stage before the first event of a task, as far as that is known. */
  readonly stageBefore: ReadonlyMap<string, TaskStage>
}

function readKept(events: Iterable<RuntimeEvent>): Kept {
  const created = new Set<string>()
  const stageBefore = new Map<string, TaskStage>()
  for (const event of events) {
    if (!('taskType' in event)) continue
    if (event.type === 'task.created') created.add(event.taskId)
    else if (!stageBefore.has(event.taskId))
      stageBefore.set(event.taskId, event.type === 'task.recovered' ? event.stage : 'created')
  }
  return { created, stageBefore }
}

function rowOf(view: TaskView, stage: TaskStage): TaskRow {
  const { id, type, kind, version, principal, parentId, createdAt, priority, attempt, demand, outcome, compensated } =
    view
  const hasEnded = isFinalStage(stage)
  const failure = hasEnded && outcome && outcome.status !== 'completed' ? outcome.failure : null
  return {
    id,
    type,
    kind,
    version,
    principal,
    parentId,
    createdAt,
    priority,
    stage,
    activity: null,
    isOverdue: false,
    isSuspect: false,
    held: false,
    attempt,
    epoch: 0,
    progress: null,
    conditions: [],
    demand,
    holds: false,
    used: {},
    queuedAt: view.queuedAt,
    startedAt: view.startedAt,
    endedAt: hasEnded ? view.endedAt : null,
    backoffUntil: null,
    failure: failure && { code: failure.code, message: failure.message, retryable: failure.retryable },
    rollback: outcome && 'rollback' in outcome ? outcome.rollback : null,
    compensated,
    parked: view.parked,
    stepsDone: 0,
    handlerState: null,
    question: null,
    segments: [{ at: createdAt, phase: hasEnded ? 'ended' : 'waiting' }],
    seq: 0,
  }
}

/**
 * Puts the tasks into `base` whose beginning is not among the events that are kept: of an earlier process on the same
 * store, or from long ago. What only their events would tell is left out.
 */
export function addEarlierTasks(base: RuntimeView, tasks: readonly TaskView[], events: Iterable<RuntimeEvent>): void {
  const { created, stageBefore } = readKept(events)
  for (const view of tasks) {
    if (created.has(view.id)) continue
    const row = rowOf(view, stageBefore.get(view.id) ?? view.stage)
    base.tasks.set(row.id, row)
    base.byStage[row.stage] += 1
    if (row.failure) base.errorsByCode[row.failure.code] = (base.errorsByCode[row.failure.code] ?? 0) + 1
  }
}
