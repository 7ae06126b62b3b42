import type { RuntimeView } from '../../../src/inspector/view/runtime-view.ts'
import { hrefTo } from '../shell/address.ts'
import { RowStage } from './stage.tsx'

/** A task that another view leads to: its type, the end of its id, and how it stands. */
export function TaskLink({ id, view, withStage = false }: TaskLinkProps) {
  const row = view.tasks.get(id)
  return (
    <span class="task-link">
      <a href={hrefTo({ view: 'task', task: id })}>
        {row?.type ?? 'task'} <span class="mono">{shortId(id)}</span>
      </a>
      {withStage && row && <RowStage row={row} />}
    </span>
  )
}

interface TaskLinkProps {
  readonly id: string
  readonly view: RuntimeView
  readonly withStage?: boolean
}

export function shortId(id: string): string {
  return id.replace(/^task_/, '')
}
