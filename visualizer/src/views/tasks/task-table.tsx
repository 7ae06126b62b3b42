import { useRef, useState } from 'preact/hooks'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { repaintNow } from '../../live/painter.ts'
import { useRowWindow } from '../../parts/virtual-rows.ts'
import { go, setFilters } from '../../shell/address.ts'
import { isNarrow } from '../../shell/media.ts'
import type { Picked } from './picked.ts'
import { lineId, TaskLine } from './task-line.tsx'
import type { SortColumn, TaskQuery } from './task-query.ts'

const columns: readonly { readonly column: SortColumn; readonly title: string }[] = [
  { column: 'stage', title: 'Stage' },
  { column: 'type', title: 'Task' },
  { column: 'kind', title: 'Kind' },
  { column: 'principal', title: 'Principal' },
  { column: 'priority', title: 'Priority' },
  { column: 'age', title: 'Age' },
  { column: 'attempt', title: 'Attempt' },
  { column: 'progress', title: 'Progress' },
]

function Header({ rows, query, picked }: Omit<TaskTableProps, 'now'>) {
  const isAll = rows.length > 0 && picked.size >= rows.length && rows.every(({ id }) => picked.has(id))
  return (
    <div role="row" class="line line-head" aria-rowindex={1}>
      <span role="columnheader" class="cell-pick">
        <input
          type="checkbox"
          aria-label="Select all that are listed"
          checked={isAll}
          onClick={() => (isAll ? picked.clear() : picked.set(rows.map(({ id }) => id)))}
        />
      </span>
      {columns.map(({ column, title }) => {
        const isSorted = query.sort === column
        const direction = query.isDescending ? 'descending' : 'ascending'
        return (
          <span
            key={column}
            role="columnheader"
            class={column === 'type' ? 'cell-task' : column === 'progress' ? 'cell-happening' : `cell-${column}`}
            aria-sort={isSorted ? direction : 'none'}
          >
            <button
              type="button"
              class={`sort${isSorted ? ' is-sorted' : ''}`}
              onClick={() => setFilters({ sort: isSorted && !query.isDescending ? `-${column}` : column })}
            >
              {title}
              {isSorted && <span aria-hidden="true">{query.isDescending ? ' ↑' : ' ↓'}</span>}
            </button>
          </span>
        )
      })}
    </div>
  )
}

export interface TaskTableProps {
  readonly rows: readonly TaskRow[]
  readonly query: TaskQuery
  readonly now: number
  readonly picked: Picked
}

const steps: Readonly<Record<string, (index: number, page: number, last: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index, page) => index + page,
  PageUp: (index, page) => index - page,
  Home: () => 0,
  End: (_index, _page, last) => last,
}

/** All rows, of which only those are drawn that can be seen. The arrow keys walk, Space selects, Enter opens. */
export function TaskTable({ rows, query, now, picked }: TaskTableProps) {
  const box = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<string | null>(null)
  const rowHeight = isNarrow.value ? 60 : 36
  const { first, end } = useRowWindow(box, rows.length, rowHeight)
  const activeIndex = active === null ? -1 : rows.findIndex(({ id }) => id === active)

  const walk = (index: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, index))
    const element = box.current
    setActive(rows[to]?.id ?? null)
    if (!element) return
    const height = element.clientHeight - rowHeight
    if (to * rowHeight < element.scrollTop) element.scrollTop = to * rowHeight
    if ((to + 1) * rowHeight > element.scrollTop + height) element.scrollTop = (to + 1) * rowHeight - height
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== box.current) return
    const step = steps[event.key]
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 2)
    if (step) walk(step(activeIndex, page, rows.length - 1))
    else if (event.key === 'Enter' && active !== null) go({ view: 'task', task: active })
    else if (event.key === ' ' && active !== null) picked.toggle(active)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) picked.set(rows.map(({ id }) => id))
    else if (event.key === 'Escape') picked.clear()
    else return
    event.preventDefault()
    repaintNow()
  }
  const onClick = ({ target }: MouseEvent) => {
    if (!(target instanceof Element) || target.closest('a, button, input')) return
    const id = target.closest<HTMLElement>('[data-id]')?.dataset['id']
    if (id !== undefined) go({ view: 'task', task: id })
  }

  const isDrawn = activeIndex >= first && activeIndex < end
  return (
    <div
      ref={box}
      role="grid"
      class={`table${picked.size > 0 ? ' has-picked' : ''}`}
      tabIndex={0}
      aria-label="Tasks"
      aria-rowcount={rows.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={isDrawn && active !== null ? lineId(active) : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => {
        if (active === null) setActive(rows[0]?.id ?? null)
      }}
      onClick={onClick}
    >
      <Header rows={rows} query={query} picked={picked} />
      <div role="rowgroup" class="table-body" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, end).map((row, offset) => (
          <TaskLine
            key={row.id}
            row={row}
            index={first + offset}
            now={now}
            top={(first + offset) * rowHeight}
            isActive={row.id === active}
            isPicked={picked.has(row.id)}
            onPick={(id) => picked.toggle(id)}
          />
        ))}
      </div>
    </div>
  )
}
