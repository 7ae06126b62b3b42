import type { TaskDetail } from '../../../../src/inspector/protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatAmount, formatClock, formatCount, formatDuration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { StageMark } from '../../parts/stage.tsx'
import { TaskLink } from '../../parts/task-link.tsx'

type Explanation = NonNullable<TaskDetail['explanation']>
type Condition = Explanation['conditions'][number]

const holdersShown = 12

function when(at: number, now: number): string {
  return at > now ? `${formatClock(at)}, in ${formatDuration(at - now)}` : 'any moment now'
}

function Resource({ condition, view, now }: { condition: Extract<Condition, { kind: 'resource' }> } & Place) {
  const { pool, resource, asked, available, capacity, holders, isForeseeable } = condition
  return (
    <>
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
          {holders.slice(0, holdersShown).map(({ taskId, amount, endsAt }) => (
            <span key={taskId}>
              <TaskLink id={taskId} view={view} /> {formatAmount(amount)}
              {endsAt !== null && endsAt > now && <span class="hint"> for {formatDuration(endsAt - now)}</span>}
            </span>
          ))}
        </p>
      )}
    </>
  )
}

interface Place {
  readonly view: RuntimeView
  readonly now: number
}

/** A condition in words. Exhaustive: what is not met is never left out. */
function Unmet({ condition, view, now }: { condition: Condition } & Place) {
  switch (condition.kind) {
    case 'resource':
      return <Resource condition={condition} view={view} now={now} />
    case 'dependency':
      return (
        <p class="holders">
          <span>
            <strong>Dependency</strong>{' '}
            {condition.taskId === '' ? 'on a task of somebody else' : <TaskLink id={condition.taskId} view={view} />}
          </span>
          <StageMark stage={condition.stage} />
        </p>
      )
    case 'startTime':
      return (
        <p>
          <strong>Start time</strong> {when(condition.at, now)}
        </p>
      )
    case 'backoff':
      return (
        <p>
          <strong>Back-off</strong> after a failed attempt; the next is due {when(condition.at, now)}
        </p>
      )
    case 'paused':
      return (
        <p>
          <strong>Paused</strong> until somebody resumes it
        </p>
      )
    case 'typePaused':
      return (
        <p>
          <strong>Type {condition.type} is paused</strong> until somebody resumes it
        </p>
      )
    case 'runtime':
      return (
        <p>
          <strong>The runtime is {condition.state}</strong> and grants nothing
        </p>
      )
    case 'parked':
      return (
        <p>
          <strong>Parked</strong>: {condition.reason}. Nothing of it is lost.
        </p>
      )
    case 'limit':
      return (
        <>
          <p>
            <strong>
              Limit of {condition.scope} {condition.name}
            </strong>
          </p>
          <p>
            {formatCount(condition.running)} run, and {formatCount(condition.limit)} may.
          </p>
        </>
      )
    case 'turn':
      return (
        <p>
          <strong>Not its turn</strong>: it fits, and must not delay{' '}
          {condition.behind === '' ? 'a task of somebody else' : <TaskLink id={condition.behind} view={view} />}
          {condition.startAt !== null && `, which starts ${when(condition.startAt, now)}`}
        </p>
      )
    case 'answer':
      return (
        <p>
          <strong>Answer</strong> to “{condition.prompt}”
        </p>
      )
  }
}

function Start({ explanation: { place, expectedStart }, now }: { explanation: Explanation; now: number }) {
  if (!place && !expectedStart) return null
  return (
    <p>
      {place && (
        <>
          Place <strong>{formatCount(place.position)}</strong> of {formatCount(place.of)} in the queue.{' '}
        </>
      )}
      {expectedStart && (
        <>
          Expected to start: <strong>{expectedStart.at === null ? 'no telling' : when(expectedStart.at, now)}</strong>{' '}
          <span class="hint">({expectedStart.basis})</span>
        </>
      )}
    </p>
  )
}

/** A task has one condition of a kind, and of these one for each resource, task or limit. */
function keyOf(condition: Condition): string {
  switch (condition.kind) {
    case 'resource':
      return `resource ${condition.resource}`
    case 'dependency':
      return `dependency ${condition.taskId}`
    case 'limit':
      return `limit ${condition.scope} ${condition.name}`
    default:
      return condition.kind
  }
}

/** Why a task does not go on: every condition that is not met, and who is in its way. `null`: it does. */
export function WaitingCard({ row, detail, view, now }: WaitingCardProps) {
  const explanation = detail?.explanation ?? null
  const known = explanation?.conditions ?? []
  // Of a past moment, and of a journal, only the events tell.
  const told = explanation ? [] : row.conditions
  const isQueued = row.stage === 'queued'
  if (known.length === 0 && told.length === 0 && !isQueued) return null
  return (
    <section class="card is-waiting">
      <h2>
        <Icon name="clock" /> Why it is waiting
      </h2>
      {explanation && <Start explanation={explanation} now={now} />}
      {!explanation && isQueued && <p>It is in the queue for its resources.</p>}
      <ul class="unmet">
        {known.map((condition) => (
          <li key={keyOf(condition)}>
            <Unmet condition={condition} view={view} now={now} />
          </li>
        ))}
        {told.map((condition) => (
          <li key={condition}>
            <strong>{condition}</strong>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface WaitingCardProps extends Place {
  readonly row: TaskRow
  readonly detail: TaskDetail | null
}
