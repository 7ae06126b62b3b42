import { useRef } from 'preact/hooks'
import type { QueueLine } from '../../../../src/inspector/protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { usePolled } from '../../live/polled.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { amountsOf } from '../../parts/event-words.ts'
import { formatCount, formatDuration, formatPriority } from '../../parts/format.ts'
import { TaskLink } from '../../parts/task-link.tsx'
import { useRowWindow } from '../../parts/virtual-rows.ts'
import { isNarrow } from '../../shell/media.ts'

/** How many tasks of each principal hold resources: its share speaks for it, or against it. */
function runningBy(view: RuntimeView): ReadonlyMap<string, number> {
  const running = new Map<string, number>()
  for (const { holds, principal, demand } of view.tasks.values())
    if (holds && Object.keys(demand).length > 0) running.set(principal, (running.get(principal) ?? 0) + 1)
  return running
}

interface PlaceProps {
  readonly line: QueueLine
  readonly place: number
  readonly top: number
  readonly view: RuntimeView
  readonly now: number
  readonly running: number
}

function Place({ line, place, top, view, now, running }: PlaceProps) {
  const row = view.tasks.get(line.taskId)
  const isReserved = line.reason.startsWith('reserved')
  return (
    <li class="place" style={{ transform: `translateY(${top}px)` }} aria-posinset={place}>
      <span class="place-number">{formatCount(place)}</span>
      <span class="place-task">
        <TaskLink id={line.taskId} view={view} />
      </span>
      <span class="place-principal">
        {line.principal} <span class="hint">holds {formatCount(running)}</span>
      </span>
      <span class="place-priority">{row ? formatPriority(row.priority) : ''}</span>
      <span class="place-age">{row?.queuedAt ? formatDuration(now - row.queuedAt) : ''}</span>
      <span class="place-asks">{row ? amountsOf(row.demand) : ''}</span>
      <span class={`place-reason${isReserved ? ' is-reserved' : ''}`}>{line.reason}</span>
    </li>
  )
}

function Places({ lines, view, now }: { lines: readonly QueueLine[]; view: RuntimeView; now: number }) {
  void shown()
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = isNarrow.value ? 64 : 36
  const { first, end } = useRowWindow(box, lines.length, rowHeight)
  const running = runningBy(view)
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
            running={running.get(line.principal) ?? 0}
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
