import type { TaskMachineEvent } from '../../machines/task-tables.ts'
import type { Failure } from '../../model/errors.ts'

const failure = (code: Failure['code'], retryable: boolean): Failure => ({ code, message: `sample ${code}`, retryable })

/** One sample of every message that a task can get, for an attempt of `epoch`; those with two meanings twice. */
export function sampleTaskEvents(epoch: number): TaskMachineEvent[] {
  return [
    { type: 'start' },
    { type: 'ready' },
    { type: 'validation.passed' },
    { type: 'validation.failed', failure: failure('VALIDATION_FAILED', false) },
    { type: 'lease.granted', leaseId: `l${epoch + 1}`, epoch: epoch + 1 },
    { type: 'lease.lost', epoch, failure: failure('LEASE_LOST', true) },
    { type: 'allocation.ready', epoch },
    { type: 'handler.started', epoch },
    { type: 'handler.completed', epoch, output: 'done' },
    { type: 'handler.failed', epoch, failure: failure('HANDLER_FAILED', true) },
    { type: 'handler.failed', epoch, failure: failure('HANDLER_FAILED', false) },
    { type: 'handler.asked', epoch },
    { type: 'question.closed', epoch },
    { type: 'budget.exceeded', epoch, failure: failure('BUDGET_EXCEEDED', false) },
    { type: 'heartbeat.missed', epoch },
    { type: 'heartbeat.received', epoch },
    { type: 'timeout', epoch, failure: failure('TIMEOUT', true) },
    { type: 'grace.expired', epoch },
    { type: 'output.accepted', epoch, output: 'checked' },
    { type: 'output.refused', epoch, failure: failure('OUTPUT_INVALID', false) },
    { type: 'backoff.elapsed' },
    { type: 'pause' },
    { type: 'resume' },
    { type: 'cancel', failure: failure('CANCELLED', false) },
    { type: 'deadline', failure: failure('DEADLINE_EXCEEDED', false) },
    { type: 'shutdown', failure: failure('SHUTDOWN', false) },
    { type: 'rollback.finished', report: { status: 'complete', undone: ['b', 'a'] } },
    {
      type: 'rollback.finished',
      report: { status: 'incomplete', undone: ['b'], standing: [{ step: 'a', message: 'no' }] },
    },
  ]
}
