import { shown } from '../live/session.ts'
import { Icon } from '../parts/icon.tsx'
import { actionWords, intend } from './actions.ts'

/** What can be done to the runtime as a whole. */
export function RuntimeActions() {
  const now = shown()
  if (!now?.subject.commands || now.isPast) return null
  const { supervisor } = now.view
  const isHeld = supervisor === 'paused' || supervisor === 'draining' || supervisor === 'degraded'
  const offered = isHeld ? (['resumeAll'] as const) : (['pauseAll', 'drain'] as const)
  return (
    <div class="bar-actions">
      {offered.map((action) => (
        <button
          key={action}
          type="button"
          class="button is-quiet is-icon"
          title={actionWords[action].name}
          aria-label={actionWords[action].name}
          onClick={() => intend({ action })}
        >
          <Icon name={actionWords[action].icon} />
        </button>
      ))}
    </div>
  )
}
