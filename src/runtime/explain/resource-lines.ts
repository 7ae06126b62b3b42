import type { ResourceLine } from '../../model/task-explanation.ts'
import type { Explained } from './expected-runs.ts'
import { holdersOf } from './expected-runs.ts'

const shown = 100

/** Each resource with who holds it, and who waits for more of it than there is. Costs O(tasks that wait and hold). */
export function resourceLines(explained: Explained): ResourceLine[] {
  const { supervisor, now } = explained
  const { scheduler, tasks } = supervisor
  const usage = scheduler.ledger.usage(now)
  const waiting = new Map<string, ResourceLine['waiting'][number][]>(usage.map(({ resource }) => [resource, []]))
  const available = new Map(usage.map((line) => [line.resource, line.available]))
  for (const { taskId } of scheduler.order(Number.MAX_SAFE_INTEGER, now)) {
    for (const [resource, asked] of Object.entries(tasks.get(taskId)?.facts.vector.demand ?? {}))
      if (asked > (available.get(resource) ?? 0)) waiting.get(resource)?.push({ taskId, asked })
  }
  return usage.map((line) => {
    const holders = holdersOf(line.resource, explained)
    const inLine = waiting.get(line.resource) ?? []
    return {
      ...line,
      holders: holders.slice(0, shown),
      holderCount: holders.length,
      waiting: inLine.slice(0, shown),
      waitingCount: inLine.length,
    }
  })
}
