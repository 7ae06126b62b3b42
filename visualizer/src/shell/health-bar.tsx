import type { SupervisorStage } from '../../../src/model/events.ts'
import { healthOf } from '../live/health.ts'
import type { Link, Shown } from '../live/session.ts'
import { link, shown } from '../live/session.ts'
import { RuntimeActions } from '../operator/runtime-actions.tsx'
import { formatCount, formatDuration, formatShare } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Spark } from './spark.tsx'

const states: Readonly<Record<SupervisorStage, { readonly name: string; readonly tint: string }>> = {
  starting: { name: 'Starting', tint: 'is-off' },
  running: { name: 'Running', tint: 'is-calm' },
  paused: { name: 'Paused', tint: 'is-held' },
  degraded: { name: 'Degraded', tint: 'is-broken' },
  draining: { name: 'Draining', tint: 'is-held' },
  stopping: { name: 'Stopping', tint: 'is-held' },
  stopped: { name: 'Stopped', tint: 'is-off' },
}

const links: Readonly<Record<Link, string>> = {
  connecting: 'Connecting',
  catchingUp: 'Catching up',
  live: 'Live',
  lost: 'Connection lost',
  refused: 'Not let in',
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly when?: 'always' | 'more' | 'extra'
  readonly isAlarming?: boolean
}

function Figure({ name, value, unit, when = 'always', isAlarming = false }: FigureProps) {
  return (
    <div class={`figure is-${when}${isAlarming ? ' is-alarming' : ''}`}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && <small> {unit}</small>}
      </dd>
    </div>
  )
}

function Figures({ now }: { now: Shown }) {
  const { byStage } = now.view
  const { perSecond, successRate, latency, spark } = healthOf(now)
  const rate = perSecond >= 100 ? formatCount(perSecond) : perSecond.toFixed(1)
  return (
    <>
      <dl class="figures">
        <Figure name="Ended" value={rate} unit="/s" when="more" />
        <Figure name="Success" value={successRate === null ? '–' : formatShare(successRate)} when="extra" />
        <Figure name="Executing" value={formatCount(byStage.executing + byStage.completing)} />
        <Figure name="Queued" value={formatCount(byStage.queued + byStage.allocating)} when="more" />
        <Figure name="Waiting" value={formatCount(byStage.waiting)} when="extra" />
        <Figure name="Failed" value={formatCount(byStage.failed)} isAlarming={byStage.failed > 0} />
        <Figure name="p90 latency" value={latency ? formatDuration(latency.p90) : '–'} when="extra" />
      </dl>
      <Spark bars={spark} />
    </>
  )
}

/** How the runtime is, above every view. */
export function HealthBar({ isMenuOpen, onMenu }: { isMenuOpen: boolean; onMenu: () => void }) {
  const now = shown()
  const state = now ? states[now.view.supervisor] : null
  const source = now?.subject.source === 'file' ? 'Journal' : links[link.value]
  return (
    <header class="bar">
      <button
        type="button"
        class="button is-quiet is-icon bar-menu"
        aria-label="Views"
        aria-expanded={isMenuOpen}
        aria-controls="side"
        onClick={onMenu}
      >
        <Icon name="menu" />
      </button>
      <div class={`bar-state ${link.value === 'lost' ? 'is-broken' : (state?.tint ?? 'is-off')}`}>
        <strong>{state?.name ?? 'Unknown'}</strong>
        <span class="bar-link" role="status">
          {now?.isPast ? 'In the past' : source}
        </span>
      </div>
      {now && <Figures now={now} />}
      <RuntimeActions />
    </header>
  )
}
