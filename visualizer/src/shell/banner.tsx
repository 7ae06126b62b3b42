import type { SupervisorStage } from '../../../src/model/events.ts'
import { link, shown } from '../live/session.ts'
import { formatDate } from '../parts/format.ts'
import { backToNow } from '../replay/player.ts'

const explained: Partial<Record<SupervisorStage, string>> = {
  paused: 'The runtime is paused: what executes goes on, and nothing more is granted until it is resumed.',
  degraded: 'The runtime is degraded: its actors crashed too often, or its store cannot be written. See Health.',
  draining: 'The runtime is draining: it takes nothing new, and finishes what it has.',
  stopping: 'The runtime is stopping.',
  stopped: 'The runtime has stopped.',
}

const bad: readonly SupervisorStage[] = ['degraded', 'stopped']

/** What is out of the ordinary, above every view. */
export function Banner() {
  const now = shown()
  if (now?.isPast) {
    return (
      <section class="banner" aria-label="State of the page">
        The runtime as it was at {formatDate(now.now)}.
        <button type="button" class="button" onClick={backToNow}>
          Back to now
        </button>
      </section>
    )
  }
  if (link.value === 'lost')
    return (
      <section class="banner is-bad" aria-label="State of the page">
        The server cannot be reached. What you see is the last that it said; trying again.
      </section>
    )
  const text = now && explained[now.view.supervisor]
  if (!now || !text || now.subject.source === 'file') return null
  return (
    <section aria-label="State of the runtime" class={`banner${bad.includes(now.view.supervisor) ? ' is-bad' : ''}`}>
      {text}
    </section>
  )
}
