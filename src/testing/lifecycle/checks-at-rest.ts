import type { RuntimeEvent, TaskEvent } from '../../model/events.ts'
import type { FollowedTask } from './followed-task.ts'
import { shown, tellsOfEntry } from './followed-task.ts'
import type { Walked } from './surroundings.ts'

const finals: ReadonlySet<string> = new Set(['task.completed', 'task.failed', 'task.cancelled', 'task.rejected'])

/** What is wrong whenever everything of an instant is done; one sentence each. */
export function problemsAtRest(world: Walked): string[] {
  return [
    ...[...world.tasks.values()].flatMap((task) => problemsOf(world, task)),
    ...problemsOfResources(world),
    ...world.events.flatMap(problemOfEvent),
  ]
}

function isOf(task: FollowedTask) {
  return (event: RuntimeEvent): event is TaskEvent => 'taskId' in event && event.taskId === task.id
}

function problemsOf(world: Walked, task: FollowedTask): string[] {
  const problems = task.problems.map((problem) => `${task.id} ${problem}`)
  const stage = world.runtime.get(task.id)?.view().stage
  if (stage !== undefined && stage !== task.stage) problems.push(`${task.id} shows ${stage} and is in ${task.stage}`)
  const told = world.events.filter(isOf(task))
  const entries = told.filter(tellsOfEntry).map(({ type }) => type)
  if (shown(entries) !== shown(task.expected))
    problems.push(`${task.id} told of ${entries.join(', ')}, and went through ${task.expected.join(', ')}`)
  const ends = told.filter(({ type }) => finals.has(type)).length
  if (ends !== (task.isDone ? 1 : 0)) problems.push(`${task.id} has ${ends} final events in ${task.stage}`)
  return problems
}

/** What is held is what the tasks that hold a lease have asked for. */
function problemsOfResources(world: Walked): string[] {
  const holders = [...world.tasks.values()].filter(({ holdsLease }) => holdsLease)
  const demands = holders.map(({ id }) => world.runtime.get(id)?.view().demand ?? {})
  return world.runtime.resources().flatMap(({ resource, held, form }) => {
    const expected = demands.reduce((sum, demand) => sum + (demand[resource] ?? 0), 0)
    // What is used up beyond its demand is no longer held.
    if (held === expected || (form !== 'reusable' && held < expected)) return []
    const by = holders.map(({ id, stage }) => `${id} in ${stage}`).join(', ') || 'nobody'
    return [`${held} of ${resource} is held, and ${expected} should be: leases are with ${by}`]
  })
}

function problemOfEvent(event: RuntimeEvent): string[] {
  if (event.type === 'supervisor.crash') return [`${event.actor} crashed: ${event.message}`]
  if (event.type === 'alert' && event.code === 'INVARIANT_BROKEN') return [event.message]
  return []
}
