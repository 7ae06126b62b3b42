import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { guardId } from '../lifecycle/tally.ts'
import type { Place } from './chart-edits.ts'
import { asList, asPlain, asWritten, editAt, replaced, without } from './chart-edits.ts'
import type { MutantKind, Touched } from './mutant.ts'
import type { WrittenAnswers, WrittenState } from './written-chart.ts'
import { partName, writtenAnswers, writtenInvocations, writtenStates } from './written-chart.ts'

/** A change of a machine's config. */
export interface ChartFault {
  readonly kind: MutantKind
  readonly what: string
  readonly touches: readonly Touched[]
  edit(config: unknown): unknown
}

export interface ChartFaultOptions {
  /** What coverage reports call the machine. */
  readonly chart: string
  /** A guard that holds where the given one does not. */
  negate(guard: unknown): unknown
}

const places = ['first', 'second', 'third', 'fourth', 'fifth']

/** Every single fault that can be planted in the structure of a machine. */
export function chartFaults(machine: AnyStateMachine, options: ChartFaultOptions): ChartFault[] {
  const states = writtenStates(machine)
  return states.flatMap((state) => [
    ...writtenAnswers(state).flatMap((answers) =>
      answers.list.flatMap((_, position) => answerFaults(answers, position, states, options)),
    ),
    ...stateFaults(state, options),
  ])
}

/** The faults of one transition. */
function answerFaults(
  answers: WrittenAnswers,
  position: number,
  states: readonly WrittenState[],
  { chart, negate }: ChartFaultOptions,
): ChartFault[] {
  const { state, place, event, words, list } = answers
  const { node } = state
  const answer = list[position]
  if (!answer) return []
  const id = `${node.id}:${event || 'always'}:${position}`
  const which = list.length === 1 ? 'the answer' : `the ${places[position] ?? `${position + 1}th`} answer`
  const subject = `${which} of ${node.id} to ${words}`
  const touches: Touched[] = [{ kind: 'transitions', chart, id }]
  const fault = (kind: MutantKind, what: string, next: readonly unknown[], touched = touches): ChartFault => ({
    kind,
    what: `${subject} ${what}`,
    touches: touched,
    edit: (config) => editAt(config, place, () => asWritten(next)),
  })
  const faults = [fault('drop transition', 'is left out', without(list, position))]
  const targets = targetsOf(answers, position)
  const other = otherTarget(targets[0], node)
  if (other) {
    const to = `goes to ${other.id} in place of ${targets.map((target) => target.id).join(' and ')}`
    faults.push(fault('retarget transition', to, replaced(list, position, { ...answer, target: targetOf(other) })))
  }
  const next = list[position + 1]
  if (next && 'target' in answer && 'target' in next && answer['target'] !== next['target']) {
    const swapped = replaced(replaced(list, position, { ...answer, target: next['target'] }), position + 1, {
      ...next,
      target: answer['target'],
    })
    faults.push(fault('swap targets', 'and the one after it have each other’s targets', swapped))
  }
  const { guard } = answer
  if (guard !== undefined) {
    const asked: Touched[] = [true, false].map((held) => ({ kind: 'guards', chart, id: guardId(id, held) }))
    const name = partName(guard)
    faults.push(
      fault(
        'negate guard',
        `is given where ${name} does not hold`,
        replaced(list, position, { ...answer, guard: negate(guard) }),
        asked,
      ),
      fault(
        'drop guard',
        `does not ask ${name}`,
        replaced(list, position, { ...answer, guard: undefined }),
        asked.slice(1),
      ),
    )
  }
  const actions = asList(answer['actions'])
  actions.forEach((action, index) => {
    const fewer = { ...answer, actions: without(actions, index) }
    faults.push(fault('drop action', `does not do ${partName(action)}`, replaced(list, position, fewer)))
  })
  return [...faults, ...duplicates(answers, position, states, chart)]
}

