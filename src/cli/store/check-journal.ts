import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import type { RuntimeEvent, TaskEvent } from '../../model/events.ts'
import type { JournalRecord, RecordPayload } from '../../model/journal-record.ts'

/** What a journal holds, and what is wrong with it. */
export interface JournalCheck {
  readonly events: number
  readonly tasks: number
  readonly unfinished: number
  readonly byStage: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

const shownProblems = 1_000

/** What is known of a task while its records go by. */
interface Followed {
  epoch: number
  finals: number
  readonly finished: Set<string>
  readonly undone: Set<string>
}

function isFinal({ type }: RuntimeEvent): boolean {
  return type === 'task.completed' || type === 'task.failed' || type === 'task.cancelled' || type === 'task.rejected'
}

/** Reads a journal from its beginning, and holds each record against those before it. */
export class JournalChecker {
  readonly #reader = new JournalReader()
  readonly #tasks = new Map<string, Followed>()
  readonly #problems: string[] = []
  #events = 0
  #lastSeq = 0

  take(record: JournalRecord): void {
    const { event } = record
    this.#events += 1
    if (event.seq <= this.#lastSeq) this.#found(`record ${event.seq} comes after record ${this.#lastSeq}`)
    this.#lastSeq = event.seq
    this.#reader.read(record)
    if ('taskType' in event) this.#follow(event, record)
  }

  /** Something that is wrong with the file itself. */
  note(problem: string): void {
    this.#found(problem)
  }

  result(): JournalCheck {
    this.#reader.finish()
    const byStage: Record<string, number> = {}
    let unfinished = 0
    for (const { stage, endedAt } of this.#reader.tasks.values()) {
      byStage[stage] = (byStage[stage] ?? 0) + 1
      if (endedAt === null) unfinished += 1
    }
    return { events: this.#events, tasks: this.#reader.tasks.size, unfinished, byStage, problems: this.#problems }
  }

  #follow(event: TaskEvent, { payload }: JournalRecord): void {
    const { taskId } = event
    if (event.type === 'task.created') {
      if (this.#tasks.has(taskId)) this.#found(`${taskId} was accepted twice, the second time by record ${event.seq}`)
      if (!payload?.accepted) this.#found(`record ${event.seq}: ${taskId} has no record of what was accepted`)
      this.#tasks.set(taskId, { epoch: 0, finals: 0, finished: new Set(), undone: new Set() })
      return
    }
    const task = this.#tasks.get(taskId)
    if (!task) return this.#found(`record ${event.seq}: ${event.type} of ${taskId}, which was never accepted`)
    if (isFinal(event)) {
      task.finals += 1
      if (task.finals > 1) this.#found(`record ${event.seq}: ${taskId} ends a second time`)
    }
    this.#followStep(task, event, payload)
  }

  #followStep(task: Followed, event: TaskEvent, payload: RecordPayload | null): void {
    const { taskId, seq } = event
    switch (event.type) {
      case 'task.allocating':
        if (event.epoch <= task.epoch)
          this.#found(`record ${seq}: ${taskId} gets epoch ${event.epoch} after ${task.epoch}`)
        if (task.finals > 0) this.#found(`record ${seq}: ${taskId} is granted resources after its end`)
        task.epoch = event.epoch
        return
      case 'task.step.started':
        if (task.finished.has(event.step)) this.#found(`record ${seq}: step "${event.step}" of ${taskId} is run again`)
        return
      case 'task.step.completed':
        task.finished.add(event.step)
        return
      case 'task.undo.completed':
        // A run that was given up may take effect after the undo: what it did is undone on its own.
        if (payload?.lateOf !== undefined || payload?.stillRuns) return
        if (task.undone.has(event.step)) this.#found(`record ${seq}: step "${event.step}" of ${taskId} is undone again`)
        task.undone.add(event.step)
    }
  }

  #found(problem: string): void {
    if (this.#problems.length < shownProblems) this.#problems.push(problem)
  }
}
