import { activeStates } from '../../../../src/inspector/view/chart/active-states.ts'
import type { GraphState, GraphTransition } from '../../../../src/inspector/view/chart/chart-graph.ts'
import type { RuntimeEvent, SupervisorStage, TaskEvent } from '../../../../src/model/events.ts'

/** From `at` on, ms since the epoch, these states are active. */
export interface Span {
  readonly at: number
  readonly active: readonly string[]
}

/** Where a task stands in its statechart, as far as its events say. */
interface Standing {
  stage: string
  activity: string
  isOverdue: boolean
  isSuspect: boolean
}

const stageOf: Partial<Record<TaskEvent['type'], string>> = {
  'task.created': 'created',
  'task.validating': 'validating',
  'task.waiting': 'waiting',
  'task.queued': 'queued',
  'task.allocating': 'allocating',
  'task.executing': 'executing',
  'task.completing': 'completing',
  'task.retrying': 'retrying',
  'task.rollingBack': 'rollingBack',
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.cancelled': 'cancelled',
  'task.rejected': 'rejected',
}

const activityOf: Partial<Record<TaskEvent['type'], string>> = {
  'task.executing': 'preparing',
  'task.running': 'running',
  'task.paused': 'paused',
  'task.asked': 'awaitingInput',
  'task.stopping': 'stopping',
}

function move(standing: Standing, event: TaskEvent): void {
  const stage = stageOf[event.type]
  if (stage !== undefined) {
    standing.stage = stage
    standing.isOverdue = false
    standing.isSuspect = false
  }
  standing.activity = activityOf[event.type] ?? standing.activity
  if (event.type === 'task.overdue') standing.isOverdue = true
  if (event.type === 'task.suspect') standing.isSuspect = true
  if (event.type === 'task.alive') standing.isSuspect = false
  if (event.type === 'task.recovered') standing.stage = event.stage
}

function stateValueOf({ stage, activity, isOverdue, isSuspect }: Standing): unknown {
  if (stage !== 'executing') return stage
  const regions = { work: activity, watch: isOverdue ? 'overdue' : 'onTime', liveness: isSuspect ? 'suspect' : 'alive' }
  return { executing: regions }
}

function push(spans: Span[], at: number, active: readonly string[]): void {
  if (spans.at(-1)?.active.join() === active.join()) return
  spans.push({ at, active })
}

/** A task's way through the task machine. */
export function taskSpans(states: readonly GraphState[], events: readonly TaskEvent[], untilSeq: number): Span[] {
  const spans: Span[] = []
  const standing: Standing = { stage: 'created', activity: 'preparing', isOverdue: false, isSuspect: false }
  for (const event of events) {
    if (event.seq > untilSeq) break
    move(standing, event)
    push(spans, event.at, activeStates(states, stateValueOf(standing)))
  }
  return spans
}

function parsed(state: string): unknown {
  try {
    return state.startsWith('{') ? JSON.parse(state) : state
  } catch {
    return state
  }
}

/** The way of a task's handler through its machine, attempt by attempt. */
export function handlerSpans(states: readonly GraphState[], events: readonly TaskEvent[], untilSeq: number): Span[] {
  const spans: Span[] = []
  let isRunning = false
  for (const event of events) {
    if (event.seq > untilSeq) break
    if (event.type === 'task.handler') {
      isRunning = true
      push(spans, event.at, activeStates(states, parsed(event.state)))
    } else if (isRunning && stageOf[event.type] !== undefined) {
      isRunning = false
      push(spans, event.at, [])
    }
  }
  return spans
}

/** The supervisor's way through its machine, taken further as events come in. */
export class SupervisorSpans {
  readonly #stages: { at: number; seq: number; stage: SupervisorStage }[]
  #seq: number

  constructor(first: { readonly at: number; readonly seq: number; readonly supervisor: SupervisorStage }) {
    // A recording from the very beginning knows of no time before its first event.
    this.#stages = first.seq > 0 ? [{ at: first.at, seq: first.seq, stage: first.supervisor }] : []
    this.#seq = first.seq
  }

  take(events: readonly RuntimeEvent[]): void {
    const first = events[0]?.seq ?? 0
    for (let index = Math.max(0, this.#seq + 1 - first); index < events.length; index += 1) {
      const event = events[index]
      if (!event || event.seq <= this.#seq) continue
      this.#seq = event.seq
      if (this.#stages.length === 0) this.#stages.push({ at: event.at, seq: event.seq, stage: 'starting' })
      if (event.type === 'supervisor.state') this.#stages.push({ at: event.at, seq: event.seq, stage: event.state })
    }
  }

  spans(states: readonly GraphState[], untilSeq: number): Span[] {
    const spans: Span[] = []
    for (const { at, seq, stage } of this.#stages) if (seq <= untilSeq) push(spans, at, activeStates(states, stage))
    return spans
  }
}

/** How often a state was entered, how long it was active in all, and since when it is; times in ms. */
export interface Visits {
  readonly count: number
  readonly ms: number
  /** `null`: it is not active. */
  readonly since: number | null
}

/** Visits by state. */
export function visitsOf(spans: readonly Span[], now: number): Map<string, Visits> {
  const visits = new Map<string, { count: number; ms: number; since: number | null }>()
  for (const [index, { at, active }] of spans.entries()) {
    const before = spans[index - 1]?.active ?? []
    const until = spans[index + 1]?.at ?? now
    for (const id of active) {
      const visit = visits.get(id) ?? { count: 0, ms: 0, since: null }
      visits.set(id, visit)
      if (!before.includes(id)) {
        visit.count += 1
        visit.since = at
      }
      visit.ms += Math.max(0, until - at)
    }
    for (const id of before) {
      const visit = visits.get(id)
      if (visit && !active.includes(id)) visit.since = null
    }
  }
  return visits
}

function depthOf(id: string): number {
  return id.split('.').length
}

/**
 * The transitions that may have led from one set of active states to the next: those of the innermost source that enter
 * something. Events say what was entered, not by which transition: of several between two states all are named.
 */
export function likelyTaken(transitions: readonly GraphTransition[], before: Span, after: Span): GraphTransition[] {
  const left = new Set(before.active)
  const entered = new Set(after.active.filter((id) => !left.has(id)))
  const fit = transitions.filter(
    ({ source, targets }) => left.has(source) && targets.length > 0 && targets.every((target) => entered.has(target)),
  )
  const deepest = Math.max(...fit.map(({ source }) => depthOf(source)))
  return fit.filter(({ source }) => depthOf(source) === deepest)
}
