import { useMemo } from 'preact/hooks'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { shown } from '../../live/session.ts'
import { BulkActions } from '../../operator/bulk-actions.tsx'
import { Empty } from '../../parts/empty.tsx'
import { formatCount } from '../../parts/format.ts'
import { address, go } from '../../shell/address.ts'
import { Picked } from './picked.ts'
import { kinds, TaskFilters } from './task-filters.tsx'
import { TaskList } from './task-list.ts'
import { isNarrowed, readTaskQuery } from './task-query.ts'
import { TaskTable } from './task-table.tsx'

const picked = new Picked()
const list = new TaskList()

/** Tasks come and go all the time, their names do not. */
const namesEveryMs = 2_000

let last: { readonly view: RuntimeView; readonly until: number; readonly names: ReturnType<typeof namesIn> } | null =
  null

function namesOf(view: RuntimeView) {
  const moment = performance.now()
  if (last?.view !== view || moment > last.until) last = { view, until: moment + namesEveryMs, names: namesIn(view) }
  return last.names
}

function namesIn(view: RuntimeView) {
  const types = new Set<string>()
  const principals = new Set<string>()
  for (const { type, principal } of view.tasks.values()) {
    types.add(type)
    principals.add(principal)
  }
  return { types: [...types].sort(), principals: [...principals].sort() }
}

export function TasksView() {
  const now = shown()
  const { filters } = address.value
  const query = useMemo(() => readTaskQuery(filters, kinds), [filters])
  const view = now?.view
  if (!now || !view) return null
  const names = namesOf(view)
  const rows = list.read(view, query)
  return (
    <div class="tasks">
      <div class="view-head">
        <h1>Tasks</h1>
        <span class="hint" role="status">
          {isNarrowed(query)
            ? `${formatCount(rows.length)} of ${formatCount(view.tasks.size)}`
            : formatCount(view.tasks.size)}
        </span>
      </div>
      <TaskFilters query={query} names={names} />
      {rows.length > 0 ? (
        <TaskTable rows={rows} query={query} now={now.now} picked={picked} />
      ) : view.tasks.size > 0 ? (
        <Empty icon="search" title="No task matches" isPart>
          <button type="button" class="button" onClick={() => go({ filters: {} })}>
            Show all
          </button>
        </Empty>
      ) : (
        <Empty icon="tasks" title="No tasks yet" isPart>
          As soon as something is submitted to the runtime, it is listed here.
        </Empty>
      )}
      <BulkActions picked={picked} />
    </div>
  )
}
