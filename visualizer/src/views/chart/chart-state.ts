import type { GraphTransition } from '../../../../src/inspector/view/chart/chart-graph.ts'
import type { ChartPolicy, ChartTimer } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { ChartGeometry, DrawnEdge } from '../../../../src/inspector/view/chart/geometry.ts'
import type { Shown } from '../../live/session.ts'
import { formatDuration } from '../../parts/format.ts'
import type { ChartLook, Countdown } from './chart-drawing.tsx'
import type { ChartFeed } from './chart-feed.ts'
import type { Span, Visits } from './spans.ts'
import { handlerSpans, likelyTaken, SupervisorSpans, taskSpans, visitsOf } from './spans.ts'

/** How long a transition that was taken stays alight, ms. */
const alightMs = 1_800

/** A transition that was taken, and when. */
export interface Taken {
  readonly at: number
  readonly transitions: readonly GraphTransition[]
}

/** All that a chart shows at one moment. */
export interface ChartMoment {
  readonly now: number
  readonly active: ReadonlySet<string>
  readonly visits: ReadonlyMap<string, Visits>
  /** The last ones, newest last. */
  readonly taken: readonly Taken[]
  /** Counts by key. */
  readonly counts: ReadonlyMap<string, number>
  readonly countdowns: ReadonlyMap<string, Countdown>
}

const supervisors = new WeakMap<object, SupervisorSpans>()

function spansOf(chart: ChartGeometry, machine: string, task: string | null, shown: Shown): Span[] {
  const { recording, view } = shown
  if (machine === 'supervisor') {
    let spans = supervisors.get(recording)
    if (!spans) {
      spans = new SupervisorSpans(recording.base)
      supervisors.set(recording, spans)
    }
    spans.take(recording.events)
    return spans.spans(chart.allStates, view.seq)
  }
  if (task === null) return []
  const events = recording.eventsOf(task)
  return machine === 'task'
    ? taskSpans(chart.allStates, events, view.seq)
    : handlerSpans(chart.allStates, events, view.seq)
}

function likely(chart: ChartGeometry, spans: readonly Span[]): Taken[] {
  return spans.flatMap((span, index): Taken[] => {
    const before = spans[index - 1]
    const transitions = before ? likelyTaken(chart.transitions, before, span) : []
    return transitions.length > 0 ? [{ at: span.at, transitions }] : []
  })
}

/** What countdowns are worked out from. */
interface Timing {
  readonly spans: readonly Span[]
  readonly now: number
  readonly backoffUntil: number | null
  readonly policy: ChartPolicy | null
}

/** What the events alone tell of a transition whose source is active: by the machine, or by the task's own policies. */
function countdownOf({ kind, event, delayMs }: GraphTransition, since: number, timing: Timing): Countdown | null {
  const { spans, now, backoffUntil, policy } = timing
  const last = spans.at(-1)
  if (kind === 'after') return delayMs === null ? null : { leftMs: since + delayMs - now, ofMs: delayMs }
  if (event === 'backoff.elapsed')
    return backoffUntil === null ? null : { leftMs: backoffUntil - now, ofMs: backoffUntil - since }
  if (event === 'deadline') return policy?.deadlineAt ? { leftMs: policy.deadlineAt - now, ofMs: null } : null
  if (event === 'grace.expired') return policy && { leftMs: since + policy.graceMs - now, ofMs: policy.graceMs }
  if (event !== 'timeout' || !policy?.timeoutMs || !last || isSuspended(last)) return null
  return { leftMs: policy.timeoutMs - usedOfAttempt(spans, now), ofMs: policy.timeoutMs }
}

function countdownsOf(
  chart: ChartGeometry,
  machine: string,
  visits: ReadonlyMap<string, Visits>,
  timing: Timing,
  timers: readonly ChartTimer[],
): Map<string, Countdown> {
  const countdowns = new Map<string, Countdown>()
  for (const transition of chart.transitions) {
    const since = visits.get(transition.source)?.since
    const countdown = transition.isTimed && typeof since === 'number' ? countdownOf(transition, since, timing) : null
    if (countdown) countdowns.set(transition.key, countdown)
  }
  for (const { machine: of, transitions, dueAt } of timers)
    if (of === machine)
      for (const key of transitions)
        countdowns.set(key, { leftMs: dueAt - timing.now, ofMs: countdowns.get(key)?.ofMs ?? null })
  return countdowns
}

