import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import type { TaskHistory } from '../../actors/recovery/task-history.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { Acknowledged } from './run-scenario.ts'
import type { SimulatedDisk } from './simulated-store.ts'
import type { World } from './world.ts'

function isFinal({ type }: RuntimeEvent): boolean {
  return type === 'task.completed' || type === 'task.failed' || type === 'task.cancelled' || type === 'task.rejected'
}

/** Reads the journal as a stranger would, and holds it against the world. */
export function checkOutcomes(world: World, disk: SimulatedDisk, acknowledged: Acknowledged): void {
  const reader = new JournalReader()
  const finals = new Map<string, number>()
  const compensated = new Map<string, readonly string[]>()
  const late = new Set<string>()
  let seq = 0
  for (const record of disk.all()) {
    const { event } = record
    if (event.seq <= seq) world.violated('R8', `record ${event.seq} comes after record ${seq}`)
    seq = event.seq
    reader.read(record)
    if (event.type === 'alert' && event.code === 'STEP_LATE' && event.taskId !== null) late.add(event.taskId)
    if (!('taskType' in event)) continue
    if (isFinal(event)) finals.set(event.taskId, (finals.get(event.taskId) ?? 0) + 1)
    if (event.type === 'task.compensated')
      compensated.set(
        event.taskId,
        event.rollback.status === 'incomplete' ? event.rollback.standing.map(({ step }) => step) : [],
      )
  }
  for (const id of acknowledged.submitted.values())
    if (!reader.tasks.has(id)) world.violated('R4', `${id} was acknowledged, and is lost`)
  for (const [id, status] of acknowledged.outcomes) {
    const stage = reader.tasks.get(id)?.stage
    if (stage !== status) world.violated('R4', `${id} was said to be ${status}, and is ${stage ?? 'lost'}`)
  }
  checkChildren(world, reader, compensated)
  for (const history of reader.tasks.values()) {
    const count = finals.get(history.id) ?? 0
    if (count !== 1) world.violated('R2', `${history.id} has ${count} final records`)
    checkEffects(world, history, compensated.get(history.id) ?? null, late.has(history.id))
  }
}

function checkEffects(
  world: World,
  history: TaskHistory,
  standingAfterCompensation: readonly string[] | null,
  isLate: boolean,
): void {
  const { id, stage, rollback } = history
  const standing = world.standing(id)
  if (stage === 'completed') {
    if (standingAfterCompensation === null) {
      const undone = world.undone(id)
      if (undone.length > 0) world.violated('R3', `${id} completed, and its ${undone.join(', ')} was undone`)
      return
    }
    const unsaid = standing.filter((step) => !standingAfterCompensation.includes(step))
    if (unsaid.length > 0) world.violated('R3', `${id} was compensated, and ${unsaid.join(', ')} stands unsaid`)
    return
  }
  // An alert has said that something of a given-up step stands.
  if (isLate) return
  // A definition that fails as it stands, and an actor that is lost, undo nothing.
  const undoes = history.type !== 'brittle' && history.failure?.code !== 'ACTOR_CRASHED'
  const said = rollback.status === 'incomplete' ? rollback.standing.map(({ step }) => step) : []
  const unsaid = standing.filter((step) => !said.includes(step))
  if (unsaid.length > 0)
    world.violated('R3', `${id} ${stage} with rollback ${rollback.status}, and ${unsaid.join(', ')} stands unsaid`)
  const untried = said.filter((step) => undoes && standing.includes(step) && !world.hasFailedUndo(id, step))
  if (untried.length > 0) world.violated('R3', `${id} says that ${untried.join(', ')} stands, and nobody tried to undo it`)
}

/** A member of a flow is run once: a recovered flow finds it again. */
function checkChildren(
  world: World,
  reader: JournalReader,
  compensated: ReadonlyMap<string, readonly string[]>,
): void {
  const completed = new Map<string, string>()
  for (const { id, parentId, accepted, stage } of reader.tasks.values()) {
    if (parentId === null || stage !== 'completed' || compensated.has(id)) continue
    const key = `${parentId} ${accepted.childKey ?? ''}`
    const other = completed.get(key)
    if (other !== undefined) world.violated('R2', `${other} and ${id} are the same member of ${parentId}, run twice`)
    completed.set(key, id)
  }
}
