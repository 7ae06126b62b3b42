import type { MessageLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'

/** A participant of the diagram: an actor, or all of a kind. */
export interface Column {
  readonly key: string
  readonly name: string
  readonly kind: 'outside' | 'clock' | 'store' | 'supervisor' | 'task' | 'handler'
}

const fixed: readonly Column[] = [
  { key: 'outside', name: 'Outside', kind: 'outside' },
  { key: 'clock', name: 'Clock', kind: 'clock' },
  { key: 'store', name: 'Store', kind: 'store' },
  { key: 'supervisor', name: 'Supervisor', kind: 'supervisor' },
]

const crowd = {
  task: { key: 'tasks', name: 'Tasks', kind: 'task' },
  handler: { key: 'handlers', name: 'Handlers', kind: 'handler' },
} as const

/**
 * Whose column an actor belongs to. With one task picked each actor has its own; else all tasks share one, and so do their
 * handlers: a column for each of hundreds of tasks could not be read.
 */
export function columnOf(actor: string, picked: string | null, { tasks }: RuntimeView): Column {
  const known = fixed.find(({ key }) => key === actor)
  if (known) return known
  const [task = actor, ...inner] = actor.split('/')
  if (picked === null) return inner.length === 0 ? crowd.task : crowd.handler
  const type = tasks.get(task)?.type ?? 'task'
  if (inner.length === 0) return { key: actor, name: type, kind: 'task' }
  return { key: actor, name: inner.at(-1) ?? actor, kind: 'handler' }
}

const order = ['outside', 'clock', 'store', 'supervisor', 'task', 'handler'] as const

/** The columns that these messages need, in order. */
export function columnsOf(messages: readonly MessageLine[], picked: string | null, view: RuntimeView): Column[] {
  const needed = new Map<string, Column>()
  for (const { from, to } of messages)
    for (const actor of [from, to]) {
      const column = columnOf(actor, picked, view)
      needed.set(column.key, column)
    }
  return [...needed.values()].sort(
    (one, other) => order.indexOf(one.kind) - order.indexOf(other.kind) || one.name.localeCompare(other.name),
  )
}
