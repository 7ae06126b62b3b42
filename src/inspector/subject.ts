import type { RuntimeEvent } from '../model/events.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { OpenQuestion } from '../model/task-view.ts'
import type { TaskHandle } from '../runtime/handle.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { EventHistory } from './event-history.ts'
import type { StreamSource } from './event-stream.ts'
import type { Metrics } from './metrics.ts'
import { metricsOf } from './metrics.ts'
import type { QueueLine, ResourceLine, Subject, TaskDetail, TaskExplanation } from './protocol.ts'
import { fold } from './view/fold.ts'
import type { RuntimeView, ViewData } from './view/runtime-view.ts'
import { seenOf, viewData, viewOf } from './view/runtime-view.ts'
import type { TaskRow } from './view/task-row.ts'

/** What the inspector shows: a runtime that lives here, or a journal after the fact. */
export interface Inspected extends StreamSource {
  resourceLines(): readonly ResourceLine[]
  rows(): Iterable<TaskRow>
  detail(id: string): TaskDetail | null
  queue(): readonly QueueLine[]
  questions(): readonly OpenQuestion[]
  /** `null`: only a runtime that lives has them. */
  stats(): RuntimeStats | null
  /** As {@link stats}. */
  readonly metrics: Metrics | null
}

const eventsShown = 10_000

/** The view after everything in the history. */
function viewNow(history: EventHistory, before: RuntimeView | null): RuntimeView {
  let view = before && before.seq >= history.base.seq ? before : viewOf(viewData(history.base))
  for (let more = history.after(view.seq, eventsShown); more === null || more.length > 0; ) {
    if (more === null) view = viewOf(viewData(history.base))
    else for (const event of more) fold(view, event)
    more = history.after(view.seq, eventsShown)
  }
  return view
}

function eventsOf(history: EventHistory, id: string): TaskDetail['events'] {
  const events: TaskDetail['events'][number][] = []
  for (let seq = history.base.seq; ; ) {
    const more = history.after(seq, eventsShown) ?? []
    const last = more.at(-1)
    if (!last) return events
    seq = last.seq
    for (const event of more) if ('taskId' in event && event.taskId === id) events.push(event)
  }
}

/** What only a runtime that lives can say of a task. */
interface LiveDetail {
  readonly task: TaskHandle | null
  readonly wait: TaskDetail['wait']
  readonly explanation: TaskExplanation | null
}

const notLive: LiveDetail = { task: null, wait: null, explanation: null }

/** A history, and the view after all of it. Folded lazily: what nobody asks for is never folded. */
export class FoldedHistory {
  readonly history: EventHistory
  #view: RuntimeView | null = null

  constructor(history: EventHistory) {
    this.history = history
  }

  get view(): RuntimeView {
    this.#view = viewNow(this.history, this.#view)
    return this.#view
  }
}

/** Whether what is told of a task, or of the runtime itself (`null`), may be shown. */
type Sees = (taskId: string | null) => boolean

const everything: Sees = () => true

/** Asks once for each task. */
function remembering(sees: Sees): Sees {
  const known = new Map<string | null, boolean>()
  return (taskId) => {
    const before = known.get(taskId)
    if (before !== undefined) return before
    const seen = sees(taskId)
    known.set(taskId, seen)
    return seen
  }
}

const subjectOf = (event: RuntimeEvent) => ('taskId' in event ? event.taskId : null)

/** A history as somebody may see it. */
class InspectedHistory {
  readonly #folded: FoldedHistory

  constructor(folded: FoldedHistory) {
    this.#folded = folded
  }

  get history(): EventHistory {
    return this.#folded.history
  }

  get view(): RuntimeView {
    return this.#folded.view
  }

  /** Of now: what may be seen can change at any time. */
  protected sees(): Sees {
    return everything
  }

  seen(events: readonly RuntimeEvent[]): readonly RuntimeEvent[] {
    const sees = this.sees()
    return sees === everything ? events : events.filter((event) => sees(subjectOf(event)))
  }

