import type { OpenQuestion } from '../../../../src/model/task-view.ts'
import { usePolled } from '../../live/polled.ts'
import type { Shown } from '../../live/session.ts'
import { shown } from '../../live/session.ts'
import { QuestionCard } from '../../operator/question-card.tsx'
import { Empty } from '../../parts/empty.tsx'
import { formatCount } from '../../parts/format.ts'
import { TaskLink } from '../../parts/task-link.tsx'

const countEveryMs = 500
let counted = { at: 0, seq: -1, count: 0 }

/** How many tasks wait for an answer. */
export function openQuestionsIn({ view }: Shown): number {
  const moment = performance.now()
  if (counted.seq !== view.seq && moment > counted.at + countEveryMs) {
    let count = 0
    for (const { question } of view.tasks.values()) if (question) count += 1
    counted = { at: moment, seq: view.seq, count }
  }
  return counted.count
}

function urgency({ expiresAt, askedAt }: OpenQuestion): number {
  return expiresAt ?? Number.MAX_SAFE_INTEGER + askedAt
}

/** The questions that nobody has answered, the most urgent first. */
export function InboxView() {
  const current = shown()
  const isLive = current !== null && !current.isPast && current.subject.source === 'live'
  const { data } = usePolled<readonly OpenQuestion[]>(isLive ? '/questions' : null)
  if (!current) return null
  const { view, now } = current
  if (!isLive)
    return (
      <Empty icon="inbox" title="Questions can be answered only now">
        What was asked at this moment stands in the history of each task.
      </Empty>
    )
  if (!data) return <Empty icon="inbox" title="Asking for questions" />
  if (data.length === 0)
    return (
      <Empty icon="inbox" title="Nobody waits for you">
        When a task asks for an approval or an answer, its question comes here.
      </Empty>
    )
  const questions = [...data].sort((one, other) => urgency(one) - urgency(other))
  return (
    <div class="page">
      <div class="view-head">
        <h1>Inbox</h1>
        <span class="hint" role="status">
          {formatCount(data.length)} {data.length === 1 ? 'open question' : 'open questions'}
        </span>
      </div>
      <div class="questions">
        {questions.map((question) => {
          const row = view.tasks.get(question.taskId)
          return (
            <QuestionCard key={question.id} question={question} now={now}>
              <p class="holders">
                <TaskLink id={question.taskId} view={view} />
                {row && <span>for {row.principal}</span>}
                {row?.parentId && (
                  <span>
                    in <TaskLink id={row.parentId} view={view} />
                  </span>
                )}
              </p>
            </QuestionCard>
          )
        })}
      </div>
    </div>
  )
}
