import type { ComponentChildren } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { OpenQuestion } from '../../../src/model/task-view.ts'
import { shown } from '../live/session.ts'
import { formatDuration } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { AnswerField } from './answer-field.tsx'
import { sendCommand } from './commands.ts'
import type { AnswerForm, Field } from './schema-form.ts'
import { answerFormOf, readField, readFields } from './schema-form.ts'
import { say } from './toast.tsx'

/** A form with one decision in it is answered by two buttons: approve and refuse set it. */
function decisionIn(form: AnswerForm): Field | null {
  if (form.form !== 'fields') return null
  const switches = form.fields.filter(({ input }) => input.form === 'switch')
  return switches.length === 1 ? (switches[0] ?? null) : null
}

function Fate({ question: { expiresAt, fallback }, now }: { question: OpenQuestion; now: number }) {
  if (expiresAt === null) return <>Waits until somebody answers</>
  return (
    <>
      {fallback ? 'Default taken' : 'Fails'} in <strong>{formatDuration(expiresAt - now)}</strong>
      {fallback && (
        <>
          : <code>{JSON.stringify(fallback.answer)}</code>
        </>
      )}
    </>
  )
}

function useAnswer({ id: questionId, taskId }: OpenQuestion) {
  const [problem, setProblem] = useState('')
  const [isSending, setSending] = useState(false)
  const give = async (answer: unknown) => {
    setSending(true)
    // What a schema's form or JSON.parse gives is JSON.
    const sent = await sendCommand({ action: 'answer', taskId, questionId, answer: JSON.parse(JSON.stringify(answer)) })
    setSending(false)
    if (sent.form === 'given up') return
    if (sent.form === 'problem') return setProblem([sent.message, ...sent.problems].join(' '))
    const [refused] = sent.result.refused
    if (refused) return setProblem(refused.message)
    setProblem('')
    say('The answer was taken.', 'good')
  }
  return { problem, setProblem, isSending, give }
}

/** A question with its context and time, and the form of its answer. */
export function QuestionCard({ question, now, children }: QuestionCardProps) {
  const { schema } = question
  const form = useMemo(() => answerFormOf(schema), [schema])
  const decision = decisionIn(form)
  const [written, setWritten] = useState<Readonly<Record<string, string>>>({})
  const { problem, setProblem, isSending, give } = useAnswer(question)
  const canAct = shown()?.subject.commands ?? false

  const submit = (decided: boolean | null) => {
    if (form.form === 'decision') return void give(decided ?? false)
    if (form.form === 'value') {
      const read = readField(form.field, written[form.field.name] ?? form.field.initial)
      return read.ok ? void give(read.value) : setProblem(read.problem)
    }
    const values = decision && decided !== null ? { ...written, [decision.name]: String(decided) } : written
    const { answer, problems } = readFields(form.fields, values)
    if (problems.length > 0) return setProblem(problems.join('. '))
    void give(answer)
  }

  const fields = form.form === 'fields' ? form.fields : form.form === 'value' ? [form.field] : []
  const isDecision = form.form === 'decision' || decision !== null
  return (
    <section class="card question" aria-label={question.prompt}>
      <h2>
        <Icon name="question" /> {question.prompt}
      </h2>
      {children}
      <p class="hint">
        Asked {formatDuration(now - question.askedAt)} ago. <Fate question={question} now={now} />
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          submit(isDecision ? true : null)
        }}
      >
        {fields.map(
          (field) =>
            field !== decision && (
              <AnswerField
                key={field.name}
                field={field}
                value={written[field.name] ?? field.initial}
                onChange={(value) => setWritten({ ...written, [field.name]: value })}
              />
            ),
        )}
        {problem && (
          <p class="form-problem" role="alert">
            {problem}
          </p>
        )}
        <div class="actions">
          <button type="submit" class="button is-main" disabled={!canAct || isSending}>
            <Icon name="check" />
            {isDecision ? 'Approve' : 'Answer'}
          </button>
          {isDecision && (
            <button type="button" class="button" disabled={!canAct || isSending} onClick={() => submit(false)}>
              <Icon name="cancel" />
              Refuse
            </button>
          )}
        </div>
      </form>
    </section>
  )
}

interface QuestionCardProps {
  readonly question: OpenQuestion
  readonly now: number
  /** Where the question comes from. */
  readonly children?: ComponentChildren
}
