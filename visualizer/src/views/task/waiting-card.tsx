import type { TaskDetail } from '../../../../src/inspector/protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatAmount, formatClock, formatCount, formatDuration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { TaskLink } from '../../parts/task-link.tsx'

type WaitReason = NonNullable<TaskDetail['wait']>

const holdersShown = 12

function Start({ at, now }: { at: number; now: number }) {
  return at > now ? (
    <>
      {formatClock(at)}, in {formatDuration(at - now)}
    </>
  ) : (
    <>any moment</>
  )
}

function Resources({ wait, view }: { wait: WaitReason; view: RuntimeView }) {
  return (
    <ul class="unmet">
      {wait.unmet.map(({ pool, resource, asked, available, capacity, holders, isForeseeable }) => (
        <li key={resource}>
          <p>
            <strong>{resource}</strong> <span class="hint">of pool {pool}</span>
          </p>
          <p>
            Asks for {formatAmount(asked)}; {formatAmount(Math.max(0, available))} of {formatAmount(capacity)} free
            {isForeseeable ? '.' : ', and nothing that runs will give it back: only a larger capacity can.'}
          </p>
          {holders.length > 0 && (
            <p class="holders">
              Held by {holders.length > holdersShown ? `${formatCount(holders.length)} tasks, among them` : ''}
              {holders.slice(0, holdersShown).map((id) => (
                <TaskLink key={id} id={id} view={view} />
              ))}
            </p>
          )}
        </li>
      ))}
      {wait.limits.map(({ scope, name, limit, running }) => (
        <li key={`${scope} ${name}`}>
          <p>
            <strong>
              Limit of {scope} {name}
            </strong>
          </p>
          <p>
            {formatCount(running)} of its tasks run, and {formatCount(limit)} may.
          </p>
        </li>
      ))}
    </ul>
  )
}

function Queued({ wait, view, now }: { wait: WaitReason; view: RuntimeView; now: number }) {
  const { position, reservation, behind, unmet, limits } = wait
  const startAt = reservation?.startAt ?? null
  return (
    <>
      <p>
        Place <strong>{formatCount(position)}</strong> in the queue.{' '}
        {reservation && (
          <>
            Resources are kept for it
            {startAt === null ? '; when they are free cannot be foreseen.' : ': it is expected to start '}
            {startAt !== null && <Start at={startAt} now={now} />}
          </>
        )}
        {behind && (
          <>
            Behind <TaskLink id={behind.taskId} view={view} />, which goes first
            {behind.startAt !== null && (
              <>
                {' '}
                and is expected to start <Start at={behind.startAt} now={now} />
              </>
            )}
            .
          </>
        )}
        {unmet.length + limits.length === 0 &&
          !behind &&
          'Everything it asks for is free: it starts with the next grants.'}
      </p>
      <Resources wait={wait} view={view} />
    </>
  )
}

function Conditions({ row, task, view, now }: ConditionsProps) {
  const unmet = (task?.after ?? []).filter((id) => view.tasks.get(id)?.stage !== 'completed')
  return (
    <ul class="unmet">
      {row.conditions.map((condition) => (
        <li key={condition}>
          {condition === 'dependencies' && (
            <p class="holders">
              <strong>Dependencies</strong> that have to complete first
              {unmet.map((id) => (
                <TaskLink key={id} id={id} view={view} withStage />
              ))}
            </p>
          )}
          {condition === 'start time' && (
            <p>
              <strong>Start time</strong> {task?.startAt ? <Start at={task.startAt} now={now} /> : 'in the future'}
            </p>
          )}
          {condition === 'paused' && (
            <p>
              <strong>Paused</strong> until somebody resumes it
            </p>
          )}
          {!['dependencies', 'start time', 'paused'].includes(condition) && <strong>{condition}</strong>}
        </li>
      ))}
    </ul>
  )
}

interface ConditionsProps {
  readonly row: TaskRow
  readonly task: TaskDetail['task']
  readonly view: RuntimeView
  readonly now: number
}

function reasonOf({ row, detail, view, now }: WaitingCardProps) {
  const { stage, backoffUntil, activity, parked } = row
  if (parked !== null) return <p>Its definition is gone or was changed: {parked}. Nothing of it is lost.</p>
  if (activity === 'paused') return <p>It was paused, and keeps what it holds until it is resumed.</p>
  if (activity === 'awaitingInput') return <p>It has asked a question, and goes on when somebody answers.</p>
  switch (stage) {
    case 'waiting':
      return <Conditions row={row} task={detail?.task ?? null} view={view} now={now} />
    case 'queued':
      if (detail?.wait) return <Queued wait={detail.wait} view={view} now={now} />
      return <p>It is in the queue for its resources.</p>
    case 'retrying':
      return (
        <p>
          Its last attempt failed. The next is due <Start at={backoffUntil ?? now} now={now} />.
        </p>
      )
    default:
      return null
  }
}

/** Why a task does not go on: every condition that is not met, and who is in its way. `null`: it does. */
export function WaitingCard(props: WaitingCardProps) {
  const reason = reasonOf(props)
  if (!reason) return null
  return (
    <section class="card is-waiting">
      <h2>
        <Icon name="clock" /> Why it is waiting
      </h2>
      {reason}
    </section>
  )
}

interface WaitingCardProps {
  readonly row: TaskRow
  readonly detail: TaskDetail | null
  readonly view: RuntimeView
  readonly now: number
}
