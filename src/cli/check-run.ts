import type { Activity, Project } from './project.ts'
import type { RunRecord } from './run-record.ts'

interface Life {
  starts: number
  completions: number
  /** Positions in the record. */
  startedAs: number
  completedAs: number
  startedAt: number
  completedAt: number
}

function livesOf(record: RunRecord): Map<string, Life> {
  const lives = new Map<string, Life>()
  for (const [position, { id, moment, at }] of record.entries()) {
    const life = lives.get(id) ?? {
      starts: 0,
      completions: 0,
      startedAs: -1,
      completedAs: -1,
      startedAt: NaN,
      completedAt: NaN,
    }
    lives.set(id, life)
    if (moment === 'started') {
      life.starts += 1
      life.startedAs = position
      life.startedAt = at
    } else if (moment === 'completed') {
      life.completions += 1
      life.completedAs = position
      life.completedAt = at
    }
  }
  return lives
}

/**
 * The broken rules of a run, one sentence each: every activity ran once, for as long as its work takes, and after
 * all its parents. `msPerUnit` turns durations into the record's time; a run may be off by `toleranceMs`.
 */
export function checkRuns(project: Project, record: RunRecord, msPerUnit: number, toleranceMs: number): string[] {
  const lives = livesOf(record)
  return project.activities.flatMap((activity) => {
    const life = lives.get(activity.id)
    if (life?.starts !== 1 || life.completions !== 1) {
      return [`${activity.id} was started ${life?.starts ?? 0} times and completed ${life?.completions ?? 0} times`]
    }
    const lasted = life.completedAt - life.startedAt
    const due = activity.duration * msPerUnit
    const problems = checkParents(activity, life, lives)
    if (lasted < due - toleranceMs) problems.push(`${activity.id} lasted ${lasted} ms, and its work takes ${due} ms`)
    return problems
  })
}

function checkParents({ id, after }: Activity, life: Life, lives: ReadonlyMap<string, Life>): string[] {
  return after
    .filter((parent) => !((lives.get(parent)?.completedAs ?? Infinity) < life.startedAs))
    .map((parent) => `${id} started before its parent ${parent} was complete`)
}

export interface Holdings {
  /** The most held of each resource at any instant. */
  readonly most: ReadonlyMap<string, number>
  readonly violations: readonly string[]
}

/** Adds up what the granted and not yet ended activities hold after each moment of the record, exactly. */
export function checkCapacities({ activities, capacities }: Project, record: RunRecord): Holdings {
  const demands = new Map(activities.map(({ id, demand }) => [id, Object.entries(demand)]))
  const holders = new Set<string>()
  const held = new Map(Object.keys(capacities).map((resource) => [resource, 0]))
  const most = new Map(held)
  const violations: string[] = []
  for (const { id, moment, at } of record) {
    if (moment === 'started' || (moment === 'granted') === holders.has(id)) continue
    const sign = moment === 'granted' ? 1 : -1
    if (sign > 0) holders.add(id)
    else holders.delete(id)
    for (const [resource, amount] of demands.get(id) ?? []) {
      const now = (held.get(resource) ?? 0) + sign * amount
      const capacity = capacities[resource] ?? 0
      held.set(resource, now)
      most.set(resource, Math.max(most.get(resource) ?? 0, now))
      if (sign > 0 && amount > 0 && now > capacity) {
        violations.push(`${now} of ${resource} were held at ${at} ms, and there are ${capacity}`)
      }
    }
  }
  violations.push(...[...holders].map((id) => `${id} still held its resources at the end`))
  return { most, violations }
}

/** From the first grant to the last end, in ms of the record's clock. */
export function makespanMs(record: RunRecord): number {
  let first = Infinity
  let last = -Infinity
  for (const { moment, at } of record) {
    if (moment === 'granted') first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return last >= first ? last - first : 0
}
