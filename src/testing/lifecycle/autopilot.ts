import type { MachineGraph } from './machine-graph.ts'
import type { MachineMove } from './machine-moves.ts'
import { trigger } from './machine-moves.ts'
import type { World } from './world.ts'

/** More moves in one life lead nowhere. */
const mostMoves = 500

/** Brings a machine to its end from wherever it is, on the shortest way that is known. */
export class Autopilot {
  readonly #next: ReadonlyMap<string, MachineMove>
  /** The same by state alone, for a context that is not known. */
  readonly #nextByWords = new Map<string, MachineMove>()

  constructor(graph: MachineGraph) {
    this.#next = towardsEnd(graph)
    for (const [key, move] of this.#next) {
      const words = graph.nodes.get(key)?.words
      if (words !== undefined && !this.#nextByWords.has(words)) this.#nextByWords.set(words, move)
    }
  }

  /** A final state can be reached from this place. */
  knows(key: string): boolean {
    return this.#next.has(key)
  }

  /** What goes on with the machine of a world. */
  pilot(): (world: World) => boolean {
    let moves = 0
    return (world) => {
      const { place } = world.handler
      if (place?.status !== 'active' || moves >= mostMoves) return false
      const move = this.#next.get(place.key) ?? this.#nextByWords.get(place.words)
      if (!move || move.kind === 'time') return false
      if (move.kind === 'settle' && !world.pilot.standing.some(({ name }) => name === move.actor)) return false
      moves += 1
      trigger(world, move)
      return true
    }
  }
}

/** For each place, the first move on a shortest way to a final state: searched backwards from all of them. */
function towardsEnd({ nodes, edges }: MachineGraph): Map<string, MachineMove> {
  const into = new Map<string, { readonly from: string; readonly move: MachineMove }[]>()
  for (const [from, out] of edges)
    for (const { move, to } of out) into.set(to.key, [...(into.get(to.key) ?? []), { from, move }])
  const next = new Map<string, MachineMove>()
  const open = [...nodes.values()].filter(({ isFinal }) => isFinal).map(({ key }) => key)
  const reached = new Set(open)
  for (let key = open.shift(); key !== undefined; key = open.shift()) {
    for (const { from, move } of into.get(key) ?? []) {
      if (reached.has(from)) continue
      reached.add(from)
      next.set(from, move)
      open.push(from)
    }
  }
  return next
}
