import { useState } from 'preact/hooks'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatClock, formatCount, formatDuration } from '../../parts/format.ts'
import { RowStage } from '../../parts/stage.tsx'
import { hrefTo } from '../../shell/address.ts'
import type { LaneGroup } from './lanes.ts'
import type { DrawnPhase } from './palette.ts'
import { isDrawn } from './palette.ts'

const pageSize = 50

/** How long a task was in each phase, ms. */
function phaseTimes({ segments, endedAt }: TaskRow, now: number): Partial<Record<DrawnPhase, number>> {
  const times: Partial<Record<DrawnPhase, number>> = {}
  for (const [index, { at, phase }] of segments.entries()) {
    if (!isDrawn(phase)) continue
    const until = segments[index + 1]?.at ?? endedAt ?? now
    times[phase] = (times[phase] ?? 0) + Math.max(0, until - at)
  }
  return times
}

function Line({ row, now, isCritical }: { row: TaskRow; now: number; isCritical: boolean }) {
  const { waiting = 0, queued = 0, running = 0, ...other } = phaseTimes(row, now)
  const rest = Object.values(other).reduce((sum, ms) => sum + ms, 0)
  return (
    <tr>
      <th scope="row">
        <a href={hrefTo({ view: 'task', task: row.id })}>{row.type}</a>
        {isCritical && <span class="tl-critical">critical</span>}
      </th>
      <td>
        <RowStage row={row} />
      </td>
      <td>{row.principal}</td>
      <td>{formatClock(row.createdAt)}</td>
      <td>{formatDuration(waiting + queued)}</td>
      <td>{formatDuration(running)}</td>
      <td>{rest > 0 ? formatDuration(rest) : ''}</td>
    </tr>
  )
}

interface TableProps {
  readonly groups: readonly LaneGroup[]
  readonly now: number
  readonly critical: ReadonlySet<string>
}

/** The bars that are in sight, in words. */
export function TimelineTable({ groups, now, critical }: TableProps) {
  const [page, setPage] = useState(0)
  const rows = groups.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.rows))
  const pages = Math.max(1, Math.ceil(rows.length / pageSize))
  const at = Math.min(page, pages - 1)
  return (
    <div class="tl-words">
      <table class="tl-table">
        <caption>
          {formatCount(rows.length)} {rows.length === 1 ? 'task' : 'tasks'} between the two ends of the timeline
        </caption>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Stage</th>
            <th scope="col">Agent</th>
            <th scope="col">Began</th>
            <th scope="col">Waited</th>
            <th scope="col">Ran</th>
            <th scope="col">Other</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(at * pageSize, (at + 1) * pageSize).map((row) => (
            <Line key={row.id} row={row} now={now} isCritical={critical.has(row.id)} />
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <p class="tl-pages">
          <button type="button" class="button" disabled={at === 0} onClick={() => setPage(at - 1)}>
            Earlier
          </button>
          <span class="hint">
            Page {at + 1} of {pages}
          </span>
          <button type="button" class="button" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            Later
          </button>
        </p>
      )}
    </div>
  )
}
