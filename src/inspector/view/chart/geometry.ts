import type { GraphState, GraphTransition } from './chart-graph.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** A line of text in a state or on an edge; `role` says how it is written. `countdown`: room for one, and empty. */
export interface TextLine {
  readonly text: string
  readonly role: 'title' | 'event' | 'detail' | 'countdown'
}

export interface DrawnState extends Box {
  readonly id: string
  readonly key: string
  readonly type: GraphState['type']
  readonly parent: string | null
  /** A part of a parallel state, drawn between dividers. */
  readonly isRegion: boolean
  readonly lines: readonly TextLine[]
  /** Its inside is not drawn: how many states that are. */
  readonly folded: number
}

/** All transitions between two states that are drawn, as one line with one label. */
export interface DrawnEdge {
  /** `source → target`. */
  readonly id: string
  readonly source: string
  readonly target: string
  /** Keys of the transitions that it stands for. */
  readonly transitions: readonly string[]
  readonly points: readonly Point[]
  readonly label: (Box & { readonly lines: readonly TextLine[] }) | null
}

/** Where a compound state begins: a dot and its arrow. */
export interface DrawnInitial {
  readonly state: string
  readonly at: Point
  readonly points: readonly Point[]
}

/** A line between two regions of a parallel state. */
export interface Divider {
  readonly state: string
  readonly from: Point
  readonly to: Point
}

/** A statechart laid out. Positions in px from the left top of the whole. */
export interface ChartGeometry {
  readonly root: string
  readonly width: number
  readonly height: number
  /** A state comes before those inside it. */
  readonly states: readonly DrawnState[]
  readonly edges: readonly DrawnEdge[]
  readonly initials: readonly DrawnInitial[]
  readonly dividers: readonly Divider[]
  /** Every transition of the machine, drawn or not. */
  readonly transitions: readonly GraphTransition[]
  /** Every state of the machine, drawn or not, in document order. */
  readonly allStates: readonly GraphState[]
}

/** How a chart is to be drawn. */
export interface ChartOptions {
  /** Compound states whose inside is left out. */
  readonly folded: readonly string[]
  /** `events`: labels name the events only, not guards and actions. */
  readonly labels: 'full' | 'events'
}
