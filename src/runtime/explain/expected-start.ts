import type { TaskActorLogic } from '../../actors/task-actor.ts'
import type { ExpectedStart, UnmetCondition } from '../../model/task-explanation.ts'
import type { ForecastTask } from '../../scheduling/start-forecast.ts'
import { forecastStart } from '../../scheduling/start-forecast.ts'
import type { WaitReason } from '../../scheduling/wait-reason.ts'
import type { Explained } from './expected-runs.ts'
import { expectedEnd, expectedRunMs } from './expected-runs.ts'

/** With more in front of it there is no telling worth the time it takes. */
const farthest = 1_000

const unknown = (basis: string): ExpectedStart => ({ at: null, basis })

/** What has no end of its own: somebody has to act. */
function isUpToSomebody({ kind }: UnmetCondition): boolean {
  return kind === 'paused' || kind === 'typePaused' || kind === 'runtime' || kind === 'parked'
}

/** When a task that waits, or is queued, will start. @param reason why it waits for resources; `null`: it does not yet */
export function expectedStart(
  task: TaskActorLogic,
  conditions: readonly UnmetCondition[],
  reason: WaitReason | null,
  explained: Explained,
): ExpectedStart {
  if (conditions.some(isUpToSomebody)) return unknown('it starts when somebody lets it')
  const dependency = conditions.find(({ kind }) => kind === 'dependency')
  if (dependency) return unknown('it queues when the tasks have completed that it waits for')
  const timed = conditions.find((condition) => condition.kind === 'startTime' || condition.kind === 'backoff')
  if (timed && 'at' in timed) return { at: timed.at, basis: 'it queues then; what it needs may not be free yet' }
  if (!reason) return unknown('it is not queued yet')
  return amongOthers(task, reason, explained)
}

function amongOthers(task: TaskActorLogic, reason: WaitReason, explained: Explained): ExpectedStart {
  if (reason.unmet.some(({ isForeseeable }) => !isForeseeable))
    return unknown('a budget is spent, or there is less of a resource than it asks for: somebody has to change that')
  const forecast = forecastAmong(task, explained)
  const keptAt = reason.reservation?.startAt ?? null
  if (keptAt === null || (forecast.at !== null && forecast.at < keptAt)) return forecast
  return {
    at: keptAt,
    basis: 'the scheduler keeps this start for it, by the expected ends of what holds its resources',
  }
}

function forecastAmong(task: TaskActorLogic, explained: Explained): ExpectedStart {
  const { supervisor, monitor, now } = explained
  const { scheduler, tasks } = supervisor
  const { ledger } = scheduler
  const order = scheduler.order(farthest, now)
  const place = order.findIndex(({ taskId }) => taskId === task.id)
  if (place < 0) return unknown(`${farthest} tasks or more are in front of it`)
  const paused = new Set(scheduler.pausedTypes)
  const ahead: ForecastTask[] = []
  for (const { taskId } of order.slice(0, place)) {
    const other = tasks.get(taskId)
    if (other && !paused.has(other.facts.definition.type)) ahead.push(forecastOf(other, explained))
  }
  const running = [...ledger.leases()].flatMap(({ taskId, demand, grantedAt }) => {
    const holder = tasks.get(taskId)
    if (!holder) return []
    return [{ type: holder.facts.definition.type, demand, endsAt: expectedEnd(holder, grantedAt, monitor) }]
  })
  const at = forecastStart({ now, resources: ledger.usage(now), running, ahead, task: forecastOf(task, explained) })
  if (at === null)
    return unknown('something in front of it has no expected end: give its type an estimate or a timeout')
  return {
    at: Math.max(at, ledger.availableAt(task.facts.vector, now) ?? now),
    basis: `after ${ahead.length} in front of it and ${running.length} that run, each for as long as was said, or as its type took`,
  }
}

function forecastOf(task: TaskActorLogic, { monitor }: Explained): ForecastTask {
  const { definition, vector } = task.facts
  return {
    type: definition.type,
    demand: vector.demand,
    durationMs: expectedRunMs(task, monitor),
    limit: definition.concurrency,
  }
}