/** The same answer in a neighbouring state that had none of its own. */
function duplicates(
  { state, place, event, words, list }: WrittenAnswers,
  position: number,
  states: readonly WrittenState[],
  chart: string,
): ChartFault[] {
  const answer = list[position]
  const isOn = place.at(-2) === 'on'
  // A target below the state itself has no meaning elsewhere.
  if (!isOn || !answer || String(answer['target']).startsWith('.')) return []
  // Of regions side by side, one that answers is enough.
  if (state.node.parent?.type === 'parallel') return []
  const siblings = states.filter(({ node }) => node.parent === state.node.parent && node.type !== 'final')
  // Where a state within answers already, its answer comes first, or the same is done twice.
  const isAnswered = ({ node }: WrittenState) =>
    states.some((one) => isWithin(one.node, node) && event in asPlain(one.config['on']))
  const at = siblings.findIndex(({ node }) => node === state.node)
  const around = [...siblings.slice(at + 1), ...siblings.slice(0, at)]
  // To go where one is already, and do nothing on the way, changes nothing.
  const [target] = targetsOf({ state, place, event, words, list }, position)
  const changes = ({ node }: WrittenState) =>
    target !== node || answer['actions'] !== undefined || answer['reenter'] === true
  const sibling = around.find((one) => !isAnswered(one) && changes(one))
  if (!sibling) return []
  const { node } = sibling
  return [
    {
      kind: 'duplicate transition',
      what: `${node.id} answers ${words} too, as ${state.node.id} does`,
      touches: [{ kind: 'pairs', chart, id: `${chart === 'handler' ? node.id : stageKey(node)} ${event}` }],
      edit: (config) => editAt(config, [...sibling.place, 'on', event], () => answer),
    },
  ]
}

function targetsOf({ state, event }: WrittenAnswers, position: number): readonly AnyStateNode[] {
  const { node } = state
  const definitions = event === '' ? node.always : node.transitions.get(event)
  return definitions?.[position]?.target ?? []
}

/** Another state for a transition to go to: a neighbour of its target, if there is one, or the root's. */
function otherTarget(target: AnyStateNode | undefined, source: AnyStateNode): AnyStateNode | null {
  if (!target) return null
  for (let parent = target.parent; parent; parent = parent.parent) {
    if (parent.type === 'parallel') continue
    const siblings: AnyStateNode[] = Object.values(parent.states)
    const at = siblings.indexOf(target)
    const around = [...siblings.slice(at + 1), ...siblings.slice(0, Math.max(0, at))]
    const other = around.find(
      (sibling) => sibling !== source && sibling.type !== 'history' && !isWithin(target, sibling),
    )
    if (other) return other
  }
  return null
}

function isWithin(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let at: AnyStateNode | undefined = node; at; at = at.parent) if (at === ancestor) return true
  return false
}

/** What reports on the life of a task call a state: by the stage that it is in. */
function stageKey(node: AnyStateNode): string {
  return node.parent?.parent ? stageKey(node.parent) : node.key
}

/** A dot in an id would be read as a path. */
function targetOf({ id }: AnyStateNode): string {
  return `#${id.replaceAll('.', '\\.')}`
}

/** The faults of a state beside its transitions. */
function stateFaults(state: WrittenState, { chart }: ChartFaultOptions): ChartFault[] {
  const { node, config, place } = state
  const touches: Touched[] = [{ kind: 'states', chart, id: node.id }]
  const faults: ChartFault[] = []
  const fault = (kind: MutantKind, what: string, keys: Place, value: unknown): void => {
    faults.push({ kind, what, touches, edit: (root) => editAt(root, [...place, ...keys], () => value) })
  }
  for (const [key, kind] of [
    ['entry', 'drop entry action'],
    ['exit', 'drop exit action'],
  ] as const) {
    const actions = asList(config[key])
    actions.forEach((action, index) => {
      const when = key === 'entry' ? 'entered' : 'left'
      fault(
        kind,
        `${node.id} does not do ${partName(action)} when it is ${when}`,
        [key],
        asWritten(without(actions, index)),
      )
    })
  }
  for (const [delay, answer] of Object.entries(asPlain(config['after']))) {
    const ms = Number(delay)
    if (!Number.isFinite(ms)) continue
    const others = Object.entries(asPlain(config['after'])).filter(([key]) => key !== delay)
    const longer = Object.fromEntries([...others, [String(2 * ms + 1), answer]])
    fault('change delay', `${node.id} waits ${2 * ms + 1} ms in place of ${delay} ms`, ['after'], longer)
  }
  const first = typeof config['initial'] === 'string' ? config['initial'] : null
  const other = Object.values(node.states).find(({ key, type }) => key !== first && type !== 'history')
  if (first !== null && other)
    fault('change initial state', `${node.id} begins in ${other.key} in place of ${first}`, ['initial'], other.key)
  if (config['type'] === 'final') fault('never final', `${node.id} is no longer a final state`, ['type'], undefined)
  for (const { id, keys } of writtenInvocations(state))
    fault('drop invocation', `${node.id} does not invoke ${id}`, keys, undefined)
  return faults
}
