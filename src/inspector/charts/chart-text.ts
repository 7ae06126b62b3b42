import type { GraphState, GraphTransition } from '../view/chart/chart-graph.ts'
import type { ChartOptions, TextLine } from '../view/chart/geometry.ts'
import { textWidth } from './text-measures.ts'

/** Font size and height of a line in px, by how it is written. The page's style sheet has the same. */
const type = {
  title: { size: 14, height: 20 },
  event: { size: 12, height: 16 },
  detail: { size: 11, height: 15 },
  countdown: { size: 11, height: 15 },
} as const

/** A line is broken before it grows longer than this, in px. */
const longest = 220

export interface Size {
  readonly width: number
  readonly height: number
}

/** Room for how long a state was active and how often, and for what is left of a delay. */
export const meter: Size = { width: 84, height: 16 }
const countdownWidth = 62

export function sizeOf(lines: readonly TextLine[]): Size {
  return {
    width: Math.max(
      0,
      ...lines.map(({ text, role }) => (role === 'countdown' ? countdownWidth : textWidth(text, type[role].size))),
    ),
    height: lines.reduce((sum, { role }) => sum + type[role].height, 0),
  }
}

/** Words joined by commas, broken into lines. */
function listed(before: string, words: readonly string[], role: TextLine['role']): TextLine[] {
  const lines: TextLine[] = []
  let line = before
  for (const [index, word] of words.entries()) {
    const next = `${word}${index < words.length - 1 ? ',' : ''}`
    const longer = line === '' ? next : `${line} ${next}`
    if (line !== before && textWidth(longer, type[role].size) > longest) {
      lines.push({ text: line, role })
      line = next
    } else line = longer
  }
  return words.length > 0 ? [...lines, { text: line, role }] : []
}

/** What a state's box says. */
export function stateLines({ key, entry, exit, invokes }: GraphState, { labels }: ChartOptions): TextLine[] {
  const title: TextLine = { text: key, role: 'title' }
  if (labels === 'events') return [title]
  return [
    title,
    ...listed('runs', invokes, 'detail'),
    ...listed('entry /', entry, 'detail'),
    ...listed('exit /', exit, 'detail'),
  ]
}

/** What is written on the line for several transitions: those with the same guard and actions share their lines. */
export function edgeLines(transitions: readonly GraphTransition[], { labels }: ChartOptions): TextLine[] {
  const countdown: TextLine[] = transitions.some(hasCountdown) ? [{ text: '', role: 'countdown' }] : []
  const events = (some: readonly GraphTransition[]) => listed('', [...new Set(some.map(({ label }) => label))], 'event')
  if (labels === 'events') return [...events(transitions), ...countdown]
  const alike = Map.groupBy(transitions, ({ guard, actions }) => JSON.stringify([guard, actions]))
  const lines = [...alike.values()].flatMap((same): TextLine[] => {
    const { guard, actions } = same[0] ?? { guard: null, actions: [] }
    const condition: TextLine[] = guard === null ? [] : [{ text: `[${guard}]`, role: 'detail' }]
    return [...events(same), ...condition, ...listed('/', actions, 'detail')]
  })
  return [...lines, ...countdown]
}

/** A deadline may strike in every stage of a life: it is shown once, in words. */
function hasCountdown({ isTimed, event }: GraphTransition): boolean {
  return isTimed && event !== 'deadline'
}
