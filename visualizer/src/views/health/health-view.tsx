import type { ComponentChildren } from 'preact'
import type { RuntimeStats } from '../../../../src/model/stats.ts'
import type { Percentiles } from '../../live/endings.ts'
import { healthOf } from '../../live/health.ts'
import { usePolled } from '../../live/polled.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { formatCount, formatDuration, formatShare } from '../../parts/format.ts'
import { Spark } from '../../shell/spark.tsx'
import { AlertsCard, RestartsCard } from './alerts-card.tsx'
import { ErrorsCard } from './errors-card.tsx'
import { TypesCard } from './types-card.tsx'

function Tile({ name, value, children }: { name: string; value: string; children?: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span class="hint">{children}</span>
      </dd>
    </div>
  )
}

const inFull = (times: Percentiles | null) =>
  times ? `p50 ${formatDuration(times.p50)}, p99 ${formatDuration(times.p99)}` : 'nothing has ended yet'

/** How well it goes: what ends, how, and how long it takes. */
export function HealthView() {
  const current = shown()
  const isLive = current !== null && !current.isPast && current.subject.source === 'live'
  const { data: stats } = usePolled<RuntimeStats>(isLive ? '/stats' : null)
  if (!current) return null
  const { view } = current
  if (view.tasks.size === 0 && view.alerts.length === 0)
    return (
      <Empty icon="health" title="Nothing has happened yet">
        Throughput, success, errors and latency are measured from the first task on.
      </Empty>
    )
  const { perSecond, successRate, latency, queueTime, spark } = healthOf(current)
  const { byStage } = view
  return (
    <div class="page">
      <div class="view-head">
        <h1>Health</h1>
        <span class="hint">over the last minute</span>
      </div>
      <dl class="tiles">
        <Tile name="Throughput" value={`${perSecond.toFixed(perSecond < 100 ? 1 : 0)} /s`}>
          tasks ended
        </Tile>
        <Tile name="Success" value={successRate === null ? '–' : formatShare(successRate)}>
          completed, of completed and failed
        </Tile>
        <Tile name="Latency, p90" value={latency ? formatDuration(latency.p90) : '–'}>
          {inFull(latency)}
        </Tile>
        <Tile name="Queue time, p90" value={queueTime ? formatDuration(queueTime.p90) : '–'}>
          {inFull(queueTime)}
        </Tile>
        <Tile name="In hand" value={formatCount(byStage.executing + byStage.completing + byStage.rollingBack)}>
          {formatCount(byStage.queued)} queued, {formatCount(byStage.waiting)} waiting
        </Tile>
      </dl>
      <section class="card">
        <div class="card-head">
          <h2>Ended in each second</h2>
          <ul class="legend">
            <li>
              <span class="legend-mark is-completed" aria-hidden="true" />
              Completed
            </li>
            <li>
              <span class="legend-mark is-other" aria-hidden="true" />
              Otherwise
            </li>
          </ul>
        </div>
        <div class="minute">
          <Spark bars={spark} />
        </div>
        <p class="minute-axis hint" aria-hidden="true">
          <span>a minute before</span>
          <span>now</span>
        </p>
      </section>
      <div class="health-columns">
        <ErrorsCard view={view} />
        <AlertsCard view={view} now={current.now} />
        <RestartsCard view={view} />
      </div>
      {stats && <TypesCard stats={stats} />}
    </div>
  )
}
