import type { TaskDetail } from '../../../../src/inspector/protocol.ts'
import type { OpenQuestion } from '../../../../src/model/task-view.ts'
import { usePolled } from '../../live/polled.ts'
import { shown } from '../../live/session.ts'
import { QuestionCard } from '../../operator/question-card.tsx'
import { TaskActions } from '../../operator/task-actions.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Progress } from '../../parts/progress.tsx'
import { RowStage } from '../../parts/stage.tsx'
import { address, hrefTo } from '../../shell/address.ts'
import { ChartCard } from '../chart/chart-card.tsx'
import { AttemptsCard } from './attempts-card.tsx'
import { EndingCard } from './ending-card.tsx'
import { FactsCard } from './facts-card.tsx'
import { FamilyCard } from './family-card.tsx'
import { HistoryCard } from './history-card.tsx'
import { PhaseStrip } from './phase-strip.tsx'
import { WaitingCard } from './waiting-card.tsx'

function Output({ detail }: { detail: TaskDetail | null }) {
  const output = detail?.task?.output
  if (output === null || output === undefined) return null
  return (
    <section class="card">
      <h2>Output</h2>
      <div class="output" role="region" tabIndex={0} aria-label="Output">
        <pre>{JSON.stringify(output, null, 2)}</pre>
      </div>
    </section>
  )
}

function OpenQuestions({ taskId, now }: { taskId: string; now: number }) {
  const { data } = usePolled<readonly OpenQuestion[]>('/questions')
  const open = data?.filter((question) => question.taskId === taskId) ?? []
  return (
    <>
      {open.map((question) => (
        <QuestionCard key={question.id} question={question} now={now} />
      ))}
    </>
  )
}

/** Everything about one task. */
export function TaskPage() {
  const current = shown()
  const { task: id } = address.value
  const isLive = current !== null && !current.isPast && current.subject.source === 'live'
  const polled = usePolled<TaskDetail>(isLive && id !== null ? `/tasks/${encodeURIComponent(id)}` : null)
  if (!current) return null
  const { view, recording, now, isPast } = current
  const row = id === null ? undefined : view.tasks.get(id)
  if (!row)
    return (
      <Empty icon="search" title={id === null ? 'No task is selected' : 'This task is not known'}>
        {id !== null && (isPast ? 'It did not exist yet, or is not kept. ' : 'It was forgotten, or never was. ')}
        <a href={hrefTo({ view: 'tasks', task: null })}>To the list of tasks</a>
      </Empty>
    )
  const detail = isLive ? polled.data : null
  const events = recording.eventsOf(row.id).filter(({ seq }) => seq <= view.seq)
  return (
    <div class="task">
      <div class="task-head">
        <a class="task-back" href={hrefTo({ view: 'tasks', task: null })}>
          <Icon name="back" /> Tasks
        </a>
        <div class="task-title">
          <h1>{row.type}</h1>
          <code class="task-id">{row.id}</code>
          <RowStage row={row} />
          {row.isOverdue && <span class="flag">overdue</span>}
          {row.isSuspect && <span class="flag">silent</span>}
          {row.held && row.activity !== 'paused' && <span class="flag">held</span>}
        </div>
        <TaskActions row={row} />
      </div>
      <PhaseStrip row={row} now={now} />
      {row.stage === 'executing' && row.progress && (
        <div class="task-progress">
          <Progress fraction={row.progress.fraction} message={row.progress.message} />
        </div>
      )}
      <div class="task-body">
        <div class="task-main">
          {isLive && row.question && <OpenQuestions taskId={row.id} now={now} />}
          {!row.question && <WaitingCard row={row} detail={detail} view={view} now={now} />}
          <EndingCard row={row} />
          <ChartCard row={row} />
          <AttemptsCard events={events} now={now} />
          <HistoryCard events={events} dropped={recording.dropped > 0 && events[0]?.type !== 'task.created'} />
        </div>
        <div class="task-side">
          <FactsCard row={row} detail={detail} now={now} />
          <FamilyCard row={row} view={view} />
          <Output detail={detail} />
        </div>
      </div>
    </div>
  )
}
