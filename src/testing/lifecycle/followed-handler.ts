import type { ActorRefLike, AnyStateNode, EventObject, InspectionEvent } from 'xstate'
import { isMachineSnapshot } from 'xstate'
import { judgedMachineGuards, transitionsFrom } from './machine-chart.ts'
import type { Tally } from './tally.ts'
import { guardId } from './tally.ts'

/** What a machine that is a handler has come to. */
export interface HandlerPlace {
  /** State and context: two places with one key are the same. */
  readonly key: string
  /** The state in words. */
  readonly words: string
  /** Ids of the innermost active states. */
  readonly leaves: readonly string[]
  readonly status: 'active' | 'done' | 'error' | 'stopped'
}

/** What a machine has exercised: transitions, pairs of a state and an event, and guards each way. */
export interface Exercised {
  readonly takes: readonly string[]
  readonly pairs: readonly string[]
  readonly guards: readonly string[]
}

/** The machine that is the handler of the walked task: what it goes through, and what it exercises on the way. */
export class FollowedHandler {
  readonly #tally: Tally
  /** Of the present attempt; `null`: its machine has not started. */
  place: HandlerPlace | null = null
  /** How many messages it has got over all attempts. */
  messages = 0
  /** How often it was started. */
  starts = 0
  /** Transitions and pairs since they were last taken away. */
  #takes: string[] = []
  #pairs: string[] = []
  #guards: string[] = []
  /** States that are active now, and those that were when the machine last rested. */
  #active: readonly AnyStateNode[] = []
  #rested: readonly AnyStateNode[] = []
  #microsteps = 0
  #ref: ActorRefLike | null = null

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** What was exercised since the last time. */
  taken(): Exercised {
    const exercised = { takes: this.#takes, pairs: this.#pairs, guards: this.#guards }
    this.#takes = []
    this.#pairs = []
    this.#guards = []
    return exercised
  }

  /** The actor of the present attempt's machine. */
  send(event: EventObject): void {
    this.#ref?.send(event)
  }

  follow(inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.actor') this.#begin(inspected.actorRef)
    else if (inspected.type === '@xstate.microstep') this.#step(inspected)
    else if (inspected.type === '@xstate.snapshot') this.#rest(inspected.event.type, inspected.snapshot)
  }

  #step({ event, snapshot, _transitions: transitions }: Extract<InspectionEvent, { type: '@xstate.microstep' }>): void {
    const ids = new Set(
      transitions.flatMap((transition) => {
        const own = transitionsFrom(transition.source).find(({ definition }) => definition === transition)
        return own ? [own.id] : []
      }),
    )
    // The first microstep answers the event; those after it need none.
    const cause = this.#microsteps === 0 ? event.type : ''
    this.#microsteps += 1
    for (const id of ids) {
      this.#tally.hit('transitions', 'handler', id)
      this.#takes.push(id)
    }
    this.#judge(judgedMachineGuards(this.#active, cause, ids))
    this.#enter(snapshot)
  }

  #begin(ref: ActorRefLike): void {
    this.#ref = ref
    this.#active = []
    this.#rested = []
    this.#microsteps = 0
  }

  #rest(event: string, snapshot: unknown): void {
    if (event === 'xstate.init') this.starts += 1
    else this.#answered(event)
    this.#microsteps = 0
    this.#enter(snapshot)
    // At rest, what needs no event was asked, and did not hold.
    this.#judge(judgedMachineGuards(this.#active, '', new Set()))
    this.#rested = this.#active
    this.place = placeOf(snapshot)
  }

  #answered(event: string): void {
    this.messages += 1
    for (const { id, type } of this.#rested) {
      if (type !== 'atomic') continue
      const pair = `${id} ${event}`
      this.#tally.hit('pairs', 'handler', pair)
      this.#pairs.push(pair)
    }
    if (this.#microsteps > 0) return
    this.#judge(judgedMachineGuards(this.#rested, event, new Set()))
  }

  #judge(judged: ReadonlyMap<string, boolean>): void {
    for (const [id, held] of judged) {
      this.#tally.guard('handler', id, held)
      this.#guards.push(guardId(id, held))
    }
  }

  #enter(snapshot: unknown): void {
    const nodes = nodesOf(snapshot)
    for (const node of nodes) {
      if (this.#active.includes(node) || !node.parent) continue
      this.#tally.hit('states', 'handler', node.id)
    }
    this.#active = nodes
  }
}

function nodesOf(snapshot: unknown): readonly AnyStateNode[] {
  return isMachineSnapshot(snapshot) ? snapshot._nodes : []
}

function placeOf(snapshot: unknown): HandlerPlace | null {
  if (!isMachineSnapshot(snapshot)) return null
  const { value, context, status } = snapshot
  const children = Object.keys(snapshot.children).sort()
  const leaves = snapshot._nodes.filter(({ type }) => type === 'atomic' || type === 'final').map(({ id }) => id)
  return { key: stable([value, context, status, children]), words: valueWords(value), leaves, status }
}

/** A state value in words: `a.b`, or with the regions of a parallel state in braces. */
function valueWords(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  const words = entries.map(([key, inner]) => {
    const below = valueWords(inner)
    return below === '' ? key : `${key}.${below}`
  })
  return words.length === 1 ? (words[0] ?? '') : words.length === 0 ? '' : `{${words.join(', ')}}`
}

/** JSON that is the same for the same, whatever the order of keys; maps, sets and functions are told apart by what they hold. */
function stable(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner === 'bigint') return `${inner}n`
      if (typeof inner === 'function') return `function ${inner.name}`
      if (inner instanceof Map) return [...inner]
      if (inner instanceof Set) return [...inner]
      if (inner instanceof Error) return `${inner.name}: ${inner.message}`
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
      // An actor stands for itself by its id.
      if ('send' in inner && 'id' in inner) return `actor ${String(inner.id)}`
      return Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
    })
  } catch {
    return 'something that cannot be written down'
  }
}
