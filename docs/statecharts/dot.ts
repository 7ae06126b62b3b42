import type { ChartState, ChartTransition } from '../../src/machines/chart.ts'
import { statesOf } from '../../src/machines/chart.ts'

const quote = (text: string) => `"${text.replaceAll('"', '\\"')}"`

/** A state that stands for a compound one where an edge needs an end. */
function anchorOf(state: ChartState): ChartState {
  const inner = state.initial ?? state.children[0]
  return inner ? anchorOf(inner) : state
}

const finalColours: Readonly<Record<string, string>> = {
  completed: '#2e7d32',
  failed: '#c62828',
  cancelled: '#6d6d6d',
  rejected: '#ef6c00',
}

function drawState(state: ChartState): string {
  if (state.children.length === 0) {
    const colour = finalColours[state.key] ?? '#3b5b92'
    const shape = state.type === 'final' ? 'peripheries=2' : 'peripheries=1'
    return `${quote(state.id)} [label=${quote(state.key)} color="${colour}" fontcolor="${colour}" ${shape}]`
  }
  const style = state.parent?.type === 'parallel' ? 'dashed' : 'rounded'
  return [
    `subgraph ${quote(`cluster_${state.id}`)} {`,
    `label=${quote(state.key)} style="${style}" color="#9aa7bd" fontcolor="#3b5b92"`,
    ...state.children.map(drawState),
    '}',
  ].join('\n')
}

/** One edge for all messages that lead from one state to another. */
function drawEdges(states: readonly ChartState[]): string[] {
  const labels = new Map<string, { from: ChartState; to: ChartState; events: Set<string> }>()
  const note = ({ source, event }: ChartTransition, to: ChartState) => {
    const key = `${source.id} ${to.id}`
    const edge = labels.get(key) ?? { from: source, to, events: new Set<string>() }
    edge.events.add(event)
    labels.set(key, edge)
  }
  for (const state of states) {
    for (const transitions of state.transitions.values()) {
      for (const transition of transitions) for (const target of transition.targets) note(transition, target)
    }
  }
  return [...labels.values()].map(({ from, to, events }) => {
    const ends = [from.children.length > 0 ? `ltail=${quote(`cluster_${from.id}`)}` : '']
    if (to.children.length > 0) ends.push(`lhead=${quote(`cluster_${to.id}`)}`)
    const label = [...events].join('\\n')
    return `${quote(anchorOf(from).id)} -> ${quote(anchorOf(to).id)} [label=${quote(label)} ${ends.join(' ')}]`
  })
}

/** A statechart in Graphviz's language: states nested, one arrow for all messages between two states. */
export function toDot(root: ChartState): string {
  return [
    'digraph {',
    'compound=true rankdir=TB nodesep=0.35 ranksep=0.45 bgcolor="white" fontname="Helvetica"',
    'node [shape=box style="rounded" fontname="Helvetica" fontsize=12 margin="0.14,0.07"]',
    'edge [fontname="Helvetica" fontsize=9 color="#7a869a" fontcolor="#555555" arrowsize=0.7]',
    ...root.children.map(drawState),
    ...drawEdges(statesOf(root)),
    '}',
  ].join('\n')
}
