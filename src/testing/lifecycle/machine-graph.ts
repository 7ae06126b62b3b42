import type { AnyStateMachine, EventObject } from 'xstate'
import { namedEvents } from './machine-chart.ts'
import type { MachineMove } from './machine-moves.ts'
import { heldActors, isUnderWay, perform } from './machine-moves.ts'
import { noGates } from './piloted-definition.ts'
import type { Surroundings } from './surroundings.ts'
import type { Step, Walkable } from './walks.ts'
import { World } from './world.ts'

/** How many places, and how many with one state and different contexts, are looked at. */
export const placesLimit = 200
export const contextsLimit = 12

/** A place that a machine can come to: a state with a context. */
export interface MachinePlace {
  readonly key: string
  readonly words: string
  readonly leaves: readonly string[]
  /** The handler has ended there, well or not. */
  readonly isOver: boolean
  readonly isFinal: boolean
  readonly held: readonly string[]
}

/** A move of a machine, and where it led when it was found. */
export interface WayStep {
  readonly move: MachineMove
  readonly to: MachinePlace
}

export interface MachineNode extends MachinePlace {
  /** The first way there that was found: a shortest. */
  readonly way: readonly WayStep[]
}

export interface MachineEdge {
  readonly move: MachineMove
  readonly to: MachineNode
  readonly takes: readonly string[]
  readonly pairs: readonly string[]
  readonly guards: readonly string[]
}

/** Where a machine can get, found by running it. */
export interface MachineGraph {
  readonly start: MachineNode
  readonly nodes: ReadonlyMap<string, MachineNode>
  readonly edges: ReadonlyMap<string, readonly MachineEdge[]>
  /** Places that were come by and not looked at, for there are too many. */
  readonly cutOff: number
  /** Events that the machine breaks at because they come without what they should carry, and what it says. */
  readonly broken: ReadonlyMap<string, string>
}

interface Sample {
  readonly event: EventObject
  /** Made from its type alone. */
  readonly isBare: boolean
}

interface Seen {
  readonly place: MachinePlace
  readonly hasAnswered: boolean
  readonly takes: readonly string[]
  readonly pairs: readonly string[]
  readonly guards: readonly string[]
  readonly failure: string | null
}

/** Finds where a machine can get with one input, with the events that there are samples of. */
export class MachineExplorer {
  readonly #surroundings: Surroundings
  readonly #input: unknown
  readonly #samples: readonly Sample[]
  readonly #nodes = new Map<string, MachineNode>()
  readonly #edges = new Map<string, MachineEdge[]>()
  readonly #contexts = new Map<string, number>()
  readonly #broken = new Map<string, string>()
  #cutOff = 0

  constructor(surroundings: Surroundings, machine: AnyStateMachine, input: unknown, events: readonly EventObject[]) {
    this.#surroundings = surroundings
    this.#input = input
    const bare = namedEvents(machine).filter((type) => !events.some((event) => event.type === type))
    this.#samples = [
      ...events.map((event) => ({ event, isBare: false })),
      ...bare.map((type) => ({ event: { type }, isBare: true })),
    ]
  }

  async explore(): Promise<MachineGraph> {
    const start: MachineNode = { ...(await this.#replay([])).place, way: [] }
    const open: MachineNode[] = []
    this.#take(start, open)
    for (let node = open.shift(); node; node = open.shift()) {
      const edges: MachineEdge[] = []
      this.#edges.set(node.key, edges)
      for (const move of this.#movesFrom(node)) {
        const edge = await this.#follow(node, move)
        if (edge && this.#take(edge.to, open)) edges.push(edge)
      }
    }
    return { start, nodes: this.#nodes, edges: this.#edges, cutOff: this.#cutOff, broken: this.#broken }
  }

  /** @returns whether the place is one of those that are looked at */
  #take(node: MachineNode, open: MachineNode[]): boolean {
    if (this.#nodes.has(node.key)) return true
    const contexts = this.#contexts.get(node.words) ?? 0
    if (this.#nodes.size >= placesLimit || contexts >= contextsLimit) {
      this.#cutOff += 1
      return false
    }
    this.#contexts.set(node.words, contexts + 1)
    this.#nodes.set(node.key, node)
    if (!node.isOver) open.push(node)
    return true
  }

  #movesFrom({ held }: MachineNode): MachineMove[] {
    const settles = held.flatMap((actor): MachineMove[] => [
      { kind: 'settle', actor, how: 'resolves' },
      { kind: 'settle', actor, how: 'fails' },
    ])
    const sends = this.#samples
      .filter(({ event }) => !this.#broken.has(event.type))
      .map(({ event }): MachineMove => ({ kind: 'send', event }))
    return [...settles, { kind: 'time' }, ...sends]
  }

  async #follow(from: MachineNode, move: MachineMove): Promise<MachineEdge | null> {
    const moves = [...from.way.map((step) => step.move), move]
    const { place, takes, pairs, guards, failure, hasAnswered } = await this.#replay(moves)
    if (!hasAnswered && failure === null) return null
    const isBare = move.kind === 'send' && this.#samples.some(({ event, isBare }) => isBare && event === move.event)
    if (isBare && failure !== null && move.kind === 'send') {
      this.#broken.set(move.event.type, failure)
      return null
    }
    return { move, to: { ...place, way: [...from.way, { move, to: place }] }, takes, pairs, guards }
  }

  /** Runs the machine from its start, through all moves. */
  async #replay(moves: readonly MachineMove[]): Promise<Seen> {
    const world = new World(this.#surroundings)
    world.pilot.holdsActors = true
    await world.submit(this.#input, noGates)
    await world.until(() => world.isDone || world.handler.place !== null, 'start its machine')
    let hasAnswered = true
    for (const move of moves) {
      if (!isUnderWay(world)) break
      world.handler.taken()
      hasAnswered = await perform(world, move)
    }
    const seen = seenIn(world, hasAnswered)
    if (!world.isDone) {
      void world.handle.cancel('the lifecycle test has seen enough')
      await world.until(() => world.isDone, 'its end')
    }
    return seen
  }
}

function seenIn(world: World, hasAnswered: boolean): Seen {
  const { place } = world.handler
  const isOver = !isUnderWay(world)
  const status = place?.status ?? 'stopped'
  const key = place?.key ?? ''
  return {
    ...world.handler.taken(),
    hasAnswered,
    place: {
      key: isOver && status !== 'done' ? `over ${status} ${key}` : key,
      words: place?.words ?? '',
      leaves: place?.leaves ?? [],
      isOver,
      isFinal: status === 'done',
      held: heldActors(world),
    },
    failure: world.root.messages.includes('handler.failed') ? (world.root.model.context.failure?.message ?? '') : null,
  }
}

/** The graph as something to walk. */
export function machineWalkable({ start, edges }: MachineGraph): Walkable<MachineNode, MachineMove> {
  const lastSteps = ({ key }: MachineNode): Step<MachineNode, MachineMove>[] =>
    (edges.get(key) ?? []).map(({ to, ...edge }) => ({ ...edge, next: to }))
  return {
    start,
    key: ({ key }) => key,
    place: ({ words, isOver }) => `${words}${isOver ? ', over' : ''}`,
    steps: lastSteps,
    lastSteps,
  }
}
