import { Monitor } from '../actors/monitor.ts'
import type { Authority } from '../model/access.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { Permissions } from './permissions.ts'
import { toShares } from './resource-shares.ts'
import type { RuntimeCore } from './runtime-core.ts'

export function statsOfAll(core: RuntimeCore): RuntimeStats {
  const resources = core.supervisor.scheduler.ledger.efficiency(core.now()).map(toShares)
  return { supervisor: core.state, ...core.monitor.stats(), resources }
}

/** Of the tasks that may be read alone, as far as they are remembered. Costs O(n). */
export function readableStats(core: RuntimeCore, permissions: Permissions, authority: Authority): RuntimeStats {
  const monitor = new Monitor()
  for (const task of core.supervisor.tasks.all()) if (permissions.mayReadTask(authority, task)) monitor.tally(task)
  const { ledger } = core.supervisor.scheduler
  const resources = ledger
    .efficiency(core.now())
    .filter(({ pool, resource }) => permissions.mayRead(authority, { kind: 'pool', pool, resource }))
  return { supervisor: core.state, ...monitor.stats(), resources: resources.map(toShares) }
}
