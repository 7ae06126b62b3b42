import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { formatClock, formatDuration } from '../../parts/format.ts'
import { TaskLink } from '../../parts/task-link.tsx'

const alertsShown = 20

/** What somebody should look at, the newest first. */
export function AlertsCard({ view, now }: { view: RuntimeView; now: number }) {
  const alerts = view.alerts.slice(-alertsShown).reverse()
  return (
    <section class="card">
      <h2>Alerts</h2>
      {alerts.length === 0 ? (
        <p class="hint">None so far.</p>
      ) : (
        <ul class="alerts" tabIndex={0} aria-label="Alerts">
          {alerts.map(({ at, code, message, taskId }) => (
            <li key={`${at}${code}${taskId}`} class="alert">
              <p>
                <code>{code}</code>{' '}
                <span class="hint" title={formatClock(at)}>
                  {formatDuration(now - at)} ago
                </span>
              </p>
              <p>{message}</p>
              {taskId !== null && <TaskLink id={taskId} view={view} />}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** Which of the runtime's own actors crashed. `null`: none did. */
export function RestartsCard({ view }: { view: RuntimeView }) {
  const restarts = Object.entries(view.restarts)
  if (restarts.length === 0) return null
  return (
    <section class="card">
      <h2>Restarted actors</h2>
      <dl class="facts">
        {restarts.map(([actor, times]) => (
          <div key={actor} class="fact">
            <dt>{actor}</dt>
            <dd>
              {times} {times === 1 ? 'time' : 'times'}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
