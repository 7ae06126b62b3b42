import type { RuntimeEvent, TaskEvent } from '../../model/events.ts'
import type { TaskStage } from '../../model/stage.ts'
import type { RuntimeView } from './runtime-view.ts'
import type { Phase, TaskRow } from './task-row.ts'
import { isFinalStage } from './task-row.ts'

const alertsKept = 100

/**
 * Takes one more event into the view. Deterministic, and the view is changed in place: folding from the same view over
 * the same events gives the same view, which is what makes replay possible. An event that is in the view already, or one
 * of a task whose beginning was dropped, changes nothing.
 */
export function fold(view: RuntimeView, event: RuntimeEvent): void {
  if (event.seq <= view.seq) return
  view.seq = event.seq
  view.at = event.at
  if ('taskType' in event) foldTask(view, event)
  else foldRuntime(view, event)
}

function foldRuntime(view: RuntimeView, event: Exclude<RuntimeEvent, TaskEvent>): void {
  switch (event.type) {
    case 'supervisor.state':
      view.supervisor = event.state
      return
    case 'supervisor.crash':
      view.restarts[event.actor] = (view.restarts[event.actor] ?? 0) + 1
      return
    case 'pool.resized':
      view.resized[event.resource] = event.to
      return
    case 'type.paused':
      view.pausedTypes = [...view.pausedTypes, event.name]
      return
    case 'type.resumed':
      view.pausedTypes = view.pausedTypes.filter((name) => name !== event.name)
      return
    case 'ledger.spent':
      for (const [resource, amount] of Object.entries(event.spent)) add(view.spent, resource, amount)
      return
    case 'alert': {
      const { at, code, message, taskId } = event
      view.alerts = [...view.alerts.slice(1 - alertsKept), { at, code, message, taskId }]
    }
  }
}

function add(sums: Record<string, number>, name: string, amount: number): void {
  sums[name] = (sums[name] ?? 0) + amount
}

function begin(view: RuntimeView, event: Extract<TaskEvent, { type: 'task.created' }>): void {
  const { taskId: id, taskType: type, kind, version, principal, parentId, priority, at, seq } = event
  view.byStage.created += 1
  view.tasks.set(id, {
    id,
    type,
    kind,
    version,
    principal,
    parentId,
    createdAt: at,
    priority,
    stage: 'created',
    activity: null,
    isOverdue: false,
    isSuspect: false,
    held: false,
    attempt: 0,
    epoch: 0,
    progress: null,
    conditions: [],
    demand: {},
    holds: false,
    used: {},
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    backoffUntil: null,
    failure: null,
    rollback: null,
    compensated: false,
    parked: null,
    stepsDone: 0,
    handlerState: null,
    question: null,
    segments: [{ at, phase: 'waiting' }],
    seq,
  })
}

function enter(view: RuntimeView, row: TaskRow, stage: TaskStage, phase: Phase, at: number): void {
  view.byStage[row.stage] -= 1
  view.byStage[stage] += 1
  row.stage = stage
  if (stage !== 'executing') {
    row.activity = null
    row.isOverdue = false
    row.isSuspect = false
    row.question = null
  }
  shade(row, phase, at)
  if (stage !== 'allocating' && stage !== 'executing' && stage !== 'completing') release(view, row)
  if (isFinalStage(stage)) row.endedAt = at
}

function shade(row: TaskRow, phase: Phase, at: number): void {
  if (row.segments.at(-1)?.phase !== phase) row.segments.push({ at, phase })
}

function hold(view: RuntimeView, row: TaskRow): void {
  row.holds = true
  row.used = {}
  for (const [resource, amount] of Object.entries(row.demand)) add(view.held, resource, amount)
}

/** What it held comes back; what it used, as reported or else as reserved, is spent. */
function release(view: RuntimeView, row: TaskRow): void {
  if (!row.holds) return
  row.holds = false
  for (const [resource, amount] of Object.entries(row.demand)) {
    add(view.held, resource, -amount)
    add(view.spent, resource, row.used[resource] ?? amount)
  }
}

function foldTask(view: RuntimeView, event: TaskEvent): void {
  if (event.type === 'task.created') return begin(view, event)
  const row = view.tasks.get(event.taskId)
  if (!row) return
  row.seq = event.seq
  if (!foldStage(view, row, event) && !foldWork(row, event)) foldRest(view, row, event)
}

