import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import type { TaskHistory } from '../../actors/recovery/task-history.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { Acknowledged } from './simulated-host.ts'
import type { SimulatedDisk } from './simulated-store.ts'
import type { World } from './world.ts'

function isFinal({ type }: RuntimeEvent): boolean {
  return type === 'task.completed' || type === 'task.failed' || type === 'task.cancelled' || type === 'task.rejected'
}

/** Reads the journal as a stranger would, and holds it against the world. */
export function checkOutcomes(world: World, disk: SimulatedDisk, acknowledged: Acknowledged): void {
  const journal = readJournal(world, disk)
  const { tasks } = journal.reader
  for (const id of acknowledged.submitted.values())
    if (!tasks.has(id)) world.violated('R4', `${id} was acknowledged, and is lost`)
  for (const [id, status] of acknowledged.outcomes) {
    const stage = tasks.get(id)?.stage
    if (stage !== status) world.violated('R4', `${id} was said to be ${status}, and is ${stage ?? 'lost'}`)
  }
  checkChildren(world, journal)
  for (const history of tasks.values()) {
    const count = journal.finals.get(history.id) ?? 0
    if (count !== 1) world.violated('R2', `${history.id} has ${count} final records`)
    checkEffects(world, history, journal)
  }
}

interface ReadJournal {
  readonly reader: JournalReader
  /** How many final records each task has. */
  readonly finals: Map<string, number>
  /** What stood after a task that had completed was undone. */
  readonly compensated: Map<string, readonly string[]>
  /** Tasks of which it was said aloud that a step that was given up stands. */
  readonly late: Set<string>
}

function readJournal(world: World, disk: SimulatedDisk): ReadJournal {
  const journal: ReadJournal = {
    reader: new JournalReader(),
    finals: new Map(),
    compensated: new Map(),
    late: new Set(),
  }
  let seq = 0
  for (const record of disk.all()) {
    const { event } = record
    if (event.seq <= seq) world.violated('R8', `record ${event.seq} comes after record ${seq}`)
    seq = event.seq
    journal.reader.read(record)
    note(journal, event)
  }
  return journal
}

function note({ finals, compensated, late }: ReadJournal, event: RuntimeEvent): void {
  if (event.type === 'alert' && event.code === 'STEP_LATE' && event.taskId !== null) late.add(event.taskId)
  if (!('taskType' in event)) return
  if (isFinal(event)) finals.set(event.taskId, (finals.get(event.taskId) ?? 0) + 1)
  if (event.type !== 'task.compensated') return
  const { rollback } = event
  compensated.set(event.taskId, rollback.status === 'incomplete' ? rollback.standing.map(({ step }) => step) : [])
}

function checkEffects(world: World, history: TaskHistory, { compensated, late }: ReadJournal): void {
  const { id, stage, rollback } = history
  const standingAfterCompensation = compensated.get(id) ?? null
  const standing = world.standing(id)
  if (stage === 'completed') {
    if (standingAfterCompensation === null) {
      const undone = world.undone(id)
      if (undone.length > 0) world.violated('R3', `${id} completed, and its ${undone.join(', ')} was undone`)
      return
    }
    const unsaid = standing.filter((step) => !standingAfterCompensation.includes(step))
    if (unsaid.length > 0 && !late.has(id))
      world.violated('R3', `${id} was compensated, and ${unsaid.join(', ')} stands unsaid`)
    return
  }
  // An alert has said that something of a given-up step stands.
  if (late.has(id)) return
  // A definition that fails as it stands, and an actor that is lost, undo nothing.
  const undoes = history.type !== 'brittle' && history.failure?.code !== 'ACTOR_CRASHED'
  const said = rollback.status === 'incomplete' ? rollback.standing.map(({ step }) => step) : []
  const unsaid = standing.filter((step) => !said.includes(step))
  if (unsaid.length > 0)
    world.violated('R3', `${id} ${stage} with rollback ${rollback.status}, and ${unsaid.join(', ')} stands unsaid`)
  const untried = said.filter((step) => undoes && standing.includes(step) && !world.hasFailedUndo(id, step))
  if (untried.length > 0)
    world.violated('R3', `${id} says that ${untried.join(', ')} stands, and nobody tried to undo it`)
}

/** A member of a flow is run once: a recovered flow finds it again. */
function checkChildren(world: World, { reader, compensated }: ReadJournal): void {
  const completed = new Map<string, string>()
  for (const { id, parentId, accepted, stage } of reader.tasks.values()) {
    if (parentId === null || stage !== 'completed' || compensated.has(id)) continue
    const key = `${parentId} ${accepted.childKey ?? ''}`
    const other = completed.get(key)
    if (other !== undefined) world.violated('R2', `${other} and ${id} are the same member of ${parentId}, run twice`)
    completed.set(key, id)
  }
}
