import { useState } from 'preact/hooks'
import type { TaskEvent } from '../../../../src/model/events.ts'
import { painted } from '../../live/painter.ts'
import type { EventSort } from '../../parts/event-words.ts'
import { wordsOf } from '../../parts/event-words.ts'
import { formatCount, formatMoment } from '../../parts/format.ts'
import { address, hrefTo } from '../../shell/address.ts'

const sorts: readonly { readonly sort: EventSort | null; readonly name: string }[] = [
  { sort: null, name: 'All' },
  { sort: 'stage', name: 'Stages' },
  { sort: 'step', name: 'Steps' },
  { sort: 'log', name: 'Logs' },
]

const shownFirst = 200

/** Everything that happened to the task, the newest first. A moment leads to the runtime as it was then. */
export function HistoryCard({ events, dropped }: { events: readonly TaskEvent[]; dropped: boolean }) {
  void painted.value
  const [wanted, setWanted] = useState<EventSort | null>(null)
  const [limit, setLimit] = useState(shownFirst)
  const listed = events
    .map((event) => ({ event, words: wordsOf(event) }))
    .filter(({ words }) => wanted === null || words.sort === wanted)
    .reverse()
  return (
    <section class="card">
      <div class="card-head">
        <h2>History</h2>
        <fieldset class="tabs" aria-label="Events">
          {sorts.map(({ sort, name }) => (
            <button key={name} type="button" class="tab" aria-pressed={wanted === sort} onClick={() => setWanted(sort)}>
              {name}
            </button>
          ))}
        </fieldset>
      </div>
      <ol class="history">
        {listed.slice(0, limit).map(({ event, words }) => (
          <li key={event.seq} class={`event is-${words.sort}${words.tone ? ` is-${words.tone}` : ''}`}>
            <a
              class="event-time mono"
              href={hrefTo({ at: event.seq })}
              aria-current={address.value.at === event.seq ? 'true' : undefined}
              title="Show the runtime as it was then"
            >
              {formatMoment(event.at)}
            </a>
            <span class="event-title">{words.title}</span>
            {words.detail && <span class="event-detail">{words.detail}</span>}
          </li>
        ))}
      </ol>
      {listed.length === 0 && <p class="hint">Nothing of this kind.</p>}
      {listed.length > limit && (
        <button type="button" class="button" onClick={() => setLimit(limit + 1_000)}>
          Show older ({formatCount(listed.length - limit)})
        </button>
      )}
      {dropped && <p class="hint">What happened before is not kept any more.</p>}
    </section>
  )
}
