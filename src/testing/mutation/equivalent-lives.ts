import { isDeepStrictEqual } from 'node:util'
import type { TaskEngine, TaskSnapshot } from '../../machines/task-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import { initialTaskContext } from '../../machines/task-tables.ts'
import { sampleTaskEvents } from '../lifecycle/life-messages.ts'
import { alike } from '../lifecycle/life-walks.ts'

/** Every state that the life of a task can come to, a representative of each that guards can tell apart. */
let known: readonly TaskSnapshot[] | null = null

function reachable(): readonly TaskSnapshot[] {
  const found = new Map<string, TaskSnapshot>()
  const open: TaskSnapshot[] = []
  const meet = (state: TaskSnapshot) => {
    const key = alike(state)
    if (found.has(key)) return
    found.set(key, state)
    open.push(state)
  }
  for (const maxAttempts of [1, 2])
    for (const conditionsMet of [false, true])
      meet(compiledTask.start(initialTaskContext({ id: 'task', type: 'task', maxAttempts, conditionsMet })))
  for (let state = open.shift(); state; state = open.shift())
    for (const event of messagesTo(state)) {
      const step = compiledTask.step(compiledTask.configurationOf(state.value), state.context, event)
      if (step) meet(step.snapshot)
    }
  return [...found.values()]
}

/** Of its attempt, and of the one before. */
function messagesTo({ context, status }: TaskSnapshot) {
  if (status === 'done') return []
  return [...sampleTaskEvents(context.epoch), ...sampleTaskEvents(context.epoch - 1)]
}

/** Whether an engine answers every message in every state that can be reached as our own does: same state, same effects. */
export function livesAlike(engine: TaskEngine): boolean {
  known ??= reachable()
  const answer = (by: TaskEngine, { value, context }: TaskSnapshot, event: ReturnType<typeof messagesTo>[number]) => {
    const step = by.step(by.configurationOf(value), context, event)
    return step && { value: step.snapshot.value, context: step.snapshot.context, effects: step.effects }
  }
  return known.every((state) =>
    messagesTo(state).every((event) =>
      isDeepStrictEqual(answer(engine, state, event), answer(compiledTask, state, event)),
    ),
  )
}
