import type { TaskRow } from '../../../src/inspector/view/task-row.ts'
import { isFinalStage } from '../../../src/inspector/view/task-row.ts'
import type { TaskStage } from '../../../src/model/stage.ts'

const names: Readonly<Record<TaskStage, string>> = {
  created: 'Created',
  validating: 'Validating',
  waiting: 'Waiting',
  queued: 'Queued',
  allocating: 'Allocating',
  executing: 'Executing',
  completing: 'Completing',
  retrying: 'Retrying',
  rollingBack: 'Rolling back',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
}

/** The colour of a stage, and its name. */
export function StageMark({ stage, name = names[stage] }: { stage: TaskStage; name?: string }) {
  const shape = isFinalStage(stage) ? ' is-ended' : stage === 'executing' ? ' is-busy' : ''
  return (
    <span class={`stage of-${stage}${shape}`}>
      <span class="stage-mark" />
      {name}
    </span>
  )
}

const activities = {
  preparing: 'Preparing',
  running: 'Executing',
  paused: 'Paused',
  awaitingInput: 'Awaiting input',
  stopping: 'Stopping',
} as const

/** The stage of a task, said as exactly as it is known. */
export function rowStageName({ stage, activity, held, parked }: TaskRow): string {
  if (parked !== null) return 'Parked'
  if (stage === 'executing' && activity) return activities[activity]
  if (held && !isFinalStage(stage)) return `${names[stage]}, held`
  return names[stage]
}

export function RowStage({ row }: { row: TaskRow }) {
  return <StageMark stage={row.stage} name={rowStageName(row)} />
}
