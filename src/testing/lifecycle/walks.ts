import type { ActorLogic, Snapshot } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import type { CoverageGoal } from './lifecycle-options.ts'

/** One move, where it leads, and what it exercises on the way. */
export interface Step<State, Move> {
  readonly move: Move
  readonly next: State
  /** Ids of the transitions that it takes. */
  readonly takes: readonly string[]
  /** The pairs of a state and an event that it is. */
  readonly pairs: readonly string[]
  /** Ways of guards that it needs, where a walk is wanted for each. */
  readonly guards?: readonly string[]
}

/** Something whose states can be walked. */
export interface Walkable<State, Move> {
  readonly start: State
  /** Two states with one key answer everything alike. */
  key(state: State): string
  /** The state without what only guards look at. */
  place(state: State): string
  /** Moves that a walk can go on after. */
  steps(state: State): readonly Step<State, Move>[]
  /** Moves that a walk can end with. */
  lastSteps(state: State): readonly Step<State, Move>[]
}

export interface Walk<State, Move> {
  /** What it is walked for: a transition, a pair, a state, or several transitions in a row. */
  readonly target: string
  readonly steps: readonly Step<State, Move>[]
  readonly end: State
}

export interface Walks<State, Move> {
  readonly walks: readonly Walk<State, Move>[]
  /** How many more there are, or were found before counting them was given up. */
  readonly cutOff: number
}

/** How many paths are looked at before more of them are no longer counted. */
const countedPaths = 20_000

interface At<State> {
  readonly status: 'active'
  readonly output: undefined
  readonly error: undefined
  readonly state: State
}

/** A shortest walk to each state that can be reached, found by XState's own path generation; shortest first. */
export function shortestWalks<State, Move>(walkable: Walkable<State, Move>): Walk<State, Move>[] {
  const known = new Map<string, readonly Step<State, Move>[]>()
  const stepsOf = (state: State) => {
    const key = walkable.key(state)
    const steps = known.get(key) ?? walkable.steps(state)
    known.set(key, steps)
    return steps
  }
  const at = (state: State): At<State> => ({ status: 'active', output: undefined, error: undefined, state })
  const logic: ActorLogic<At<State>, { type: 'step'; index: number }, undefined> = {
    getInitialSnapshot: () => at(walkable.start),
    transition: (from, { index }) => at(stepsOf(from.state)[index]?.next ?? from.state),
    getPersistedSnapshot: (snapshot): Snapshot<unknown> => snapshot,
  }
  const paths = getShortestPaths(logic, {
    events: ({ state }) => stepsOf(state).map((_, index) => ({ type: 'step' as const, index })),
    serializeState: ({ state }) => walkable.key(state),
    serializeEvent: ({ index }) => String(index),
  })
  const walks = paths.map(({ state: end, steps }) => {
    const taken: Step<State, Move>[] = []
    let from = walkable.start
    // The first step of XState's paths only says where they begin.
    for (const { event } of steps.slice(1)) {
      const step = stepsOf(from)[event.index]
      if (!step) break
      taken.push(step)
      from = step.next
    }
    return { target: walkable.key(end.state), steps: taken, end: from }
  })
  return walks.sort((one, other) => one.steps.length - other.steps.length)
}

/**
 * For each thing that some last step exercises, the shortest walk that ends with that step; one whose last step changes
 * something is preferred, for a step that changes nothing cannot tell whether it was taken as it is written.
 */
function covering<State, Move>(
  walkable: Walkable<State, Move>,
  prefixes: readonly Walk<State, Move>[],
  targetsOf: (step: Step<State, Move>) => readonly string[],
): Walk<State, Move>[] {
  const seen = new Map<string, { readonly walk: Walk<State, Move>; readonly changes: boolean }>()
  for (const { steps, end } of prefixes) {
    const key = walkable.key(end)
    for (const step of walkable.lastSteps(end)) {
      const changes = walkable.key(step.next) !== key
      for (const target of targetsOf(step)) {
        const known = seen.get(target)
        if (known && (known.changes || !changes)) continue
        seen.set(target, { walk: { target, steps: [...steps, step], end: step.next }, changes })
      }
    }
  }
  return [...seen.values()].map(({ walk }) => walk)
}

/** Walks by what they end with; those that were found once there were too many are only counted. */
class Grown<State, Move> {
  readonly walks = new Map<string, Walk<State, Move>>()
  left = 0

  add(key: string, walk: Walk<State, Move>): void {
    if (this.walks.has(key)) return
    if (this.walks.size >= countedPaths) this.left += 1
    else this.walks.set(key, walk)
  }
}

