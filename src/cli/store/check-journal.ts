import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import { definitionRollback } from '../../actors/recovery/step-history.ts'
import type { TaskHistory } from '../../actors/recovery/task-history.ts'
import type { RuntimeEvent, TaskEvent } from '../../model/events.ts'
import type { AcceptedTask, JournalRecord } from '../../model/journal-record.ts'

/** What a journal holds. */
export interface JournalContents {
  readonly events: number
  readonly tasks: number
  readonly unfinished: number
  readonly byStage: Readonly<Record<string, number>>
}

function isFinal({ type }: RuntimeEvent): boolean {
  return type === 'task.completed' || type === 'task.failed' || type === 'task.cancelled' || type === 'task.rejected'
}

/** Reads a journal from its beginning, and holds each record against those before it. */
export class JournalChecker {
  readonly #reader = new JournalReader()
  readonly #note: (problem: string) => void
  /** Named by tasks before they were accepted themselves; most were forgotten. */
  readonly #strangers = new Set<string>()
  #events = 0

  /** @param note is told of each problem */
  constructor(note: (problem: string) => void) {
    this.#note = note
  }

  take(record: JournalRecord): void {
    const { event } = record
    this.#events += 1
    if (event.seq <= this.#reader.lastSeq) this.#note(`record ${event.seq} comes after record ${this.#reader.lastSeq}`)
    if ('taskType' in event) this.#hold(event, record)
    this.#reader.read(record)
  }

  /** Once there are no more records. */
  contents(): JournalContents {
    this.#reader.finish()
    const byStage: Record<string, number> = {}
    let unfinished = 0
    for (const { stage, endedAt } of this.#reader.tasks.values()) {
      byStage[stage] = (byStage[stage] ?? 0) + 1
      if (endedAt === null) unfinished += 1
    }
    return { events: this.#events, tasks: this.#reader.tasks.size, unfinished, byStage }
  }

  /** Holds an event against what is known of its task so far. */
  #hold(event: TaskEvent, { payload }: JournalRecord): void {
    const { taskId, seq } = event
    const task = this.#reader.tasks.get(taskId)
    if (event.type === 'task.created') {
      if (task) this.#note(`record ${seq}: ${taskId} is accepted a second time`)
      else if (!payload?.accepted) this.#note(`record ${seq}: ${taskId} has no record of what was accepted`)
      else this.#holdRelatives(event, payload.accepted)
      return
    }
    if (!task) return this.#note(`record ${seq}: ${event.type} of ${taskId}, which was never accepted`)
    if (isFinal(event) && task.endedAt !== null) this.#note(`record ${seq}: ${taskId} ends a second time`)
    if (event.type === 'task.allocating') {
      if (event.epoch <= task.epoch)
        this.#note(`record ${seq}: ${taskId} gets epoch ${event.epoch} after ${task.epoch}`)
      if (task.endedAt !== null) this.#note(`record ${seq}: ${taskId} is granted resources after its end`)
    }
    if ('step' in event) this.#holdStep(task, event, payload?.lateOf !== undefined || payload?.stillRuns === true)
  }

  /** Who is named as a parent or a dependency was there before: else they could wait for each other. */
  #holdRelatives(
    { taskId, parentId, seq }: Extract<TaskEvent, { type: 'task.created' }>,
    { after }: AcceptedTask,
  ): void {
    for (const id of [parentId, ...(after ?? [])])
      if (id !== null && !this.#reader.tasks.has(id)) this.#strangers.add(id)
    if (this.#strangers.has(taskId)) this.#note(`record ${seq}: ${taskId} was named by a task before it was accepted`)
  }

  /** @param isLate it is about a run of the step that was given up: what that does later is undone on its own */
  #holdStep(
    { id, steps, rolledBack }: TaskHistory,
    { type, step, seq }: TaskEvent & { step: string },
    isLate: boolean,
  ) {
    const known = steps.get(step)
    if (type === 'task.step.started' && known?.state === 'finished')
      this.#note(`record ${seq}: step "${step}" of ${id} has finished, and is run again`)
    if (type !== 'task.undo.completed' || isLate) return
    const isUndone = known
      ? known.state === 'undone' && known.open.length === 0
      : step === definitionRollback && rolledBack === 'yes'
    if (isUndone) this.#note(`record ${seq}: step "${step}" of ${id} is undone a second time`)
  }
}
