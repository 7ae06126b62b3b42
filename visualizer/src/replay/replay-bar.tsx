import { useRef } from 'preact/hooks'
import type { Shown } from '../live/session.ts'
import { serverNow, shown } from '../live/session.ts'
import { formatCount, formatDate, formatDuration, formatMoment } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { address } from '../shell/address.ts'
import type { Bucket } from './density.ts'
import { densityOf } from './density.ts'
import { backToNow, isDragged, isPlaying, pause, play, showMoment, speed, speeds, step } from './player.ts'

const parts = 160
const freshMs = 1_000

interface Drawn {
  readonly of: object
  readonly at: number
  readonly buckets: readonly Bucket[]
}

/** Counted anew once a second: a recording has hundreds of thousands of events. */
function useDensity({ recording }: Shown, from: number, to: number): readonly Bucket[] {
  const drawn = useRef<Drawn | null>(null)
  const now = performance.now()
  if (drawn.current?.of !== recording || now - drawn.current.at > freshMs)
    drawn.current = { of: recording, at: now, buckets: densityOf(recording.events, from, to, parts) }
  return drawn.current.buckets
}

function Density({ buckets, share }: { buckets: readonly Bucket[]; share: number }) {
  const most = Math.max(1, ...buckets.map(({ events }) => events))
  const height = (count: number) => (count === 0 ? 0 : 2 + 16 * Math.sqrt(count / most))
  return (
    <svg class="rp-density" viewBox={`0 0 ${parts} 18`} preserveAspectRatio="none" aria-hidden="true">
      {buckets.map(({ events, failures }, index) => (
        <g key={index} class={index / parts <= share ? 'is-over' : ''}>
          <rect class="rp-events" x={index + 0.12} y={18 - height(events)} width={0.76} height={height(events)} />
          {failures > 0 && <rect class="rp-failures" x={index + 0.12} y={15.5} width={0.76} height={2.5} />}
        </g>
      ))}
    </svg>
  )
}

function Transport({ now, until }: { now: Shown; until: number }) {
  const { task } = address.value
  const { recording, view, isPast } = now
  const which = task === null ? 'event' : 'event of the task'
  const end = () => (now.subject.source === 'file' ? recording.live.at : serverNow())
  const start = () => play(recording, isPast && now.now < until ? now.now : recording.beginsAt, end)
  return (
    <div class="rp-keys">
      <button
        type="button"
        class="button is-quiet is-icon"
        aria-label={`Back by one ${which}`}
        title={`Back by one ${which}`}
        onClick={() => step(recording, -1, task, view.seq)}
      >
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="button is-icon"
        aria-label={isPlaying.value ? 'Pause' : isPast ? 'Play' : 'Play from the beginning'}
        title={isPlaying.value ? 'Pause' : isPast ? 'Play' : 'Play from the beginning'}
        onClick={isPlaying.value ? pause : start}
      >
        <Icon name={isPlaying.value ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        class="button is-quiet is-icon"
        aria-label={`On by one ${which}`}
        title={`On by one ${which}`}
        disabled={!isPast}
        onClick={() => step(recording, 1, task, view.seq)}
      >
        <Icon name="forth" />
      </button>
    </div>
  )
}

function SpeedChoice() {
  return (
    <select
      class="field rp-speed"
      aria-label="Speed"
      value={String(speed.value)}
      onChange={({ currentTarget }) => {
        speed.value = speeds.find((one) => String(one) === currentTarget.value) ?? 1
      }}
    >
      {speeds.map((one) => (
        <option key={one} value={String(one)}>
          {one}×
        </option>
      ))}
    </select>
  )
}

/** Scrubs every view through what is kept, and plays it. */
export function ReplayBar() {
  const now = shown()
  if (!now || now.recording.events.length === 0) return null
  return <Bar now={now} />
}

function Bar({ now }: { now: Shown }) {
  const { recording, isPast } = now
  const isFile = now.subject.source === 'file'
  const from = recording.beginsAt
  const to = Math.max(isFile ? recording.live.at : serverNow(), from + 1)
  const at = Math.min(to, isPast ? now.now : to)
  const share = (at - from) / (to - from)
  const buckets = useDensity(now, from, to)
  const seek = (value: string, isFinal: boolean) => {
    const wanted = Number(value)
    if (wanted >= to - (to - from) * 0.002) backToNow()
    else showMoment(recording, wanted, isFinal)
  }
  const left = isPast ? `${formatDuration(to - at)} ago` : isFile ? 'the end' : 'now'
  return (
    <section class={`rp${isPast ? ' is-past' : ''}`} aria-label="Replay">
      <Transport now={now} until={to} />
      <SpeedChoice />
      <span class="rp-edge mono" title={`Replay begins at ${formatDate(from)}`}>
        {formatMoment(from).slice(0, 8)}
      </span>
      <div class="rp-track">
        <Density buckets={buckets} share={share} />
        <input
          type="range"
          class="rp-range"
          aria-label="Moment"
          aria-valuetext={`${formatDate(at)}, ${left}`}
          min={from}
          max={to}
          step={Math.max(1, (to - from) / 2_000)}
          value={at}
          onPointerDown={() => {
            isDragged.value = true
          }}
          onPointerUp={() => {
            isDragged.value = false
          }}
          onInput={({ currentTarget }) => {
            if (isPlaying.value) pause()
            seek(currentTarget.value, false)
          }}
          onChange={({ currentTarget }) => {
            isDragged.value = false
            seek(currentTarget.value, true)
          }}
        />
      </div>
      <span class="rp-at mono">{formatMoment(at)}</span>
      <span class="rp-left">{left}</span>
      <button type="button" class="button rp-live" disabled={!isPast} onClick={backToNow}>
        {isFile ? 'End' : 'Now'}
      </button>
      {recording.dropped > 0 && (
        <span class="rp-dropped hint">
          {formatCount(recording.dropped)} earlier events are not kept; what they led to is.
        </span>
      )}
    </section>
  )
}
