import type { Monitor } from '../../actors/monitor.ts'
import type { Supervisor } from '../../actors/supervisor.ts'
import type { TaskActorLogic } from '../../actors/task-actor.ts'
import type { Holder } from '../../model/task-explanation.ts'

/** Where explanations are read. */
export interface Explained {
  readonly supervisor: Supervisor
  readonly monitor: Monitor
  readonly now: number
}

/** How long an attempt of the task is expected to take, ms: as was said, else as its type took, else as it may take at most. */
export function expectedRunMs({ facts }: TaskActorLogic, monitor: Monitor): number | null {
  return facts.estimateMs ?? monitor.medianRunMs(facts.definition.type) ?? facts.definition.timeoutMs
}

/** When the task is expected to give back what it was granted at `grantedAt`; `null`: a person may take any time. */
export function expectedEnd(task: TaskActorLogic, grantedAt: number, monitor: Monitor): number | null {
  if (task.context.held || task.context.openQuestions > 0) return null
  const runMs = expectedRunMs(task, monitor)
  return runMs === null ? null : grantedAt + runMs
}

/** Who holds some of a resource, the first granted first. */
export function holdersOf(resource: string, { supervisor, monitor }: Explained): Holder[] {
  const holders: Holder[] = []
  for (const { taskId, demand, grantedAt } of supervisor.scheduler.ledger.leases()) {
    const amount = demand[resource] ?? 0
    if (amount === 0) continue
    const task = supervisor.tasks.get(taskId)
    holders.push({ taskId, amount, endsAt: task ? expectedEnd(task, grantedAt, monitor) : null })
  }
  return holders
}