/** Events that enter a stage. */
function foldStage(view: RuntimeView, row: TaskRow, event: TaskEvent): boolean {
  const { at } = event
  switch (event.type) {
    case 'task.validating':
      enter(view, row, 'validating', 'waiting', at)
      return true
    case 'task.waiting':
      row.conditions = event.conditions
      enter(view, row, 'waiting', 'waiting', at)
      return true
    case 'task.queued':
      row.demand = event.demand
      row.queuedAt ??= at
      row.conditions = []
      row.backoffUntil = null
      row.parked = null
      enter(view, row, 'queued', 'queued', at)
      return true
    case 'task.allocating':
      row.epoch = event.epoch
      enter(view, row, 'allocating', 'running', at)
      hold(view, row)
      return true
    case 'task.executing':
      row.attempt = event.attempt
      row.startedAt ??= at
      enter(view, row, 'executing', 'running', at)
      row.activity = 'preparing'
      return true
    case 'task.completing':
      enter(view, row, 'completing', 'running', at)
      return true
    case 'task.retrying':
      row.failure = event.failure
      row.backoffUntil = at + event.delayMs
      enter(view, row, 'retrying', 'backoff', at)
      return true
    case 'task.rollingBack':
      row.failure = event.failure
      enter(view, row, 'rollingBack', 'rollingBack', at)
      return true
    default:
      return foldEnd(view, row, event)
  }
}

function foldEnd(view: RuntimeView, row: TaskRow, event: TaskEvent): boolean {
  const { at } = event
  switch (event.type) {
    case 'task.completed':
      row.failure = null
      enter(view, row, 'completed', 'ended', at)
      return true
    case 'task.failed':
    case 'task.cancelled':
      row.failure = event.failure
      row.rollback = event.rollback
      add(view.errorsByCode, event.failure.code, 1)
      enter(view, row, event.type === 'task.failed' ? 'failed' : 'cancelled', 'ended', at)
      return true
    case 'task.rejected':
      row.failure = event.failure
      add(view.errorsByCode, event.failure.code, 1)
      enter(view, row, 'rejected', 'ended', at)
      return true
    default:
      return false
  }
}

/** Events inside `executing`. */
function foldWork(row: TaskRow, event: TaskEvent): boolean {
  const { at } = event
  switch (event.type) {
    case 'task.running':
      row.activity = 'running'
      shade(row, 'running', at)
      return true
    case 'task.paused':
      row.activity = 'paused'
      shade(row, 'paused', at)
      return true
    case 'task.stopping':
      row.activity = 'stopping'
      row.question = null
      shade(row, 'stopping', at)
      return true
    case 'task.asked':
      row.activity = 'awaitingInput'
      row.question = { id: event.questionId, prompt: event.prompt, askedAt: at }
      shade(row, 'asking', at)
      return true
    case 'task.answered':
      row.question = null
      return true
    case 'task.overdue':
      row.isOverdue = true
      return true
    case 'task.suspect':
      row.isSuspect = true
      return true
    case 'task.alive':
      row.isSuspect = false
      return true
    case 'task.progress':
      row.progress = { fraction: event.fraction, message: event.message }
      return true
    case 'task.used': {
      const used = { ...row.used }
      for (const [resource, amount] of Object.entries(event.usage)) add(used, resource, amount)
      row.used = used
      return true
    }
    case 'task.handler':
      row.handlerState = event.state
      return true
    default:
      return false
  }
}

function foldRest(view: RuntimeView, row: TaskRow, event: TaskEvent): void {
  switch (event.type) {
    case 'task.reclaimed':
      release(view, row)
      return
    case 'task.held':
      row.held = event.held
      return
    case 'task.reprioritised':
      row.priority = event.priority
      return
    case 'task.step.completed':
      row.stepsDone += 1
      return
    case 'task.undo.completed':
      row.stepsDone = Math.max(0, row.stepsDone - 1)
      return
    case 'task.compensated':
      row.compensated = event.rollback.status !== 'incomplete'
      row.rollback = event.rollback
      return
    case 'task.parked':
      row.parked = event.reason
  }
}
