import type { TaskRow } from '../../../src/inspector/view/task-row.ts'
import { isFinalStage } from '../../../src/inspector/view/task-row.ts'
import { shown } from '../live/session.ts'
import { Icon } from '../parts/icon.tsx'
import type { TaskAction } from './actions.ts'
import { actionWords, intend } from './actions.ts'

function offeredFor({ stage, held, activity }: TaskRow): readonly TaskAction[] {
  if (isFinalStage(stage)) return stage === 'completed' ? [] : ['retry']
  if (stage === 'rollingBack') return []
  const isHeld = held || activity === 'paused'
  return [isHeld ? 'resume' : 'pause', 'reprioritise', 'cancel']
}

/** What can be done to one task, as it stands. */
export function TaskActions({ row }: { row: TaskRow }) {
  const now = shown()
  if (!now?.subject.commands || now.isPast) return null
  return (
    <div class="actions">
      {offeredFor(row).map((action) => (
        <button
          key={action}
          type="button"
          class="button"
          onClick={() => intend({ action, tasks: { ids: [row.id] }, of: row.type })}
        >
          <Icon name={actionWords[action].icon} />
          {actionWords[action].name}
        </button>
      ))}
    </div>
  )
}
