import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'

export function HealthView() {
  const now = shown()
  if (!now || now.view.tasks.size === 0) return <Empty icon="health" title="Nothing has happened yet" />
  return (
    <div class="view-head">
      <h1>Health</h1>
    </div>
  )
}
