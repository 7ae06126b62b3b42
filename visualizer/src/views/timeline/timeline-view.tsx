import { useMemo, useRef, useState } from 'preact/hooks'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { Shown } from '../../live/session.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { formatDuration } from '../../parts/format.ts'
import { RowStage } from '../../parts/stage.tsx'
import { address, go, hrefTo, setFilters } from '../../shell/address.ts'
import { criticalPath } from './critical-path.ts'
import type { Grouping, LaneGroup } from './lanes.ts'
import { LaneBook, laneGroups, membersOf } from './lanes.ts'
import type { DrawnPhase } from './palette.ts'
import { phaseNames } from './palette.ts'
import { TimelineCanvas } from './timeline-canvas.tsx'
import { layOutTimeline } from './timeline-layout.ts'
import { TimelineTable } from './timeline-table.tsx'
import { useWindow } from './use-window.ts'

const groupings: Readonly<Record<Grouping, string>> = { agent: 'Agent', type: 'Type', flow: 'Flow' }
const groupingNames: readonly Grouping[] = ['agent', 'type', 'flow']

const books = new WeakMap<object, LaneBook>()

function bookOf({ recording }: Shown): LaneBook {
  const known = books.get(recording)
  if (known) return known
  const book = new LaneBook()
  books.set(recording, book)
  return book
}

function rootOf(row: TaskRow, { tasks }: RuntimeView): TaskRow {
  let root = row
  for (let above = tasks.get(row.parentId ?? ''); above; above = tasks.get(above.parentId ?? '')) root = above
  return root
}

/** Of the flow that the selected task is part of. */
function criticalOf(
  selected: TaskRow | undefined,
  { view, now }: Shown,
): { flow: TaskRow; path: readonly string[] } | null {
  if (!selected) return null
  const flow = rootOf(selected, view)
  const members = membersOf(view.tasks.values())
  return members.has(flow.id) ? { flow, path: criticalPath(flow.id, members, now) } : null
}

function Legend() {
  const phases: readonly DrawnPhase[] = [
    'waiting',
    'queued',
    'running',
    'paused',
    'asking',
    'stopping',
    'backoff',
    'rollingBack',
  ]
  return (
    <ul class="tl-legend" aria-label="Colours">
      {phases.map((phase) => (
        <li key={phase} class={`in-${phase}`}>
          <span class="stage-mark" />
          {phaseNames[phase]}
        </li>
      ))}
    </ul>
  )
}

function Selected({ row, now, critical }: { row: TaskRow; now: Shown; critical: ReturnType<typeof criticalOf> }) {
  return (
    <div class="tl-picked">
      <strong>{row.type}</strong> <span class="mono">{row.id}</span>
      <RowStage row={row} />
      <span class="hint">{formatDuration((row.endedAt ?? now.now) - row.createdAt)} in all</span>
      {critical && (
        <span class="hint">
          critical path of {critical.flow.type}: {critical.path.length} of{' '}
          {membersOf(now.view.tasks.values()).get(critical.flow.id)?.length ?? 0} members
        </span>
      )}
      <span class="tl-links">
        <a href={hrefTo({ view: 'task', task: row.id, filters: {} })}>Task</a>
        <a href={hrefTo({ view: 'chart', task: row.id, filters: {} })}>Statechart</a>
        <a href={hrefTo({ view: 'messages', task: row.id, filters: {} })}>Messages</a>
      </span>
    </div>
  )
}

function Timeline({ now }: { now: Shown }) {
  const { filters, task } = address.value
  const by = groupingNames.find((name) => name === filters['by']) ?? 'agent'
  const control = useWindow(now.now, now.recording.beginsAt)
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [isTable, setTable] = useState(false)
  const { from, to } = control.window
  const selected = task === null ? undefined : now.view.tasks.get(task)
  const flow = selected ? rootOf(selected, now.view).id : null
  // The flow that somebody looks at stays on top, whatever comes.
  const isPicked = (group: LaneGroup) => Number(group.flow !== null && group.flow === flow)
  const groups = laneGroups(now.view.tasks, by, bookOf(now), from, to).sort(
    (one, other) => isPicked(other) - isPicked(one),
  )
  const layout = layOutTimeline(groups, closed)
  const found = useRef<{ readonly key: string; readonly value: ReturnType<typeof criticalOf> }>({
    key: '',
    value: null,
  })
  // Every task is looked at: not more than once for what has happened.
  const key = `${task} ${now.view.seq}`
  if (found.current.key !== key) found.current = { key, value: criticalOf(selected, now) }
  const critical = found.current.value
  const criticalIds = useMemo(() => new Set(critical?.path), [critical])
  const toggle = (name: string) => {
    const next = new Set(closed)
    if (!next.delete(name)) next.add(name)
    setClosed(next)
  }
  const drawn = groups.reduce((sum, { tasks }) => sum + tasks, 0)
  const summary = `Timeline of ${drawn} tasks by ${by}, ${formatDuration(to - from)} wide. Left and right move through time, plus and minus zoom, up and down pick a task, Enter opens it, End follows now. The button Table gives it in words.`
  return (
    <div class="timeline">
      <div class="view-head">
        <h1>Timeline</h1>
        <fieldset class="tl-choice" aria-label="Group by">
          {groupingNames.map((name) => (
            <button
              key={name}
              type="button"
              class="button"
              aria-pressed={name === by}
              onClick={() => setFilters({ by: name === 'agent' ? '' : name })}
            >
              {groupings[name]}
            </button>
          ))}
        </fieldset>
        <div class="tl-zoom" role="toolbar" aria-label="Time">
          <button type="button" class="button is-icon" aria-label="Zoom out" onClick={() => control.zoom(1 / 1.6)}>
            −
          </button>
          <span class="tl-span">{formatDuration(to - from)}</span>
          <button type="button" class="button is-icon" aria-label="Zoom in" onClick={() => control.zoom(1.6)}>
            +
          </button>
          <button type="button" class="button" onClick={() => control.whole()}>
            All
          </button>
          <button type="button" class="button" aria-pressed={control.follows} onClick={() => control.follow()}>
            Follow
          </button>
        </div>
        <button type="button" class="button" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Table
        </button>
      </div>
      <Legend />
      {selected && <Selected row={selected} now={now} critical={critical} />}
      <div class={`tl-body${isTable ? ' has-table' : ''}`}>
        <TimelineCanvas
          layout={layout}
          control={control}
          now={now.now}
          selected={task}
          critical={criticalIds}
          closed={closed}
          summary={summary}
          onSelect={(id) => go({ task: id }, 'replace')}
          onOpen={(id) => go({ view: 'task', task: id })}
          onToggle={toggle}
        />
        {isTable && <TimelineTable groups={groups} now={now.now} critical={criticalIds} />}
      </div>
    </div>
  )
}

/** What every task spent its time with. */
export function TimelineView() {
  const now = shown()
  if (!now) return null
  if (now.view.tasks.size === 0)
    return (
      <Empty icon="timeline" title="No tasks yet">
        Each task that is submitted becomes a bar here.
      </Empty>
    )
  return <Timeline now={now} />
}
