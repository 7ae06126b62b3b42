import type { RuntimeStats } from '../../../../src/model/stats.ts'
import { usePolled } from '../../live/polled.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { address, setFilters } from '../../shell/address.ts'
import { ResourceCard } from './resource-card.tsx'
import { claimsOf, poolsOf, resourceAt } from './resource-data.ts'

const spans = [
  { name: '1m', title: 'Last minute', ms: 60_000 },
  { name: '5m', title: 'Last 5 minutes', ms: 300_000 },
  { name: '1h', title: 'Last hour', ms: 3_600_000 },
  { name: 'all', title: 'All that is kept', ms: Number.POSITIVE_INFINITY },
] as const

/** The resources by pool: capacity, what is held and used over time, who holds and who waits. */
export function ResourcesView() {
  const current = shown()
  const isLive = current !== null && !current.isPast && current.subject.source === 'live'
  const { data: stats } = usePolled<RuntimeStats>(isLive ? '/stats' : null)
  const wanted = address.value.filters['span']
  const span = spans.find(({ name }) => name === wanted) ?? spans[1]
  if (!current) return null
  const { view, resources, isPast } = current
  if (resources.length === 0)
    return (
      <Empty icon="resources" title="No resources">
        {current.subject.source === 'file'
          ? 'A journal does not say how much there was of each resource: look at the tasks for what they asked.'
          : 'The runtime has no pools.'}
      </Empty>
    )
  const claims = claimsOf(view)
  return (
    <div class="page">
      <div class="view-head">
        <h1>Resources</h1>
        <fieldset class="tabs" aria-label="Span of time">
          {spans.map(({ name, title }) => (
            <button
              key={name}
              type="button"
              class="tab"
              aria-pressed={name === span.name}
              title={title}
              onClick={() => setFilters({ span: name })}
            >
              {name}
            </button>
          ))}
        </fieldset>
      </div>
      {[...poolsOf(resources)].map(([pool, all]) => (
        <section key={pool} class="pool" aria-label={`Pool ${pool}`}>
          <h2 class="pool-name">
            Pool <strong>{pool}</strong>
          </h2>
          <div class="pool-resources">
            {all.map((usage) => (
              <ResourceCard
                key={usage.resource}
                usage={resourceAt(usage, view, isPast)}
                claims={claims.get(usage.resource)}
                current={current}
                spanMs={span.ms}
                efficiency={stats?.resources.find(({ resource }) => resource === usage.resource)}
              />
            ))}
          </div>
        </section>
      ))}
    </div>
  )
}
