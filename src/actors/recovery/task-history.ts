import type { RecordedFailure, StopCause, TaskEvent } from '../../model/events.ts'
import type { AcceptedTask, RecordPayload, StoredValue } from '../../model/journal-record.ts'
import type { TaskKind } from '../../model/kind.ts'
import type { RollbackReport } from '../../model/outcome.ts'
import { nothingToRollBack } from '../../model/outcome.ts'
import type { TaskStage } from '../../model/stage.ts'
import { dayOf } from '../../scheduling/quota-book.ts'
import type { SpentToday } from '../spent-today.ts'
import { spentAlso } from '../spent-today.ts'
import type { StepHistory } from './step-history.ts'
import { noteStep } from './step-history.ts'

/** All that the journal says of a task. Times in ms since the epoch. */
export interface TaskHistory {
  readonly id: string
  readonly type: string
  readonly kind: TaskKind
  readonly principal: string
  readonly parentId: string | null
  readonly createdAt: number
  readonly accepted: AcceptedTask
  version: number
  input: StoredValue
  machineHash: string | null
  priority: number
  /** The stage of the last record. */
  stage: TaskStage
  queuedAt: number | null
  startedAt: number | null
  endedAt: number | null
  attempt: number
  epoch: number
  held: boolean
  crashes: number
  /** Attempts that ended with their process: they do not count against the retry policy. */
  lost: number
  stopping: StopCause | null
  failure: RecordedFailure | null
  backoffUntil: number | null
  backoffMs: number
  ending: 'failed' | 'cancelled'
  rollback: RollbackReport
  hasOutput: boolean
  output: StoredValue
  /** The definition's own rollback: not begun, begun, or done. */
  rolledBack: 'no' | 'inDoubt' | 'yes'
  compensated: boolean
  /** By name, in the order in which they finished, else began. */
  readonly steps: Map<string, StepHistory>
  readonly answers: Map<string, StoredValue>
  /** What the last lease was reported to have used; `null`: no lease is open. */
  used: Map<string, number> | null
  /** Spent of budgets under leases that have ended. */
  spent: Map<string, number> | null
  spentToday: SpentToday | null
}

/** @returns `null` for a task of which no record says what was accepted */
export function beginHistory(event: TaskEvent, payload: RecordPayload | null): TaskHistory | null {
  if (event.type !== 'task.created' || !payload?.accepted) return null
  const { accepted } = payload
  return {
    id: event.taskId,
    type: event.taskType,
    kind: event.kind,
    principal: event.principal,
    parentId: event.parentId,
    createdAt: event.at,
    accepted,
    version: event.version,
    input: accepted.input,
    machineHash: accepted.machineHash ?? null,
    priority: event.priority,
    stage: 'created',
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    attempt: 0,
    epoch: 0,
    held: false,
    crashes: 0,
    lost: 0,
    stopping: null,
    failure: null,
    backoffUntil: null,
    backoffMs: 0,
    ending: 'failed',
    rollback: nothingToRollBack,
    hasOutput: false,
    output: undefined,
    rolledBack: 'no',
    compensated: false,
    steps: new Map(),
    answers: new Map(),
    used: null,
    spent: null,
    spentToday: null,
  }
}

/** A lease has ended, at a time in ms: what it used of budgets, as reported, else as reserved, is spent. */
export function endLease(history: TaskHistory, budgets: ReadonlySet<string>, at: number): void {
  const { used, accepted } = history
  history.used = null
  if (!used || budgets.size === 0) return
  for (const resource of budgets) {
    const amount = used.get(resource) ?? accepted.demand[resource] ?? 0
    if (amount === 0) continue
    history.spent ??= new Map()
    history.spent.set(resource, (history.spent.get(resource) ?? 0) + amount)
    history.spentToday = spentAlso(history.spentToday, dayOf(at), resource, amount)
  }
}

/** Takes one more record of the task in. */
export function follow(
  history: TaskHistory,
  event: TaskEvent,
  payload: RecordPayload | null,
  budgets: ReadonlySet<string>,
): void {
  switch (event.type) {
    case 'task.validating':
      history.stage = 'validating'
      return
    case 'task.waiting':
      history.stage = 'waiting'
      return
    case 'task.queued':
      history.stage = 'queued'
      history.queuedAt ??= event.at
      endLease(history, budgets, event.at)
      return
    case 'task.allocating':
      history.stage = 'allocating'
      history.epoch = event.epoch
      history.used = new Map()
      history.stopping = null
      return
    case 'task.reclaimed':
      return endLease(history, budgets, event.at)
    case 'task.executing':
      history.stage = 'executing'
      history.attempt = event.attempt
      history.startedAt ??= event.at
      return
    case 'task.stopping':
      history.stopping = event.cause
      return
    case 'task.completing':
      history.stage = 'completing'
      return
    case 'task.retrying':
      history.stage = 'retrying'
      history.failure = event.failure
      history.attempt = event.attempt
      history.backoffUntil = event.at + event.delayMs
      history.backoffMs = event.delayMs
      endLease(history, budgets, event.at)
      return
    case 'task.rollingBack':
      history.stage = 'rollingBack'
      history.failure = event.failure
      history.ending = payload?.ending ?? 'failed'
      history.attempt = payload?.attempt ?? history.attempt
      if (payload && 'output' in payload) {
        history.hasOutput = true
        history.output = payload.output
      }
      endLease(history, budgets, event.at)
      return
    case 'task.completed':
      history.stage = 'completed'
      history.endedAt = event.at
      history.attempt = event.attempts
      history.hasOutput = true
      history.output = payload?.output
      endLease(history, budgets, event.at)
      return
    case 'task.failed':
    case 'task.cancelled':
      history.stage = event.type === 'task.failed' ? 'failed' : 'cancelled'
      history.endedAt = event.at
      history.attempt = event.attempts
      history.failure = event.failure
      history.rollback = event.rollback
      endLease(history, budgets, event.at)
      return
    case 'task.rejected':
      history.stage = 'rejected'
      history.endedAt = event.at
      history.failure = event.failure
      return
    case 'task.held':
      history.held = event.held
      return
    case 'task.reprioritised':
      history.priority = event.priority
      return
    case 'task.recovered':
      history.crashes = event.crashes
      history.lost = event.lost
      return
    case 'task.migrated':
      if (!payload?.migrated) return
      history.version = event.version
      history.input = payload.migrated.input
      history.machineHash = payload.migrated.machineHash ?? null
      return
    case 'task.answered':
      if (payload?.answer) history.answers.set(payload.answer.key, payload.answer.value)
      return
    case 'task.used':
      if (!history.used) return
      for (const [resource, amount] of Object.entries(event.usage))
        history.used.set(resource, (history.used.get(resource) ?? 0) + amount)
      return
    case 'task.compensated':
      history.compensated = event.rollback.status !== 'incomplete'
      return
    default:
      if ('step' in event) noteStep(history, event, payload)
  }
}
