import { expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { layOutChart } from '../../src/inspector/charts/layout-chart.ts'
import { readGraph } from '../../src/inspector/charts/read-graph.ts'
import type { Box, ChartGeometry, ChartOptions, DrawnState, Point } from '../../src/inspector/view/chart/geometry.ts'
import { supervisorMachine } from '../../src/machines/supervisor-machine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import { brewing } from './machines.ts'

const machines: readonly [string, AnyStateMachine][] = [
  ['task', taskMachine],
  ['supervisor', supervisorMachine],
  ['brewing', brewing],
]
const ways: readonly ChartOptions[] = [
  { labels: 'full', folded: [] },
  { labels: 'events', folded: [] },
  { labels: 'full', folded: ['task.executing', 'brewing.brewing'] },
]
const cases = machines.flatMap(([name, machine]) =>
  ways.map((options) => [`${name}, ${options.labels}, ${options.folded.length} folded`, machine, options] as const),
)

function overlap(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width - 0.5 &&
    other.x < one.x + one.width - 0.5 &&
    one.y < other.y + other.height - 0.5 &&
    other.y < one.y + one.height - 0.5
  )
}

function holds(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x - 0.5 &&
    inner.y >= outer.y - 0.5 &&
    inner.x + inner.width <= outer.x + outer.width + 0.5 &&
    inner.y + inner.height <= outer.y + outer.height + 0.5
  )
}

/** Each piece of a line as a box without width. */
function pieces(points: readonly Point[]): Box[] {
  return points.slice(1).map((to, index) => {
    const from = points[index] ?? to
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)]
    return { x, y, width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y) }
  })
}

function crosses(line: Box, box: Box): boolean {
  const inside = { x: box.x + 1, y: box.y + 1, width: box.width - 2, height: box.height - 2 }
  return (
    line.x < inside.x + inside.width &&
    inside.x < line.x + line.width + 0.01 &&
    line.y < inside.y + inside.height &&
    inside.y < line.y + line.height + 0.01
  )
}

function leaves({ states }: ChartGeometry): DrawnState[] {
  const parents = new Set(states.map(({ parent }) => parent))
  return states.filter(({ id }) => !parents.has(id))
}

function labels({ edges }: ChartGeometry): (Box & { readonly of: string })[] {
  return edges.flatMap(({ id, label }) => (label ? [{ ...label, of: id }] : []))
}

it.each(cases)('keeps states apart, and each inside its parent: %s', async (_, machine, options) => {
  const chart = await layOutChart(readGraph(machine).graph, options)
  const byId = new Map(chart.states.map((state) => [state.id, state]))
  for (const state of chart.states) {
    const parent = state.parent === null ? { x: 0, y: 0, ...chart } : byId.get(state.parent)
    expect(parent && holds(parent, state), state.id).toBe(true)
    for (const other of chart.states)
      if (other !== state && other.parent === state.parent)
        expect(overlap(state, other), `${state.id} and ${other.id}`).toBe(false)
  }
})

it.each(cases)('draws each transition that leads somewhere, once: %s', async (_, machine, options) => {
  const { graph } = readGraph(machine)
  const chart = await layOutChart(graph, options)
  expect(chart.transitions).toEqual(graph.transitions)
  const drawn = chart.edges.flatMap(({ transitions }) => transitions)
  expect(new Set(drawn).size).toBe(drawn.length)
  const isHidden = (id: string) => !chart.states.some((state) => state.id === id)
  const leading = graph.transitions.filter(({ targets }) => targets.length > 0)
  const inFolded = leading.filter(({ source, targets }) => isHidden(source) && targets.every(isHidden))
  expect(new Set([...drawn, ...inFolded.map(({ key }) => key)])).toEqual(new Set(leading.map(({ key }) => key)))
  for (const { id, points } of chart.edges) expect(points.length, id).toBeGreaterThan(1)
})

it.each(cases)('leads no line through a state that it does not belong to: %s', async (_, machine, options) => {
  const chart = await layOutChart(readGraph(machine).graph, options)
  for (const { id, points } of [...chart.edges, ...chart.initials.map(({ state, points }) => ({ id: state, points }))])
    for (const piece of pieces(points))
      for (const state of leaves(chart)) expect(crosses(piece, state), `${id} through ${state.id}`).toBe(false)
})

it.each(cases)('lays no label over a state, another label or the border: %s', async (_, machine, options) => {
  const chart = await layOutChart(readGraph(machine).graph, options)
  const all = labels(chart)
  for (const label of all) {
    expect(holds({ x: 0, y: 0, ...chart }, label), label.of).toBe(true)
    for (const state of leaves(chart)) expect(overlap(label, state), `${label.of} over ${state.id}`).toBe(false)
    for (const other of all)
      if (other !== label) expect(overlap(label, other), `${label.of} over ${other.of}`).toBe(false)
  }
})

it.each(cases)('lays no line over the label of another: %s', async (_, machine, options) => {
  const chart = await layOutChart(readGraph(machine).graph, options)
  for (const { id, points } of chart.edges)
    for (const piece of pieces(points))
      for (const label of labels(chart))
        if (label.of !== id) expect(crosses(piece, label), `${id} through the label of ${label.of}`).toBe(false)
})

it('numbers a state’s transitions by their place: always first, then event by event', () => {
  const { graph } = readGraph(brewing)
  const of = (source: string) =>
    graph.transitions.filter((one) => one.source === source).map(({ key, label, kind }) => [key, label, kind])
  expect(of('brewing.brewing.cup.empty')).toEqual([
    ['brewing.brewing.cup.empty#0', 'always', 'always'],
    ['brewing.brewing.cup.empty#1', 'pour', 'event'],
    ['brewing.brewing.cup.empty#2', 'stir', 'event'],
  ])
  expect(of('brewing.brewing.water.heating')).toEqual([['brewing.brewing.water.heating#0', 'after 20 ms', 'after']])
  expect(of('brewing.grinding').map(([, label]) => label)).toEqual(['done: mill', 'error: mill'])
  expect(of('brewing.ready').map(([, label]) => label)).toEqual(['taste', 'after settle'])
})

it('names what the machine does, and not what XState does for its delays', () => {
  const { graph } = readGraph(brewing)
  const ready = graph.states.find(({ id }) => id === 'brewing.ready')
  expect([ready?.entry, ready?.exit]).toEqual([['note'], []])
})

it('puts a divider between neighbouring regions', async () => {
  const chart = await layOutChart(readGraph(taskMachine).graph, { labels: 'full', folded: [] })
  expect(chart.dividers).toHaveLength(2)
  const regions = chart.states.filter(({ isRegion }) => isRegion)
  for (const { from, to } of chart.dividers)
    for (const region of regions) expect(crosses(pieces([from, to])[0] ?? region, region), region.id).toBe(false)
})
