import type { RuntimeStats } from '../../../../src/model/stats.ts'
import { shown } from '../../live/session.ts'
import { actionWords, intend } from '../../operator/actions.ts'
import { formatCount, formatDuration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { hrefTo } from '../../shell/address.ts'

const actions = ['pause', 'resume', 'cancel'] as const

/** How each type of task does, and what can be done to all of a type. */
export function TypesCard({ stats }: { stats: RuntimeStats }) {
  const canAct = shown()?.subject.commands ?? false
  const types = Object.entries(stats.byType).sort(([one], [other]) => (one < other ? -1 : 1))
  return (
    <section class="card">
      <h2>By type, since the runtime began</h2>
      <div class="scroller" role="region" tabIndex={0} aria-label="Types of tasks">
        <table class="grid-table">
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col">Completed</th>
              <th scope="col">Failed</th>
              <th scope="col">Cancelled</th>
              <th scope="col">Rejected</th>
              <th scope="col">Queue p50</th>
              <th scope="col">p90</th>
              <th scope="col">Run p50</th>
              <th scope="col">p90</th>
              <th scope="col">p99</th>
              {canAct && <th scope="col">All of it</th>}
            </tr>
          </thead>
          <tbody>
            {types.map(([type, { completed, failed, cancelled, rejected, queueTime, runTime }]) => (
              <tr key={type}>
                <th scope="row">
                  <a href={hrefTo({ view: 'tasks', task: null, filters: { type } })}>{type}</a>
                </th>
                <td>{formatCount(completed)}</td>
                <td class={failed > 0 ? 'is-alarm' : ''}>{formatCount(failed)}</td>
                <td>{formatCount(cancelled)}</td>
                <td>{formatCount(rejected)}</td>
                <td>{queueTime.count > 0 ? formatDuration(queueTime.p50Ms) : '–'}</td>
                <td>{queueTime.count > 0 ? formatDuration(queueTime.p90Ms) : '–'}</td>
                <td>{runTime.count > 0 ? formatDuration(runTime.p50Ms) : '–'}</td>
                <td>{runTime.count > 0 ? formatDuration(runTime.p90Ms) : '–'}</td>
                <td>{runTime.count > 0 ? formatDuration(runTime.p99Ms) : '–'}</td>
                {canAct && (
                  <td>
                    <span class="grid-actions">
                      {actions.map((action) => (
                        <button
                          key={action}
                          type="button"
                          class="button is-quiet is-icon"
                          title={`${actionWords[action].name} all of ${type}`}
                          aria-label={`${actionWords[action].name} all of ${type}`}
                          onClick={() => intend({ action, tasks: { types: [type] }, of: `all of ${type}` })}
                        >
                          <Icon name={actionWords[action].icon} />
                        </button>
                      ))}
                    </span>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
