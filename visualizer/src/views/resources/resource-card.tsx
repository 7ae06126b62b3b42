import { useMemo } from 'preact/hooks'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { ResourceUsage } from '../../../../src/model/resources.ts'
import type { ResourceEfficiency } from '../../../../src/model/stats.ts'
import type { Shown } from '../../live/session.ts'
import { intend } from '../../operator/actions.ts'
import { formatAmount, formatCount, formatShare } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Plot } from '../../parts/plot.tsx'
import { TaskLink } from '../../parts/task-link.tsx'
import type { Claims } from './resource-data.ts'
import { linesOf, plotOf } from './resource-data.ts'

const forms: Readonly<Record<ResourceUsage['form'], string>> = {
  reusable: 'held, then returned',
  rate: 'refills with time',
  budget: 'spent for good',
}

function Level({ usage: { form, capacity, held, available, spent } }: { usage: ResourceUsage }) {
  const taken = form === 'reusable' ? held : form === 'budget' ? spent + held : capacity - available
  const share = capacity > 0 && Number.isFinite(taken) ? Math.min(1, Math.max(0, taken / capacity)) : 0
  const left = Number.isFinite(available) ? formatAmount(Math.max(0, available)) : '–'
  return (
    <div class={`level is-${form}${share >= 0.95 ? ' is-full' : ''}`}>
      <p class="level-text">
        <strong>{left}</strong>
        <span class="hint"> left of {formatAmount(capacity)}</span>
      </p>
      <span class="level-track" aria-hidden="true">
        <span class="level-fill" style={{ transform: `scaleX(${share})` }} />
      </span>
      <p class="hint">
        {formatAmount(held)} {form === 'reusable' ? 'held' : 'reserved'}
        {form !== 'reusable' && `, ${formatAmount(spent)} spent`}
      </p>
    </div>
  )
}

const rowsShown = 5

function Claimants({ title, rows, resource, view, none }: ClaimantsProps) {
  return (
    <div class="claimants">
      <h3>
        {title}
        {rows.length > 0 && ` (${formatCount(rows.length)})`}
      </h3>
      {rows.length === 0 ? (
        <p class="hint">{none}</p>
      ) : (
        <ul>
          {rows.slice(0, rowsShown).map(({ id, demand, used, holds }) => (
            <li key={id} class="claimant">
              <TaskLink id={id} view={view} />
              <span class="hint">
                {holds && resource in used ? `${formatAmount(used[resource] ?? 0)} used of ` : ''}
                {formatAmount(demand[resource] ?? 0)}
              </span>
            </li>
          ))}
          {rows.length > rowsShown && <li class="hint">and {formatCount(rows.length - rowsShown)} more</li>}
        </ul>
      )}
    </div>
  )
}

interface ClaimantsProps {
  readonly title: string
  readonly rows: readonly TaskRow[]
  readonly resource: string
  readonly view: RuntimeView
  readonly none: string
}

const redrawMs = 400

/** One resource: how much is left, how that went, who holds some and who waits. */
export function ResourceCard({ usage, claims, current, spanMs, efficiency }: ResourceCardProps) {
  const { resource, form, capacity } = usage
  const { recording, view, now, isPast, subject } = current
  const moment = isPast ? now : Math.floor(now / redrawMs) * redrawMs
  const data = useMemo(
    () =>
      plotOf(usage, recording.samples.all, recording.resizings, {
        from: Number.isFinite(spanMs) ? now - spanMs : 0,
        now,
      }),
    [recording, resource, moment, spanMs, capacity],
  )
  const lines = linesOf[form]
  const share = efficiency?.usedOfReserved ?? null
  return (
    <article class="card resource" aria-label={`Resource ${resource}`}>
      <div class="card-head">
        <div>
          <h3 class="resource-name">{resource}</h3>
          <p class="hint">{forms[form]}</p>
        </div>
        {subject.commands && !isPast && (
          <button type="button" class="button" onClick={() => intend({ action: 'resize', resource, capacity })}>
            <Icon name="sliders" />
            Resize<span class="unseen"> {resource}</span>
          </button>
        )}
      </div>
      <Level usage={usage} />
      <Plot
        lines={lines}
        data={data}
        height={132}
        label={`${resource} over time: ${lines.map(({ name }) => name.toLowerCase()).join(' and ')}`}
      />
      <ul class="legend">
        {lines.map(({ name, form: drawn }) => (
          <li key={name}>
            <span class={`legend-mark is-${drawn} is-of-${form}`} aria-hidden="true" />
            {name}
          </li>
        ))}
        {form === 'rate' && <li class="legend-note">known while this page is open</li>}
        {form !== 'rate' && share !== null && (
          <li class="legend-note">{formatShare(share)} of what was reserved was used</li>
        )}
      </ul>
      <div class="claims">
        <Claimants
          title="Holds"
          rows={claims?.holders ?? []}
          resource={resource}
          view={view}
          none="Nobody holds any."
        />
        <Claimants title="Waits" rows={claims?.waiters ?? []} resource={resource} view={view} none="Nobody waits." />
      </div>
    </article>
  )
}

interface ResourceCardProps {
  readonly usage: ResourceUsage
  readonly claims: Claims | undefined
  readonly current: Shown
  readonly spanMs: number
  readonly efficiency: ResourceEfficiency | undefined
}
