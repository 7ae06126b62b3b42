import type { TaskMachineContext } from '../machines/task-tables.ts'
import type { Failure } from '../model/errors.ts'
import type { RecordedFailure } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import type { TaskStage } from '../model/stage.ts'
import { encodeValue } from '../store/value-codec.ts'
import { unwritable } from './accepted-record.ts'
import { guarded } from './event-hub.ts'
import type { Task } from './task.ts'
import type { TaskStep } from './task-configuration.ts'
import { stageOf } from './task-configuration.ts'
import type { TaskServices } from './task-services.ts'

/** A failure as it may be written down: without the thrown value. */
function recorded(failure: Failure | null): RecordedFailure {
  if (!failure) return { code: 'HANDLER_FAILED', message: 'no failure was recorded', retryable: false }
  const { code, message, retryable } = failure
  return { code, message, retryable }
}

/** Why a task is in `waiting`, in words. */
function conditionsOf(task: Task, now: number): string[] {
  const { context, facts } = task
  const conditions: string[] = []
  if (task.unmetDependencies > 0) conditions.push('dependencies')
  if (facts.startAt !== null && !context.conditionsMet && now < facts.startAt) {
    conditions.push('start time')
  }
  if (context.held) conditions.push('paused')
  return conditions
}

/** How a task that rolls back will end, with the output that its rollback is given. */
function endingRecord({ ending, attempt, output }: TaskMachineContext): RecordPayload {
  const record = { ending: ending === 'cancelled' ? ending : 'failed', attempt } as const
  return output === undefined || unwritable(output) !== null ? record : { ...record, output: encodeValue(output) }
}

function announceState(task: Task, state: string, now: number, keepsState: boolean, delayMs: () => number): void {
  const { context, progress, facts } = task
  switch (state) {
    case 'task.validating':
      return task.report({ type: 'task.validating' })
    case 'task.waiting':
      return task.report({ type: 'task.waiting', conditions: conditionsOf(task, now) })
    case 'task.queued':
      progress.queuedAt ??= now
      return task.report({ type: 'task.queued', demand: facts.vector.demand })
    case 'task.allocating':
      return task.report({ type: 'task.allocating', leaseId: context.leaseId ?? '', epoch: context.epoch })
    case 'task.executing':
      progress.startedAt ??= now
      return task.report({ type: 'task.executing', attempt: context.attempt, epoch: context.epoch })
    case 'task.executing.work.running':
      return task.report({ type: 'task.running' })
    case 'task.executing.work.paused':
      return task.report({ type: 'task.paused' })
    case 'task.executing.work.stopping':
      return task.report({ type: 'task.stopping', cause: context.stop ?? 'cancel' })
    case 'task.executing.watch.overdue':
      return task.report({ type: 'task.overdue' })
    case 'task.executing.liveness.suspect':
      return task.report({ type: 'task.suspect' })
    case 'task.completing':
      return task.report({ type: 'task.completing' })
    case 'task.retrying':
      return task.report({
        type: 'task.retrying',
        failure: recorded(context.failure),
        attempt: context.attempt,
        delayMs: delayMs(),
      })
    case 'task.rollingBack':
      return task.report(
        { type: 'task.rollingBack', failure: recorded(context.failure) },
        keepsState ? endingRecord(context) : null,
      )
    case 'task.completed':
      return task.report(
        { type: 'task.completed', attempts: context.attempt },
        keepsState ? { output: encodeValue(context.output) } : null,
      )
    case 'task.failed':
    case 'task.cancelled':
      return task.report({
        type: state,
        failure: recorded(context.failure),
        attempts: context.attempt,
        rollback: context.rollback,
      })
    case 'task.rejected':
      return task.report({ type: 'task.rejected', failure: recorded(context.failure) })
  }
}

/** Writes down the states that a step entered, and tells the definition's hook of a new stage. `delayMs` draws a backoff. */
export function announce(task: Task, services: TaskServices, step: TaskStep, delayMs: () => number): void {
  const now = services.environment.clock.now()
  const stage = stageOf(step.to)
  const from = stageOf(step.from)
  if (stage !== from) services.monitor.moved(task, from, stage, now)
  for (const state of step.entered) {
    if (state === 'task.executing.liveness.alive' && from === 'executing') task.report({ type: 'task.alive' })
    else announceState(task, state, now, services.journal.keepsState, delayMs)
  }
  if (stage !== from) tellHook(task, services, stage)
}

/** Writes down the end of a task whose actor was lost, and could not do it itself. */
export function announceGivenUp(
  task: Task,
  services: TaskServices,
  { failure, attempts, rollback }: Extract<TaskOutcome, { status: 'failed' }>,
): void {
  services.monitor.moved(task, task.stage, 'failed', services.environment.clock.now())
  task.report({ type: 'task.failed', failure: recorded(failure), attempts, rollback })
}

/** Tells the definition's hook of a stage. */
export function tellHook(task: Task, { log }: TaskServices, stage: TaskStage): void {
  const { definition } = task.facts
  const hook = definition.hooks[stage]
  if (!hook) return
  const told = { id: task.id, type: definition.type, attempt: task.context.attempt }
  guarded(
    () => hook(told),
    log,
    `hook ${stage} of ${definition.type}`,
    (text) => task.secrets.text(text),
  )
}
