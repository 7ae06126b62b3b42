import type { ResourceUsage } from '../model/resources.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { redact } from '../security/redaction.ts'
import type { EventHistory } from './event-history.ts'
import type { StreamSource } from './event-stream.ts'
import type { Metrics } from './metrics.ts'
import { metricsOf } from './metrics.ts'
import type { QueueLine, ResourceLine, Subject, TaskDetail, TaskExplanation } from './protocol.ts'
import { fold } from './view/fold.ts'
import type { RuntimeView } from './view/runtime-view.ts'
import { viewData, viewOf } from './view/runtime-view.ts'
import type { TaskRow } from './view/task-row.ts'

/** What the inspector shows: a runtime that lives here, or a journal after the fact. */
export interface Inspected extends StreamSource {
  readonly history: EventHistory
  subject(): Subject
  resources(): readonly ResourceUsage[]
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
  readonly task: TaskView | null
  readonly wait: TaskDetail['wait']
  readonly explanation: TaskExplanation | null
}

const notLive: LiveDetail = { task: null, wait: null, explanation: null }

/** Reads the history lazily: what nobody asks for is never folded. */
class InspectedHistory {
  readonly history: EventHistory
  #view: RuntimeView | null = null

  constructor(history: EventHistory) {
    this.history = history
  }

  get view(): RuntimeView {
    this.#view = viewNow(this.history, this.#view)
    return this.#view
  }

  rows(): Iterable<TaskRow> {
    return this.view.tasks.values()
  }

  protected detailOf(id: string, live: LiveDetail | null): TaskDetail | null {
    const row = this.view.tasks.get(id) ?? null
    const { task, wait, explanation } = live ?? notLive
    if (!row && !task) return null
    const children: string[] = []
    for (const other of this.view.tasks.values()) if (other.parentId === id) children.push(other.id)
    return { row, task: plain(task), wait, explanation, children, events: eventsOf(this.history, id) }
  }
}

/** A view as it may leave the process: outputs are the user's own, thrown values and secrets stay. */
function plain(task: TaskView | null): TaskDetail['task'] {
  if (!task) return null
  const { outcome, ...rest } = task
  const output = outcome?.status === 'completed' ? redact(outcome.output) : null
  return { ...rest, output }
}

/** A runtime in this process. */
export class InspectedRuntime extends InspectedHistory implements Inspected {
  readonly metrics: Metrics
  readonly #runtime: Runtime
  readonly #now: () => number

  constructor(runtime: Runtime, history: EventHistory, now: () => number) {
    super(history)
    this.#runtime = runtime
    this.#now = now
    this.metrics = metricsOf(runtime, () => history.lastSeq)
  }

  subject(): Subject {
    return { source: 'live', now: this.#now(), commands: true }
  }

  resources(): readonly ResourceUsage[] {
    return this.#runtime.resources()
  }

  detail(id: string): TaskDetail | null {
    const runtime = this.#runtime
    const task = runtime.get(id)?.view() ?? null
    return this.detailOf(id, { task, wait: runtime.explain(id), explanation: runtime.explainTask(id) })
  }

  resourceLines(): readonly ResourceLine[] {
    return this.#runtime.resourceLines()
  }

  queue(): readonly QueueLine[] {
    return this.#runtime.queue()
  }

  questions(): readonly OpenQuestion[] {
    return this.#runtime
      .questions()
      .map(({ fallback, ...rest }) => ({ ...rest, fallback: fallback && { answer: redact(fallback.answer) } }))
  }

  stats(): RuntimeStats {
    return this.#runtime.stats()
  }
}

/** A journal file: everything that happened, and nobody to command. */
export class InspectedFile extends InspectedHistory implements Inspected {
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