const suspended = ['task.executing.work.paused', 'task.executing.work.awaitingInput']

/** A pause and an open question stop the clock of the attempt. */
function isSuspended({ active }: Span): boolean {
  return suspended.some((id) => active.includes(id))
}

/** How long the attempt that executes has run, ms. */
function usedOfAttempt(spans: readonly Span[], now: number): number {
  let used = 0
  for (const [index, span] of spans.entries()) {
    if (!span.active.includes('task.executing')) used = 0
    else if (!isSuspended(span)) used += (spans[index + 1]?.at ?? now) - span.at
  }
  return used
}

/** Puts together what the events say, and what is heard of the actor while it is watched. */
export function chartMoment(
  chart: ChartGeometry,
  machine: string,
  task: string | null,
  shown: Shown,
  feed: ChartFeed | null,
): ChartMoment {
  const spans = spansOf(chart, machine, task, shown)
  const visits = visitsOf(spans, shown.now)
  const heard = shown.isPast ? undefined : feed?.frame?.active[machine]
  const active = new Set(heard ?? spans.at(-1)?.active ?? [])
  const guessed = likely(chart, spans)
  const counts = new Map<string, number>()
  for (const { transitions } of guessed) for (const { key } of transitions) counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const [key, count] of feed?.taken.get(machine) ?? []) counts.set(key, Math.max(count, counts.get(key) ?? 0))
  const frame = feed?.frame ?? null
  const backoffUntil = task === null ? null : (shown.view.tasks.get(task)?.backoffUntil ?? null)
  const timing = { spans, now: shown.now, backoffUntil, policy: frame?.policy ?? null }
  const timers = shown.isPast ? [] : (frame?.timers ?? [])
  const countdowns = countdownsOf(chart, machine, visits, timing, timers)
  return { now: shown.now, active, visits, taken: guessed.slice(-30), counts, countdowns }
}

function isAlight(
  machine: string,
  edge: DrawnEdge,
  moment: ChartMoment,
  feed: ChartFeed | null,
  isPast: boolean,
): boolean {
  const keys = edge.transitions
  if (!isPast && feed && feed.takenAt.size > 0)
    return keys.some((key) => performance.now() - (feed.takenAt.get(`${machine} ${key}`) ?? -alightMs) < alightMs)
  const last = moment.taken.at(-1)
  if (!last || (!isPast && moment.now - last.at > alightMs)) return false
  return last.transitions.some(({ key }) => keys.includes(key))
}

/** How the chart looks at that moment. */
export function lookOf(
  machine: string,
  moment: ChartMoment,
  feed: ChartFeed | null,
  shown: Shown,
  picked: string | null,
): ChartLook {
  return {
    active: moment.active,
    visited: new Set(moment.visits.keys()),
    picked,
    meterOf(id) {
      const visit = moment.visits.get(id)
      if (!visit) return ''
      return visit.count > 1 ? `${formatDuration(visit.ms)} · ${visit.count}×` : formatDuration(visit.ms)
    },
    edgeLook(edge) {
      if (isAlight(machine, edge, moment, feed, shown.isPast)) return 'taken'
      return edge.transitions.some((key) => moment.counts.has(key)) ? 'visited' : 'idle'
    },
    countdownOf(edge) {
      const all = edge.transitions.flatMap((key) => moment.countdowns.get(key) ?? [])
      return all.sort((one, other) => one.leftMs - other.leftMs)[0] ?? null
    },
  }
}

/** Where the tasks are that there are, for a chart of no task in particular. */
export function crowdLook(chart: ChartGeometry, { view }: Shown, picked: string | null): ChartLook {
  const counts = new Map<string, number>()
  for (const [stage, count] of Object.entries(view.byStage)) counts.set(`${chart.root}.${stage}`, count)
  for (const row of view.tasks.values()) {
    if (row.stage !== 'executing' || !row.activity) continue
    const id = `${chart.root}.executing.work.${row.activity}`
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const active = new Set([...counts].filter(([, count]) => count > 0).map(([id]) => id))
  return {
    active,
    visited: active,
    picked,
    meterOf(id) {
      const count = counts.get(id) ?? 0
      return count === 0 ? '' : `${count} ${count === 1 ? 'task' : 'tasks'}`
    },
    edgeLook: () => 'idle',
    countdownOf: () => null,
  }
}
