/** The top-level states of the task statechart, in the order of a life that meets everything. */
export const taskStages = [
  'created',
  'validating',
  'waiting',
  'queued',
  'allocating',
  'executing',
  'completing',
  'retrying',
  'rollingBack',
  'completed',
  'failed',
  'cancelled',
  'rejected',
] as const

export type TaskStage = (typeof taskStages)[number]
