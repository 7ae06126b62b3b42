import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { Icon } from '../../parts/icon.tsx'

function Rollback({ rollback }: Pick<TaskRow, 'rollback'>) {
  if (!rollback || rollback.status === 'none') return <p class="hint">There was nothing to roll back.</p>
  return (
    <>
      <p>
        {rollback.undone.length > 0
          ? `Rolled back, the last first: ${rollback.undone.join(', ')}.`
          : 'Nothing was rolled back.'}
      </p>
      {rollback.status === 'incomplete' && (
        <>
          <p class="is-alarm">
            <Icon name="warning" /> These effects still stand, and need somebody:
          </p>
          <ul class="standing">
            {rollback.standing.map(({ step, message }) => (
              <li key={step}>
                <strong>{step}</strong> {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** What went wrong, and what became of the effects. `null`: nothing did. */
export function EndingCard({ row }: { row: TaskRow }) {
  const { failure, stage, rollback, compensated } = row
  if (!failure && !compensated) return null
  const isLast = stage === 'failed' || stage === 'rejected' || stage === 'cancelled'
  const title = stage === 'cancelled' ? 'Why it was cancelled' : isLast ? 'Why it ended' : 'What went wrong last'
  return (
    <section class={`card${stage === 'failed' || stage === 'rejected' ? ' is-bad' : ''}`}>
      <h2>
        <Icon name={stage === 'cancelled' ? 'cancel' : 'warning'} />
        {failure ? title : 'It was undone after it had completed'}
      </h2>
      {failure && (
        <p class="failure">
          <code>{failure.code}</code> {failure.message}
        </p>
      )}
      {(isLast && stage !== 'rejected') || compensated ? <Rollback rollback={rollback} /> : null}
    </section>
  )
}
