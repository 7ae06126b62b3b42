import { useEffect, useRef, useState } from 'preact/hooks'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { Shown } from '../../live/session.ts'
import { shown } from '../../live/session.ts'
import { address, go, setFilters } from '../../shell/address.ts'
import { ChartCanvas, ChartLoading } from './chart-canvas.tsx'
import { ChartFeed } from './chart-feed.ts'
import { chartMoment, crowdLook, lookOf } from './chart-state.ts'
import { ChartWords } from './chart-words.tsx'
import { chartOf, machineList } from './geometry-source.ts'

/** Listens to one actor for as long as its chart is looked at. */
function useFeed(actor: string | null): ChartFeed | null {
  const [feed, setFeed] = useState<ChartFeed | null>(null)
  useEffect(() => {
    if (actor === null) return
    const opened = new ChartFeed(actor)
    setFeed(opened)
    return () => {
      opened.close()
      setFeed(null)
    }
  }, [actor])
  return feed
}

function actorOf(machine: string, task: string | null, { subject }: Shown): string | null {
  if (subject.source === 'file') return null
  return machine === 'supervisor' ? 'supervisor' : task
}

interface ChartProps {
  readonly now: Shown
  readonly machine: string
  readonly row: TaskRow | null
  readonly labels: 'full' | 'events'
  readonly folded: readonly string[]
  /** Without the words beside it. */
  readonly isSmall?: boolean
  onFold(id: string): void
}

/** One machine: the drawing, and beside it the same in words. */
export function Chart({ now, machine, row, labels, folded, isSmall = false, onFold }: ChartProps) {
  const task = machine === 'supervisor' ? null : (row?.id ?? null)
  const feed = useFeed(row?.endedAt === null || machine === 'supervisor' ? actorOf(machine, task, now) : null)
  const [picked, setPicked] = useState<string | null>(null)
  useEffect(() => setPicked(null), [machine, task])
  const asked = chartOf(machine, labels, folded)
  // While it is laid out anew, what was there stays.
  const last = useRef<{ readonly machine: string; readonly loaded: typeof asked } | null>(null)
  if (asked.state === 'there') last.current = { machine, loaded: asked }
  const loaded = asked.state === 'loading' && last.current?.machine === machine ? last.current.loaded : asked
  if (loaded.state === 'loading') return <ChartLoading text="The chart is being laid out" isBad={false} />
  if (loaded.state === 'failed') return <ChartLoading text={`No chart: ${loaded.message}`} isBad={true} />
  const chart = loaded.value
  const isCrowd = machine === 'task' && task === null
  const moment = isCrowd ? null : chartMoment(chart, machine, task, now, feed)
  const look = moment ? lookOf(machine, moment, feed, now, picked) : crowdLook(chart, now, picked)
  const pick = (id: string) => setPicked(picked === id ? null : id)
  const isInside = (id: string) => chart.allStates.some(({ parent }) => parent === id)
  const fold = (id: string) => {
    if (isInside(id) && id !== chart.root) onFold(id)
  }
  const active = [...look.active].filter(
    (id) => !chart.allStates.some(({ parent, id: inner }) => parent === id && look.active.has(inner)),
  )
  const whose =
    row && machine !== 'supervisor'
      ? `${row.type} ${row.id}`
      : machine === 'supervisor'
        ? 'the supervisor'
        : 'all tasks'
  const summary = `Statechart of ${whose}; active: ${active.join(', ') || 'none'}`
  return (
    <div class={isSmall ? 'chart is-small' : 'chart'}>
      <ChartCanvas
        chart={chart}
        look={look}
        name={`${machine}${task ? `-${task}` : ''}`}
        summary={summary}
        onPick={pick}
        onFold={fold}
      />
      {!isSmall && (
        <aside class="chart-side" aria-label="The chart in words">
          <ChartWords
            chart={chart}
            moment={moment}
            picked={picked}
            folded={folded}
            meterOf={look.meterOf}
            isActive={(id) => look.active.has(id)}
            onPick={pick}
            onFold={fold}
          />
        </aside>
      )}
    </div>
  )
}

function handlerMachine(row: TaskRow | null): string | null {
  return row && `${row.type}@${row.version}`
}

function MachineChoice({
  machine,
  row,
  onChoose,
}: {
  machine: string
  row: TaskRow | null
  onChoose: (id: string) => void
}) {
  const machines = machineList()
  const lines = machines.state === 'there' ? machines.value : []
  const own = handlerMachine(row)
  const offered = lines.filter(({ id, kind }) => kind !== 'handler' || row === null || id === own)
  const names = { task: 'Life of a task', supervisor: 'Supervisor', handler: 'Handler' } as const
  return (
    <label class="chart-choice">
      <span class="hint">Machine</span>
      <select class="field" value={machine} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {offered.map(({ id, kind }) => (
          <option key={id} value={id}>
            {kind === 'handler' ? `${names.handler}: ${id}` : names[kind]}
          </option>
        ))}
        {!offered.some(({ id }) => id === machine) && <option value={machine}>{machine}</option>}
      </select>
    </label>
  )
}

const offeredTasks = 60

function TaskChoice({ now, task }: { now: Shown; task: string | null }) {
  const rows = [...now.view.tasks.values()].reverse()
  const living = rows.filter(({ endedAt }) => endedAt === null)
  const offered = [...living, ...rows.filter(({ endedAt }) => endedAt !== null)].slice(0, offeredTasks)
  return (
    <label class="chart-choice">
      <span class="hint">Task</span>
      <input
        class="field chart-task"
        type="search"
        list="chart-tasks"
        placeholder="all tasks"
        value={task ?? ''}
        onChange={({ currentTarget }) => go({ task: currentTarget.value.trim() || null })}
      />
      <datalist id="chart-tasks">
        {offered.map(({ id, type, stage }) => (
          <option key={id} value={id}>{`${type}, ${stage}`}</option>
        ))}
      </datalist>
    </label>
  )
}

/** The statechart of a task, of its handler, or of the supervisor. */
export function ChartView() {
  const now = shown()
  if (!now) return null
  const { filters, task } = address.value
  const machine = filters['machine'] ?? 'task'
  const labels = filters['labels'] === 'events' ? 'events' : 'full'
  const folded = (filters['folded'] ?? '').split(',').filter((id) => id !== '')
  const row = task === null ? null : (now.view.tasks.get(task) ?? null)
  const fold = (id: string) => {
    const next = folded.includes(id) ? folded.filter((one) => one !== id) : [...folded, id]
    setFilters({ folded: next.join(',') })
  }
  return (
    <div class="chart-view">
      <div class="view-head">
        <h1>Statechart</h1>
        <MachineChoice machine={machine} row={row} onChoose={(id) => setFilters({ machine: id, folded: '' }, 'push')} />
        {machine !== 'supervisor' && <TaskChoice now={now} task={task} />}
        <label class="chart-choice">
          <input
            type="checkbox"
            checked={labels === 'full'}
            onChange={({ currentTarget }) => setFilters({ labels: currentTarget.checked ? '' : 'events' })}
          />
          <span>Guards and actions</span>
        </label>
        {task !== null && !row && <span class="hint">This task is not known at this moment.</span>}
      </div>
      <Chart now={now} machine={machine} row={row} labels={labels} folded={folded} onFold={fold} />
    </div>
  )
}
