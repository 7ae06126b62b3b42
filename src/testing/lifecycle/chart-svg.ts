import type { CoverageItem, DrawnChart, DrawnState, DrawnTransition } from './coverage-report.ts'

/** How something is shown: exercised, not exercised, or out of reach. */
export type Shade = 'met' | 'missed' | 'beyond'

export function shadeOf({ hits, unreachable }: Pick<CoverageItem, 'hits' | 'unreachable'>): Shade {
  if (hits > 0) return 'met'
  return unreachable === null ? 'missed' : 'beyond'
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const rowHeight = 28
const indent = 18
const left = 12
const boxWidth = 260
/** Room for the arcs on the right, by how many rows they span. */
const arcWidth = 420

interface Row {
  readonly state: DrawnState
  readonly index: number
  /** The last row of what lies in it. */
  readonly last: number
}

/** States one below the other, each compound one around what lies in it. */
function rowsOf(states: readonly DrawnState[]): Row[] {
  return states.map((state, index) => {
    let last = index
    while ((states[last + 1]?.depth ?? -1) > state.depth) last += 1
    return { state, index, last }
  })
}

function drawnState({ state, index, last }: Row, shade: Shade, hits: number): string {
  const x = left + state.depth * indent
  const y = index * rowHeight + 4
  const width = boxWidth - 2 * state.depth * indent
  const height = (last - index + 1) * rowHeight - 6
  const label = `${escaped(state.label)} <tspan class="count">×${hits}</tspan>`
  return `<g class="state ${shade}${state.isFinal ? ' final' : ''}"><title>${escaped(state.id)}: ${hits} times</title>
<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/><text x="${x + 8}" y="${y + 15}">${label}</text></g>`
}

interface Arc {
  readonly from: number
  readonly to: number
  readonly transitions: { readonly transition: DrawnTransition; readonly item: CoverageItem | undefined }[]
}

/** One arc for all transitions from one state to another. */
function arcsOf(chart: DrawnChart, rows: readonly Row[], items: ReadonlyMap<string, CoverageItem>): Arc[] {
  const rowOf = new Map(rows.map((row) => [row.state.id, row.index]))
  const arcs = new Map<string, Arc>()
  for (const transition of chart.transitions) {
    for (const target of transition.to) {
      const from = rowOf.get(transition.from)
      const to = rowOf.get(target)
      if (from === undefined || to === undefined) continue
      const key = `${from} ${to}`
      const arc = arcs.get(key) ?? { from, to, transitions: [] }
      arc.transitions.push({ transition, item: items.get(transition.id) })
      arcs.set(key, arc)
    }
  }
  return [...arcs.values()]
}

function drawnArc({ from, to, transitions }: Arc, rows: number, isLabelled: boolean): string {
  const shades = transitions.map(({ item }) => (item ? shadeOf(item) : 'beyond'))
  const shade = shades.includes('missed') ? 'missed' : shades.includes('met') ? 'met' : 'beyond'
  const x = left + boxWidth
  const y1 = from * rowHeight + 16
  const y2 = to * rowHeight + (from === to ? 22 : 12)
  const reach = 24 + (arcWidth - 40) * Math.sqrt(Math.abs(to - from) / Math.max(1, rows))
  const lines = transitions.map(({ transition: { event, guard }, item }) => {
    const when = guard === null ? '' : ` [${guard}]`
    return `${event}${when} ×${item?.hits ?? 0}`
  })
  const title = `<title>${escaped(lines.join('\n'))}</title>`
  const [first] = transitions
  const more = transitions.length > 1 ? ` +${transitions.length - 1}` : ''
  const words = `${shortEvent(first?.transition.event ?? '')}${more}`
  const label = `<text class="label ${shade}" x="${x + reach * 0.75 + 4}" y="${(y1 + y2) / 2 + 4}">${escaped(words)}</text>`
  return `${isLabelled ? label : ''}<path class="arc ${shade}" marker-end="url(#${shade})" d="M${x} ${y1}C${x + reach} ${y1} ${x + reach} ${y2} ${x + 4} ${y2}">${title}</path>`
}

/** With more arcs than this their labels would lie on each other. */
const labelledArcs = 30

/** XState's names of delays and of promises that end are long. */
function shortEvent(event: string): string {
  const [, after] = /^xstate\.after\.(.+?)\./.exec(event) ?? []
  if (after !== undefined) return `after ${after}`
  const [, how, actor] = /^xstate\.(done|error)\.\w+\.(.+)$/.exec(event) ?? []
  if (actor === undefined) return event
  return how === 'done' ? `${actor} done` : `${actor} failed`
}

const markers = (['met', 'missed', 'beyond'] as const)
  .map(
    (shade) =>
      `<marker id="${shade}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head ${shade}" d="M0 0L8 4L0 8z"/></marker>`,
  )
  .join('')

/**
 * A statechart as a picture that needs no layout engine: states nested one below the other, arcs on their right, both
 * coloured by what was exercised. What a transition is shows when it is pointed at.
 */
export function chartSvg(
  chart: DrawnChart,
  states: ReadonlyMap<string, CoverageItem>,
  transitions: ReadonlyMap<string, CoverageItem>,
): string {
  const rows = rowsOf(chart.states)
  const height = rows.length * rowHeight + 8
  const width = left + boxWidth + (chart.transitions.length > 0 ? arcWidth : left)
  const found = arcsOf(chart, rows, transitions)
  const arcs = found.map((arc) => drawnArc(arc, rows.length, found.length <= labelledArcs))
  const boxes = rows.map((row) => {
    const item = states.get(row.state.id)
    return drawnState(row, item ? shadeOf(item) : 'beyond', item?.hits ?? 0)
  })
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(chart.title)}"><defs>${markers}</defs>
${boxes.join('\n')}
${arcs.join('\n')}</svg>`
}
