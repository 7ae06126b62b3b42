import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { isFinalStage } from '../../../../src/inspector/view/task-row.ts'
import { formatAge, formatDuration, formatPriority } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Progress } from '../../parts/progress.tsx'
import { RowStage } from '../../parts/stage.tsx'
import { shortId } from '../../parts/task-link.tsx'
import { hrefTo } from '../../shell/address.ts'

/** What there is to say of a task beside its stage, in a line. */
function Happening({ row, now }: { row: TaskRow; now: number }) {
  const { failure, question, progress, stage, backoffUntil, queuedAt, conditions, parked } = row
  if (parked !== null) return <span class="line-note">{parked}</span>
  if (question)
    return (
      <span class="line-note is-asking">
        <Icon name="question" /> {question.prompt}
      </span>
    )
  if (stage === 'executing' && progress) return <Progress fraction={progress.fraction} message={progress.message} />
  if (stage === 'retrying' && backoffUntil !== null)
    return (
      <span class="line-note">
        again in {formatDuration(backoffUntil - now)}: {failure?.message}
      </span>
    )
  if (failure && stage !== 'queued')
    return <span class={`line-note${stage === 'cancelled' ? '' : ' is-failure'}`}>{failure.message}</span>
  if (stage === 'completed' && row.endedAt !== null)
    return <span class="line-note">took {formatDuration(row.endedAt - (row.startedAt ?? row.createdAt))}</span>
  if (stage === 'waiting' && conditions.length > 0)
    return <span class="line-note">waits for {conditions.join(', ')}</span>
  if (stage === 'queued' && queuedAt !== null)
    return <span class="line-note">in the queue for {formatDuration(now - queuedAt)}</span>
  return null
}

export interface TaskLineProps {
  readonly row: TaskRow
  readonly index: number
  readonly now: number
  readonly top: number
  readonly isActive: boolean
  readonly isPicked: boolean
  readonly onPick: (id: string) => void
}

export function lineId(id: string): string {
  return `line-${id}`
}

export function TaskLine({ row, index, now, top, isActive, isPicked, onPick }: TaskLineProps) {
  const { id, type, kind, principal, priority, attempt, createdAt, stage } = row
  return (
    <div
      role="row"
      id={lineId(id)}
      class={`line${isActive ? ' is-active' : ''}${isPicked ? ' is-picked' : ''}${isFinalStage(stage) ? ' is-over' : ''}`}
      aria-rowindex={index + 2}
      aria-selected={isPicked}
      data-id={id}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" class="cell-pick">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isPicked}
          aria-label={`Select ${type} ${id}`}
          onClick={(event) => {
            event.stopPropagation()
            onPick(id)
          }}
        />
      </span>
      <span role="gridcell" class="cell-stage">
        <RowStage row={row} />
      </span>
      <span role="gridcell" class="cell-task">
        <a href={hrefTo({ view: 'task', task: id })} tabIndex={-1}>
          {type}
        </a>
        <span class="line-id">{shortId(id)}</span>
      </span>
      <span role="gridcell" class="cell-kind">
        {kind}
      </span>
      <span role="gridcell" class="cell-principal">
        {principal}
      </span>
      <span role="gridcell" class={`cell-priority is-level-${priority}`}>
        {formatPriority(priority)}
      </span>
      <span role="gridcell" class="cell-age">
        {formatAge(now - createdAt)}
      </span>
      <span role="gridcell" class="cell-attempt">
        {attempt > 1 ? attempt : attempt === 1 ? '1' : '–'}
      </span>
      <span role="gridcell" class="cell-happening">
        <Happening row={row} now={now} />
      </span>
    </div>
  )
}
