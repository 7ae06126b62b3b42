import type { AnyActorLogic } from 'xstate'
import { createActor } from 'xstate'
import { InvariantError } from '../model/errors.ts'
import type { Execution } from './execution.ts'
import type { ExecutorPort, RunningHandler } from './running-handler.ts'
import { failureOf } from './running-handler.ts'

const functionHandler: RunningHandler = {
  child: null,
  stop: () => undefined,
  abandon: () => undefined,
  end: () => undefined,
}

function runFunction(
  execution: Execution,
  run: (task: Execution, input: unknown) => unknown,
  port: ExecutorPort,
): RunningHandler {
  const failed = (thrown: unknown) => execution.stopSteps(() => port.failed(failureOf(thrown)))
  const completed = (output: unknown) => execution.whenStepsSettled(() => port.completed(output))
  try {
    const answer = run(execution, execution.input)
    if (answer instanceof Promise) answer.then(completed, failed)
    else if (isThenable(answer)) Promise.resolve(answer).then(completed, failed)
    else completed(answer)
  } catch (thrown) {
    failed(thrown)
  }
  return functionHandler
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The event that a machine handler may handle to end in good order when its task is stopped. */
export const stopEvent = 'taskwright.stop'

function handlesStop(snapshot: unknown): boolean {
  if (typeof snapshot !== 'object' || snapshot === null || !('can' in snapshot)) return false
  try {
    return typeof snapshot.can === 'function' && snapshot.can({ type: stopEvent }) === true
  } catch {
    // Asking runs the machine's guards, and one of them threw.
    return false
  }
}

function stateOf(snapshot: unknown): string | null {
  if (typeof snapshot !== 'object' || snapshot === null || !('value' in snapshot)) return null
  return typeof snapshot.value === 'string' ? snapshot.value : JSON.stringify(sorted(snapshot.value))
}

/** Keys in one order: XState's own varies with the transition that led to the state. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

function runLogic(execution: Execution, logic: AnyActorLogic, port: ExecutorPort): RunningHandler {
  const child = createActor(logic, { parent: port.self, id: `${execution.id}/handler`, input: execution.input })
  let ended = false
  let shown: string | null = null
  const end = (tell: () => void) => {
    if (ended) return
    ended = true
    tell()
  }
  const tellEnd = () => {
    const snapshot = child.getSnapshot()
    if (snapshot.status === 'done') port.completed(snapshot.output)
    else port.failed(failureOf(new Error('the handler was stopped before it was done')))
  }
  const abandon = () => {
    end(() => undefined)
    port.stopChild(child)
  }
  child.subscribe({
    next: (snapshot) => {
      port.alive()
      const state = stateOf(snapshot)
      if (ended || state === null || state === shown) return
      shown = state
      port.moved(state)
    },
    // After XState's own message to the parent: a task that had ended by then would make it warn.
    complete: () => queueMicrotask(() => end(tellEnd)),
    error: (thrown) => end(() => port.failed(failureOf(thrown))),
  })
  child.start()
  return {
    child,
    stop: () => {
      if (handlesStop(child.getSnapshot())) child.send({ type: stopEvent })
      else port.stopChild(child)
    },
    abandon,
    end: () => undefined,
  }
}

/**
 * Runs handlers in the host's own process and thread, for trusted code. A handler that throws, rejects or never
 * answers harms no other task, but one that never yields stops the thread for all.
 */
export function runInline(execution: Execution, port: ExecutorPort): RunningHandler {
  const { handler } = execution.definition
  if (handler.form === 'function') return runFunction(execution, (task, input) => handler.run(task, input), port)
  if (handler.form === 'isolated') throw new InvariantError(`the handler of ${execution.id} is not to run inline`)
  try {
    return runLogic(execution, handler.logic, port)
  } catch (thrown) {
    // Not logic that XState can run.
    port.failed(failureOf(thrown))
    return functionHandler
  }
}
