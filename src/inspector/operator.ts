import { setImmediate } from 'node:timers/promises'
import { describeThrown, RefusedError } from '../model/errors.ts'
import type { Changes } from '../model/events.ts'
import type { Principal } from '../model/principal.ts'
import type { TaskView } from '../model/task-view.ts'
import type { TaskHandle } from '../runtime/handle.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Command, CommandResult } from './protocol.ts'
import type { Bulk } from './selection.ts'
import { select } from './selection.ts'

type One = Exclude<Command, Bulk>
type Done = CommandResult['done'][number]
type Refused = CommandResult['refused'][number]

/** Told of every command that was carried out or refused, and who gave it. */
export interface CommandNote {
  readonly by: Principal
  readonly command: Command
  readonly result: CommandResult
}

/** So many tasks are done with before others have their turn. */
const atOnce = 100

/**
 * Carries an operator's commands out on the runtime. What could not be done is in the result, task by task; what was
 * done is in the runtime's event log too, with who, why and what changed.
 */
export class Operator {
  readonly #noted: (note: CommandNote) => void

  constructor(noted: (note: CommandNote) => void) {
    this.#noted = noted
  }

  /** @param runtime as whoever asks has it */
  async carryOut(command: Command, runtime: Runtime): Promise<CommandResult> {
    const face = command.why === '' ? runtime : runtime.because(command.why)
    const result = 'tasks' in command ? await onMany(command, face) : await onOne(command, face)
    if (!('dryRun' in command && command.dryRun)) this.#noted({ by: face.principal, command, result })
    return result
  }
}

async function onMany(command: Bulk, runtime: Runtime): Promise<CommandResult> {
  const { matched, refused } = select(runtime, command)
  const result: CommandResult = { matched: matched.length, done: [], refused }
  if (command.dryRun) return result
  for (let from = 0; from < matched.length; from += atOnce) {
    // Together: with an audit log they are done when one commit has all of them.
    const some = matched.slice(from, from + atOnce).map((handle) => tell(command, handle, runtime))
    for (const told of await Promise.all(some)) {
      if ('code' in told) result.refused.push(told)
      else result.done.push(told)
    }
  }
  return result
}

async function tell(command: Bulk, handle: TaskHandle, runtime: Runtime): Promise<Done | Refused> {
  try {
    const done = await toTask(command, handle, runtime)
    const { action, why } = command
    runtime.noteIntervention({ action, taskId: handle.id, subject: null, why, changed: done.changed })
    return done
  } catch (thrown) {
    return refusal(handle.id, thrown)
  }
}

async function toTask(command: Bulk, handle: TaskHandle, runtime: Runtime): Promise<Done> {
  const { id: taskId } = handle
  if (command.action === 'retry') {
    const again = await runtime.retry(taskId, { from: command.from })
    return { taskId, newTaskId: again.id, changed: { triedAgainAs: { from: null, to: again.id } } }
  }
  const before = handle.view()
  switch (command.action) {
    case 'cancel':
      handle.beginCancel(command.why || 'cancelled by an operator')
      break
    case 'pause':
      handle.pause()
      break
    case 'resume':
      handle.resume()
      break
    case 'reprioritise':
      runtime.reprioritise(taskId, command.priority)
  }
  await hasTakenEffect(runtime)
  return { taskId, changed: changesBetween(before, handle.view()) }
}

async function onOne(command: One, runtime: Runtime): Promise<CommandResult> {
  const taskId = command.action === 'answer' ? command.taskId : null
  try {
    const { subject, changed } = await once(command, runtime)
    const { action, why } = command
    runtime.noteIntervention({ action, taskId, subject, why, changed })
    return { matched: 1, done: [{ taskId, changed }], refused: [] }
  } catch (thrown) {
    return { matched: 1, done: [], refused: [refusal(taskId, thrown)] }
  }
}

interface Effect {
  readonly subject: string | null
  readonly changed: Changes
}

async function once(command: One, runtime: Runtime): Promise<Effect> {
  switch (command.action) {
    case 'answer': {
      const handle = runtime.get(command.taskId)
      if (!handle) throw new RefusedError('UNKNOWN_TASK', `no task ${command.taskId}`)
      const asked = handle.questions().find(({ id }) => id === command.questionId)
      await handle.answer(command.answer, command.questionId)
      return { subject: null, changed: { question: { from: asked?.prompt ?? null, to: null } } }
    }
    case 'resize': {
      const { resource: subject, capacity: to } = command
      const from = runtime.resources().find(({ resource }) => resource === subject)?.capacity ?? null
      await runtime.resize(subject, to)
      return { subject, changed: { capacity: { from, to } } }
    }
    case 'pauseType':
      return ofType(command.taskType, runtime, () => runtime.pauseType(command.taskType))
    case 'resumeType':
      return ofType(command.taskType, runtime, () => runtime.resumeType(command.taskType))
    case 'pauseAll':
      return ofRuntime(runtime, () => runtime.pause())
    case 'resumeAll':
      return ofRuntime(runtime, () => runtime.resume())
    case 'drain':
      return ofRuntime(runtime, () => runtime.beginDrain())
  }
}

async function ofType(subject: string, runtime: Runtime, act: () => void): Promise<Effect> {
  const isPaused = () => runtime.pausedTypes().includes(subject)
  const from = isPaused()
  act()
  await hasTakenEffect(runtime)
  const to = isPaused()
  return { subject, changed: from === to ? {} : { paused: { from, to } } }
}

async function ofRuntime(runtime: Runtime, act: () => void): Promise<Effect> {
  const from = runtime.state
  act()
  await hasTakenEffect(runtime)
  const to = runtime.state
  return { subject: null, changed: from === to ? {} : { state: { from, to } } }
}

/** The end of what was begun is not waited for, but what comes of it at once. */
async function hasTakenEffect(runtime: Runtime): Promise<void> {
  await runtime.acted()
  await setImmediate()
}

function changesBetween(before: TaskView, after: TaskView): Changes {
  const changed: Record<string, Changes[string]> = {}
  for (const field of ['stage', 'activity', 'held', 'priority'] as const)
    if (before[field] !== after[field]) changed[field] = { from: before[field], to: after[field] }
  return changed
}

function refusal(taskId: string | null, thrown: unknown): Refused {
  const code = thrown instanceof RefusedError ? thrown.code : 'FAILED'
  return { taskId, code, message: describeThrown(thrown) }
}
