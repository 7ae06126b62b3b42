import type { RuntimeStats } from '../../../../src/model/stats.ts'
import { shown } from '../../live/session.ts'
import { actionWords, intend } from '../../operator/actions.ts'
import { formatCount, formatDuration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { hrefTo } from '../../shell/address.ts'

function TypeAction<Action extends 'pauseType' | 'resumeType' | 'cancel'>(props: TypeActionProps<Action>) {
  const { action, label, onClick } = props
  return (
    <button
      type="button"
      class="button is-quiet is-icon"
      title={label}
      aria-label={label}
      onClick={() => onClick(action)}
    >
      <Icon name={actionWords[action].icon} />
    </button>
  )
}

interface TypeActionProps<Action> {
  readonly action: Action
  readonly label: string
  readonly onClick: (action: Action) => void
}

/** How each type of task does, and what can be done to all of a type. */
export function TypesCard({ stats }: { stats: RuntimeStats }) {
  const current = shown()
  const canAct = current?.subject.commands ?? false
  const paused = current?.view.pausedTypes ?? []
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
                  {paused.includes(type) && <span class="flag">paused</span>}
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
                      <TypeAction
                        action={paused.includes(type) ? 'resumeType' : 'pauseType'}
                        label={`${paused.includes(type) ? 'Resume' : 'Pause'} type ${type}`}
                        onClick={(action) => intend({ action, taskType: type })}
                      />
                      <TypeAction
                        action="cancel"
                        label={`Cancel all of ${type}`}
                        onClick={(action) => intend({ action, tasks: { types: [type] }, of: `all of ${type}` })}
                      />
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
