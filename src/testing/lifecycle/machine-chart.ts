import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** A transition of a user's machine, with a name that is the same in every copy of the machine. */
export interface MachineTransition {
  readonly id: string
  readonly source: AnyStateNode
  readonly event: string
  readonly guard: string | null
  readonly definition: AnyTransitionDefinition
}

function guardName(guard: unknown): string | null {
  if (guard === undefined) return null
  if (typeof guard === 'string') return guard
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type)
  return typeof guard === 'function' && guard.name !== '' ? guard.name : 'inline'
}

/** The transitions that start in a state itself, those without an event last. */
export function transitionsFrom(node: AnyStateNode): MachineTransition[] {
  const of = (event: string, definitions: readonly AnyTransitionDefinition[]) =>
    definitions.map(
      (definition, position): MachineTransition => ({
        id: `${node.id}:${event || 'always'}:${position}`,
        source: node,
        event,
        guard: guardName(definition.guard),
        definition,
      }),
    )
  const named = [...node.transitions].filter(([event]) => event !== '')
  return [...named.flatMap(([event, definitions]) => of(event, definitions)), ...of('', node.always ?? [])]
}

/** Every state below the root, in document order. */
export function machineStates(node: AnyStateNode): AnyStateNode[] {
  const children: AnyStateNode[] = Object.values(node.states)
  return children.flatMap((child) => [child, ...machineStates(child)])
}

export function machineTransitions(machine: AnyStateMachine): MachineTransition[] {
  return [machine.root, ...machineStates(machine.root)].flatMap(transitionsFrom)
}

/** Whether a state's transitions on `descriptor` answer an event: exact, or by a wildcard. */
export function answers(descriptor: string, event: string): boolean {
  if (descriptor === event || descriptor === '*') return true
  return descriptor.endsWith('.*') && event.startsWith(descriptor.slice(0, -1))
}

/** Which guards were asked on an event, and what they answered, told from the transitions that were taken. */
export function judgedMachineGuards(
  active: readonly AnyStateNode[],
  event: string,
  taken: ReadonlySet<string>,
): ReadonlyMap<string, boolean> {
  const judged = new Map<string, boolean>()
  for (const leaf of active) {
    if (leaf.type !== 'atomic' && leaf.type !== 'final') continue
    for (let at: AnyStateNode | undefined = leaf; at; at = at.parent) if (judge(at, event, taken, judged)) break
  }
  return judged
}

/** @returns whether one of the state's own transitions was taken */
function judge(node: AnyStateNode, event: string, taken: ReadonlySet<string>, judged: Map<string, boolean>): boolean {
  for (const { id, guard, event: descriptor } of transitionsFrom(node)) {
    if (event === '' ? descriptor !== '' : descriptor === '' || !answers(descriptor, event)) continue
    const held = taken.has(id)
    if (guard !== null) judged.set(id, held)
    if (held) return true
  }
  return false
}

/** The event types that a machine names, without XState's own and without wildcards. */
export function namedEvents(machine: AnyStateMachine): string[] {
  const types = machineTransitions(machine).map(({ event }) => event)
  return [...new Set(types)].filter(
    (type) => type !== '' && !type.includes('*') && !type.startsWith('xstate.') && type !== 'taskwright.stop',
  )
}
