import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { TaskStage } from '../model/stage.ts'

/** What a list of tasks is narrowed to; every condition given must hold. */
export interface TaskQuery {
  stage?: TaskStage | readonly TaskStage[]
  type?: string
  principal?: string
  parentId?: string | null
  /** Labels that a task must carry with these values. */
  labels?: Readonly<Record<string, string>>
  /** At most so many. */
  limit?: number
}

export function selects(query: TaskQuery, task: TaskActorLogic): boolean {
  const { facts } = task
  const { stage, labels } = query
  if (stage !== undefined && !(typeof stage === 'string' ? stage === task.stage : stage.includes(task.stage)))
    return false
  if (query.type !== undefined && query.type !== facts.definition.type) return false
  if (query.principal !== undefined && query.principal !== facts.principal.id) return false
  if (query.parentId !== undefined && query.parentId !== facts.parentId) return false
  return Object.entries(labels ?? {}).every(([name, value]) => facts.labels[name] === value)
}