/** Every sequence of `length` transitions that can follow each other, each at the end of a walk that is as short as can be. */
function switching<State, Move>(
  walkable: Walkable<State, Move>,
  prefixes: readonly Walk<State, Move>[],
  length: number,
  limit: number,
): Walks<State, Move> {
  let walks = prefixes.map((prefix) => ({ ...prefix, target: '' }))
  let left = 0
  for (let size = 1; size <= length; size += 1) {
    const isLast = size === length
    const grown = new Grown<State, Move>()
    for (const walk of walks) grow(walkable, walk, isLast, grown)
    walks = [...grown.walks.values()]
    left += grown.left
  }
  const { walks: kept, cutOff } = within(limit, walks)
  return { walks: kept, cutOff: cutOff + left }
}

/** Goes one transition further. Before the last, where it leads to counts too: what can follow depends on it. */
function grow<State, Move>(
  walkable: Walkable<State, Move>,
  { target, steps, end }: Walk<State, Move>,
  isLast: boolean,
  grown: Grown<State, Move>,
): void {
  for (const step of isLast ? walkable.lastSteps(end) : walkable.steps(end)) {
    for (const id of step.takes) {
      const sequence = target === '' ? id : `${target} → ${id}`
      const key = isLast ? sequence : `${sequence} ${walkable.key(step.next)}`
      grown.add(key, { target: sequence, steps: [...steps, step], end: step.next })
    }
  }
}

/** As many as the limit allows, taken evenly from all. */
function within<State, Move>(limit: number, walks: readonly Walk<State, Move>[]): Walks<State, Move> {
  const cutOff = Math.max(0, walks.length - limit)
  if (cutOff === 0) return { walks, cutOff }
  const kept = Array.from({ length: limit }, (_, index) => walks[Math.floor((index * walks.length) / limit)])
  return { walks: kept.flatMap((walk) => walk ?? []), cutOff }
}

/** Every walk that comes to no place twice, the shortest first. */
function simple<State, Move>(walkable: Walkable<State, Move>, limit: number): Walks<State, Move> {
  interface Open extends Walk<State, Move> {
    readonly places: ReadonlySet<string>
  }
  const start = walkable.place(walkable.start)
  const open: Open[] = [{ target: start, steps: [], end: walkable.start, places: new Set([start]) }]
  const walks: Walk<State, Move>[] = []
  let looked = 0
  for (let index = 0; index < open.length && looked < countedPaths; index += 1) {
    const walk = open[index]
    if (!walk) break
    const followed = new Set<string>()
    for (const step of walkable.steps(walk.end)) {
      const place = walkable.place(step.next)
      const kind = `${step.pairs.join(' ')} ${place}`
      if (walk.places.has(place) || followed.has(kind)) continue
      followed.add(kind)
      looked += 1
      open.push({
        target: `${walk.target} → ${place}`,
        steps: [...walk.steps, step],
        end: step.next,
        places: new Set([...walk.places, place]),
      })
    }
    // A walk that goes on is part of a longer one.
    if (followed.size === 0) walks.push(walk)
  }
  const { walks: kept, cutOff } = within(limit, walks)
  return { walks: kept, cutOff: cutOff + (looked >= countedPaths ? 1 : 0) }
}

/** The walks that reach a goal. */
export function walksFor<State, Move>(
  goal: CoverageGoal,
  walkable: Walkable<State, Move>,
  limit: number,
): Walks<State, Move> {
  if (goal === 'simple') return simple(walkable, limit)
  const prefixes = shortestWalks(walkable)
  if (typeof goal === 'object') return switching(walkable, prefixes, goal.nSwitch + 1, limit)
  const all = goal === 'shortest' ? onePerPlace(walkable, prefixes) : everything(walkable, prefixes)
  return within(limit, all)
}

function onePerPlace<State, Move>(
  walkable: Walkable<State, Move>,
  prefixes: readonly Walk<State, Move>[],
): Walk<State, Move>[] {
  const first = new Map<string, Walk<State, Move>>()
  for (const walk of prefixes) {
    const place = walkable.place(walk.end)
    if (!first.has(place)) first.set(place, { ...walk, target: place })
  }
  return [...first.values()]
}

function everything<State, Move>(
  walkable: Walkable<State, Move>,
  prefixes: readonly Walk<State, Move>[],
): Walk<State, Move>[] {
  const transitions = covering(walkable, prefixes, ({ takes }) => takes)
  return [
    ...transitions,
    ...missing(walkable, prefixes, transitions, ({ pairs }) => pairs),
    ...missing(walkable, prefixes, transitions, ({ guards = [] }) => guards),
  ]
}

/** Walks for what those that there are do not come by. */
function missing<State, Move>(
  walkable: Walkable<State, Move>,
  prefixes: readonly Walk<State, Move>[],
  walks: readonly Walk<State, Move>[],
  targetsOf: (step: Step<State, Move>) => readonly string[],
): Walk<State, Move>[] {
  const met = new Set(walks.flatMap(({ steps }) => steps.flatMap(targetsOf)))
  return covering(walkable, prefixes, targetsOf).filter(({ target }) => !met.has(target))
}
