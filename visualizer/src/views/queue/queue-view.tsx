import { useRef } from 'preact/hooks'
import type { QueueLine } from '../../../../src/inspector/protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { usePolled } from '../../live/polled.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { amountsOf } from '../../parts/event-words.ts'
import { formatCount, formatDuration, formatPriority, formatShare } from '../../parts/format.ts'
import { TaskLink } from '../../parts/task-link.tsx'
import { useRowWindow } from '../../parts/virtual-rows.ts'
import { isNarrow } from '../../shell/media.ts'

interface PlaceProps {
  readonly line: QueueLine
  readonly place: number
  readonly top: number
  readonly view: RuntimeView
  readonly now: number
}

function Place({ line, place, top, view, now }: PlaceProps) {
  const row = view.tasks.get(line.taskId)
  return (
    <li class="place" style={{ transform: `translateY(${top}px)` }} aria-posinset={place}>
      <span class="place-number">{formatCount(place)}</span>
      <span class="place-task">
        <TaskLink id={line.taskId} view={view} />
      </span>
      <span class="place-principal">
        {line.principal} <span class="hint">share {formatShare(line.share)}</span>
      </span>
      <span class="place-priority">{formatPriority(line.priority)}</span>
      <span class="place-age">{formatDuration(now - line.queuedAt)}</span>
      <span class="place-asks">{row ? amountsOf(row.demand) : ''}</span>
      <span class={`place-reason${line.isReserved ? ' is-reserved' : ''}`}>{line.reason}</span>
    </li>
  )
}

function Places({ lines, view, now }: { lines: readonly QueueLine[]; view: RuntimeView; now: number }) {
  void shown()
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = isNarrow.value ? 64 : 36
  const { first, end } = useRowWindow(box, lines.length, rowHeight)
  return (
    <div ref={box} class="places" role="region" aria-label="The queue" tabIndex={0}>
      <div class="place is-head" aria-hidden="true">
        <span>Place</span>
        <span>Task</span>
        <span>Principal</span>
        <span>Priority</span>
        <span>Waits for</span>
        <span>Asks for</span>
        <span>Why here</span>
      </div>
      <ol class="places-body" style={{ height: `${lines.length * rowHeight}px` }}>
        {lines.slice(first, end).map((line, offset) => (
          <Place
            key={line.taskId}
            line={line}
            place={first + offset + 1}
            top={(first + offset) * rowHeight}
            view={view}
            now={now}
          />
        ))}
      </ol>
    </div>
  )
}

/** The order of the next grants, with the reason of each place. */
export function QueueView() {
  const current = shown()
  const isLive = current !== null && !current.isPast && current.subject.source === 'live'
  const { data } = usePolled<readonly QueueLine[]>(isLive ? '/queue' : null)
  if (!current) return null
  const { view, now } = current
  if (!isLive)
    return (
      <Empty icon="queue" title="The order is known only of now">
        What the scheduler would have granted next is not written down. The tasks that were queued are in the list of
        tasks.
      </Empty>
    )
  if (!data) return <Empty icon="queue" title="Asking for the queue" />
  if (data.length === 0)
    return (
      <Empty icon="queue" title="The queue is empty">
        Everything that may start has what it asks for.
      </Empty>
    )
  return (
    <div class="tasks">
      <div class="view-head">
        <h1>Queue</h1>
        <span class="hint">
          {formatCount(view.byStage.queued)} in the order of the next grants: by the share of each principal, then by
          priority and age. A reserved start goes first.
        </span>
      </div>
      <Places lines={data} view={view} now={now} />
    </div>
  )
}