  lastSeen(): number {
    const { base, lastSeq } = this.history
    const sees = this.sees()
    if (sees === everything) return lastSeq
    let last = base.seq
    for (let seq = base.seq; seq < lastSeq; ) {
      const events = this.history.after(seq, eventsShown) ?? []
      last = events.findLast((event) => sees(subjectOf(event)))?.seq ?? last
      seq = events.at(-1)?.seq ?? lastSeq
    }
    return last
  }

  base(): ViewData {
    const sees = this.sees()
    return sees === everything ? viewData(this.history.base) : seenOf(this.history.base, sees)
  }

  *rows(): Iterable<TaskRow> {
    const sees = this.sees()
    for (const row of this.view.tasks.values()) if (sees(row.id)) yield row
  }

  protected detailOf(id: string, live: LiveDetail | null): TaskDetail | null {
    const sees = this.sees()
    const row = sees(id) ? (this.view.tasks.get(id) ?? null) : null
    const { task, wait, explanation } = live ?? notLive
    if (!row && !task) return null
    const children: string[] = []
    for (const other of this.view.tasks.values()) if (other.parentId === id && sees(other.id)) children.push(other.id)
    return { row, task: plain(task), wait, explanation, children, events: eventsOf(this.history, id) }
  }
}

/** A task as it may leave the process: thrown values and secrets stay. */
function plain(task: TaskHandle | null): TaskDetail['task'] {
  if (!task) return null
  const { outcome: _, ...rest } = task.view()
  return { ...rest, output: task.shownOutput() }
}

/** A runtime in this process, as one principal has it. */
export class InspectedRuntime extends InspectedHistory implements Inspected {
  readonly #runtime: Runtime
  #metrics: Metrics | null = null

  constructor(runtime: Runtime, folded: FoldedHistory) {
    super(folded)
    this.#runtime = runtime
  }

  get metrics(): Metrics {
    this.#metrics ??= metricsOf(this.#runtime, () => this.history.lastSeq)
    return this.#metrics
  }

  get isOver(): boolean {
    const { expiresAt } = this.#runtime
    return expiresAt !== null && this.#runtime.now() >= expiresAt
  }

  protected override sees(): Sees {
    const runtime = this.#runtime
    return runtime.isGoverned ? remembering((taskId) => runtime.sees(taskId)) : everything
  }

  /** What the supervisor does is no secret. */
  override base(): ViewData {
    const base = super.base()
    return this.#runtime.sees(null) ? base : { ...base, supervisor: this.#runtime.state }
  }

  subject(): Subject {
    return { source: 'live', now: this.#runtime.now(), commands: true }
  }

  resources(): readonly ResourceUsage[] {
    return this.#runtime.resources()
  }

  detail(id: string): TaskDetail | null {
    const runtime = this.#runtime
    const task = runtime.get(id) ?? null
    return this.detailOf(id, { task, wait: runtime.explain(id), explanation: runtime.explainTask(id) })
  }

  resourceLines(): readonly ResourceLine[] {
    return this.#runtime.resourceLines()
  }

  queue(): readonly QueueLine[] {
    return this.#runtime.queue()
  }

  questions(): readonly OpenQuestion[] {
    return this.#runtime.questions().map(({ fallback, taskId, ...rest }) => {
      const answer = fallback && (this.#runtime.get(taskId)?.shown(fallback.answer) ?? null)
      return { ...rest, taskId, fallback: fallback && { answer } }
    })
  }

  stats(): RuntimeStats {
    return this.#runtime.stats()
  }
}

/** A journal file: everything that happened, and nobody to command. */
export class InspectedFile extends InspectedHistory implements Inspected {
  readonly isOver = false
  readonly metrics = null

  subject(): Subject {
    return { source: 'file', now: this.view.at, commands: false }
  }

  resources(): readonly ResourceUsage[] {
    return []
  }

  detail(id: string): TaskDetail | null {
    return this.detailOf(id, null)
  }

  resourceLines(): readonly ResourceLine[] {
    return []
  }

  queue(): readonly QueueLine[] {
    return []
  }

  questions(): readonly OpenQuestion[] {
    return []
  }

  stats(): null {
    return null
  }
}
