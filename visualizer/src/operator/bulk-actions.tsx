import { shown } from '../live/session.ts'
import { formatCount } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import type { Picked } from '../views/tasks/picked.ts'
import type { TaskAction } from './actions.ts'
import { actionWords, intend } from './actions.ts'

const actions: readonly TaskAction[] = ['pause', 'resume', 'reprioritise', 'retry', 'cancel']

/** The most that one command may name. */
const idsAtOnce = 10_000

/** What can be done to the tasks that are selected. */
export function BulkActions({ picked }: { picked: Picked }) {
  const now = shown()
  if (picked.size === 0 || !now) return null
  const canAct = now.subject.commands && !now.isPast
  const isTooMany = picked.size > idsAtOnce
  const of = `${formatCount(picked.size)} selected`
  return (
    <section class="bulk" aria-label="Actions on the selected tasks">
      <strong role="status">{of}</strong>
      {isTooMany && <span>{formatCount(idsAtOnce)} at a time: select fewer</span>}
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          class="button is-quiet"
          disabled={!canAct || isTooMany}
          onClick={() => intend({ action, tasks: { ids: [...picked.ids] }, of })}
        >
          <Icon name={actionWords[action].icon} />
          <span class="bulk-name">{actionWords[action].name}</span>
        </button>
      ))}
      <button type="button" class="button is-quiet bulk-clear" onClick={() => picked.clear()}>
        Clear
      </button>
    </section>
  )
}
