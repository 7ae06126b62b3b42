import { isDeepStrictEqual } from 'node:util'
import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import type { TaskEvent } from '../../model/events.ts'
import { parseOnce } from '../../model/parse-once.ts'
import { plantedMessage } from './faults.ts'
import { shown } from './followed-task.ts'
import type { Deed } from './pilot.ts'
import type { Walked } from './surroundings.ts'

/** What is wrong with a life that is over; one sentence each. The runtime has been stopped. */
export async function problemsAtEnd(world: Walked): Promise<string[]> {
  const byTask = new Map<string, Deed[]>()
  for (const deed of world.pilot.deeds) byTask.set(deed.taskId, [...(byTask.get(deed.taskId) ?? []), deed])
  return [
    ...(await problemsOfOutcome(world)),
    ...[...byTask].flatMap(([taskId, deeds]) => problemsOfDeeds(world, taskId, deeds)),
    ...[...byTask].flatMap(([taskId, deeds]) => problemsOfLeftovers(world, taskId, deeds)),
    ...problemsOfOrder(world),
    ...problemsOfRest(world),
  ]
}

function eventsOf(world: Walked, taskId: string): TaskEvent[] {
  return world.events.flatMap((event) =>
    'taskId' in event && event.taskId === taskId && 'taskType' in event ? [event] : [],
  )
}

/** The output is what the schema makes of what the handler returned. */
async function problemsOfOutcome({ outcome, pilot, surroundings }: Walked): Promise<string[]> {
  if (outcome?.status !== 'completed') return []
  const returned = pilot.deeds.findLast(({ what, path }) => what === 'output' && path === '')
  const parsed = await parseOnce(surroundings.subject.output, returned?.value)
  if (!parsed.ok) return [`it completed with ${shown(outcome.output)}, which its output schema refuses`]
  if (isDeepStrictEqual(parsed.data, outcome.output)) return []
  return [`its output is ${shown(outcome.output)}, and the schema makes ${shown(parsed.data)} of what the handler gave`]
}

/** What the runtime tells of steps and undos is what the user's code has done. */
function problemsOfDeeds(world: Walked, taskId: string, deeds: readonly Deed[]): string[] {
  const told = eventsOf(world, taskId)
  const done = deeds.filter(({ what }) => what === 'undo').map(({ step }) => step)
  const said = told.flatMap((event) => (event.type === 'task.undo.completed' ? [event.step] : []))
  const problems: string[] = []
  // What a handler does after its task was forgotten by nobody is told too: late undos are events as others are.
  if (!isDeepStrictEqual(done, said))
    problems.push(`undos that ran are ${shown(done)}, and ${taskId} tells of ${shown(said)}`)
  for (const { what, step, value, path } of deeds) {
    if (what !== 'undoFailed') continue
    const message = describeThrown(value)
    // An undo that is the rollback of a child fails with it.
    const isOfChild = [...world.pilot.sprung].some(
      (plant) => plant.kind === 'undo' && plant.path !== path && plant.path.startsWith(path),
    )
    if (message !== plantedMessage && !isOfChild)
      problems.push(`the undo of ${step} threw, and no fault was planted in it: ${message}`)
  }
  return problems
}

/** The finished steps of a task are undone once it is rolled back, unless its report says what was not. */
function problemsOfLeftovers(world: Walked, taskId: string, deeds: readonly Deed[]): string[] {
  const { runtime, pilot } = world
  const told = eventsOf(world, taskId)
  const outcome = runtime.get(taskId)?.view().outcome
  if (!outcome || outcome.status === 'rejected') return []
  const later = told.findLast(({ type }) => type === 'task.compensated')
  const compensated = later?.type === 'task.compensated' ? later.rollback : null
  const rollback = outcome.status === 'completed' ? compensated : outcome.rollback
  if (!rollback || rollback.status === 'incomplete') return []
  const undone = new Set(deeds.flatMap(({ what, step }) => (what.startsWith('undo') ? [step] : [])))
  const finished = new Set(told.flatMap((event) => (event.type === 'task.step.completed' ? [event.step] : [])))
  const undoable = deeds.filter(({ what, path, step }) => {
    const saysHow = pilot.undoable.some((one) => one.path === path && one.step === step)
    return what === 'effect' && saysHow && finished.has(step)
  })
  const left = new Set(undoable.flatMap(({ step }) => (undone.has(step) ? [] : [step])))
  return [...left].map((step) => `${taskId} says that it was rolled back, and ${step} was never undone`)
}

/** Each finished step that can be undone is undone once, the last first; nothing of a completed task is. */
function problemsOfOrder(world: Walked): string[] {
  return [...world.tasks.keys()].flatMap((taskId) => {
    const told = eventsOf(world, taskId)
    const outcome = world.runtime.get(taskId)?.view().outcome
    if (!outcome) return [`${taskId} has no outcome`]
    const undone = told.flatMap((event) => (event.type === 'task.undo.completed' ? [event.step] : []))
    const twice = undone.filter((step, index) => undone.indexOf(step) !== index)
    const problems = twice.map((step) => `${step} of ${taskId} was undone more than once`)
    if (outcome.status === 'completed' || outcome.status === 'rejected') return problems
    const { rollback } = outcome
    const undoneByReport = rollback.status === 'none' ? [] : rollback.undone
    const finished = told.flatMap((event) => (event.type === 'task.step.completed' ? [event.step] : []))
    const known = undoneByReport.filter((step) => finished.includes(step))
    const inReverse = finished.toReversed().filter((step) => known.includes(step))
    if (!isDeepStrictEqual(known, inReverse))
      problems.push(`${taskId} undid ${shown(known)}, and finished its steps in the order ${shown(finished)}`)
    return problems
  })
}

/** Nothing is left running. */
function problemsOfRest(world: Walked): string[] {
  const { environment, runtime, pilot, surroundings } = world
  const problems: string[] = []
  if (environment.clock.nextAt() !== null) problems.push('a timer is left on the clock')
  for (const { resource, held } of runtime.resources()) if (held !== 0) problems.push(`${held} of ${resource} is held`)
  for (const { id, stage } of runtime.list())
    if (!['completed', 'failed', 'cancelled', 'rejected'].includes(stage)) problems.push(`${id} is left in ${stage}`)
  for (const { id, prompt } of runtime.questions()) problems.push(`question ${id} (${prompt}) is left open`)
  for (const what of pilot.busy) problems.push(stillRuns(what, surroundings.subject))
  return problems
}

function stillRuns(what: string, { graceMs }: TaskDefinition): string {
  return `${what} still runs after its task has ended: it ignores its signal, and its grace of ${graceMs} ms is over; pass task.signal to what it awaits, or return when it is aborted; wait with task.sleep, for of real time the test waits only a second`
}
