import type { TaskActorLogic } from '../../actors/task-actor.ts'
import type { SupervisorStage } from '../../model/events.ts'
import type { Lease } from '../../model/resources.ts'
import type { PendingTimer, TaskExplanation, UnmetCondition } from '../../model/task-explanation.ts'
import type { WaitReason } from '../../scheduling/wait-reason.ts'
import type { Explained } from './expected-runs.ts'
import { holdersOf } from './expected-runs.ts'
import { expectedStart } from './expected-start.ts'

const granting: ReadonlySet<SupervisorStage> = new Set(['running', 'degraded', 'draining'])

/** Why a task is where it is. Costs O(tasks that wait and hold). */
export function explainTask(task: TaskActorLogic, state: SupervisorStage, explained: Explained): TaskExplanation {
  const { scheduler } = explained.supervisor
  const reason = task.stage === 'queued' ? scheduler.explain(task.id, explained.now) : null
  const isBefore = task.stage === 'waiting' || task.stage === 'queued' || task.stage === 'retrying'
  const conditions = task.outcome
    ? []
    : [
        ...(isBefore ? conditionsBefore(task, state, explained) : []),
        ...inQueue(reason, explained),
        ...whileItRuns(task),
      ]
  return {
    conditions,
    place: reason && { position: reason.position, of: scheduler.size },
    expectedStart: isBefore ? expectedStart(task, conditions, reason, explained) : null,
    timers: timersOf(task, explained.now),
    leases: leasesOf(task, explained),
  }
}

/** What holds before a task may be granted anything. */
function conditionsBefore(task: TaskActorLogic, state: SupervisorStage, explained: Explained): UnmetCondition[] {
  const { facts, progress, context, effects } = task
  const { supervisor, now } = explained
  const conditions: UnmetCondition[] = []
  if (progress.parked !== null) conditions.push({ kind: 'parked', reason: progress.parked })
  if (task.stage === 'waiting')
    for (const taskId of facts.after) {
      const dependency = supervisor.tasks.get(taskId)
      if (dependency && !dependency.outcome) conditions.push({ kind: 'dependency', taskId, stage: dependency.stage })
    }
  if (task.stage === 'waiting' && facts.startAt !== null && facts.startAt > now)
    conditions.push({ kind: 'startTime', at: facts.startAt })
  const backoffAt = task.stage === 'retrying' ? effects.retry.at : null
  if (backoffAt !== null) conditions.push({ kind: 'backoff', at: backoffAt })
  if (context.held) conditions.push({ kind: 'paused' })
  const { type } = facts.definition
  if (supervisor.scheduler.pausedTypes.includes(type)) conditions.push({ kind: 'typePaused', type })
  if (!granting.has(state)) conditions.push({ kind: 'runtime', state })
  return conditions
}

function inQueue(reason: WaitReason | null, explained: Explained): UnmetCondition[] {
  if (!reason) return []
  const conditions: UnmetCondition[] = reason.unmet.map(
    ({ pool, resource, asked, available, capacity, isForeseeable }) => ({
      kind: 'resource',
      pool,
      resource,
      asked,
      available,
      capacity,
      isForeseeable,
      holders: holdersOf(resource, explained),
    }),
  )
  for (const { scope, name, limit, running } of reason.limits)
    conditions.push({ kind: 'limit', scope, name, limit, running })
  if (conditions.length === 0 && reason.behind)
    conditions.push({ kind: 'turn', behind: reason.behind.taskId, startAt: reason.behind.startAt })
  return conditions
}

function whileItRuns({ stage, context, effects }: TaskActorLogic): UnmetCondition[] {
  if (stage !== 'executing') return []
  const conditions: UnmetCondition[] = context.held ? [{ kind: 'paused' }] : []
  for (const { id, prompt } of effects.execution?.questions.list() ?? [])
    conditions.push({ kind: 'answer', questionId: id, prompt })
  return conditions
}

function timersOf({ facts, effects, outcome, stage }: TaskActorLogic, now: number): PendingTimer[] {
  if (outcome) return []
  const timers: PendingTimer[] = []
  const add = (what: PendingTimer['what'], at: number | null) => {
    if (at !== null) timers.push({ what, at })
  }
  if (facts.startAt !== null && facts.startAt > now) add('start', facts.startAt)
  add('deadline', facts.deadlineAt)
  if (stage === 'retrying') add('backoff', effects.retry.at)
  if (stage === 'executing') {
    const { timeoutAt, heartbeatAt, graceAt } = effects.watch
    add('timeout', timeoutAt)
    add('heartbeat', heartbeatAt)
    add('grace', graceAt)
  }
  for (const { expiresAt } of effects.execution?.questions.list() ?? []) add('question', expiresAt)
  return timers.sort((one, other) => one.at - other.at)
}

function leasesOf({ effects }: TaskActorLogic, { supervisor }: Explained): Lease[] {
  const lease = effects.lease && supervisor.scheduler.ledger.lease(effects.lease.id)
  return lease ? [lease] : []
}
