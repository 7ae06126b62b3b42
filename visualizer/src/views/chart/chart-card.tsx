import { useState } from 'preact/hooks'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { shown } from '../../live/session.ts'
import { hrefTo } from '../../shell/address.ts'
import { Chart } from './chart-view.tsx'

/** Where a task stands in its statechart, or in that of its handler if it is a machine; on the page of the task. */
export function ChartCard({ row }: { row: TaskRow }) {
  const [folded, setFolded] = useState<readonly string[]>([])
  const now = shown()
  if (!now) return null
  const machine = row.handlerState === null || now.subject.source === 'file' ? 'task' : `${row.type}@${row.version}`
  const filters = { machine: machine === 'task' ? '' : machine }
  const fold = (id: string) => setFolded(folded.includes(id) ? folded.filter((one) => one !== id) : [...folded, id])
  return (
    <section class="card chart-card">
      <h2>Statechart</h2>
      <p class="chart-links">
        <a href={hrefTo({ view: 'chart', task: row.id, filters })}>Whole, and in words</a>
        <a href={hrefTo({ view: 'timeline', task: row.id, filters: {} })}>Timeline</a>
        <a href={hrefTo({ view: 'messages', task: row.id, filters: {} })}>Messages</a>
      </p>
      <Chart now={now} machine={machine} row={row} labels="events" folded={folded} isSmall={true} onFold={fold} />
    </section>
  )
}
