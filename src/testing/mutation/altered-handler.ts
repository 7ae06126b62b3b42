import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import { NonRetryableError } from '../../model/errors.ts'
import { ChildPaths } from '../lifecycle/child-paths.ts'

/** One thing that a handler, or the handler of one of its children, does otherwise. `path`: whose; empty for its own. */
export type Alteration =
  | { readonly does: 'skipUndo' | 'skipStep' | 'repeatStep'; readonly path: string; readonly name: string }
  /** `index` counts from 1, in the order in which they come. */
  | { readonly does: 'skipSleep' | 'skipQuestion'; readonly path: string; readonly index: number }
  | { readonly does: 'swapRetry' | 'spoilOutput'; readonly path: string }
  | { readonly does: 'skipRollback'; readonly path: string }

/** A loop that waits by sleeping must not become one that never lets go. */
const mostSkippedSleeps = 1_000

/** The definition with the alteration in its handler, or in that of the child that it is for. */
export function alteredDefinition(definition: TaskDefinition, alteration: Alteration, path = ''): TaskDefinition {
  const { handler, rollback, ...rest } = definition
  const undoes = rollback && !(alteration.does === 'skipRollback' && alteration.path === path)
  const kept = { ...rest, ...(undoes && { rollback }) }
  if (handler.form !== 'function') return { ...kept, handler }
  const { run } = handler
  return {
    ...kept,
    handler: {
      form: 'function',
      run: async (task, input) => {
        try {
          const output = await run(alteredTask(task, alteration, path), input)
          return alteration.does === 'spoilOutput' && alteration.path === path ? spoilt(output) : output
        } catch (thrown) {
          if (alteration.does !== 'swapRetry' || alteration.path !== path || task.signal.aborted) throw thrown
          throw swapped(thrown)
        }
      },
    },
  }
}

function swapped(thrown: unknown): Error {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return thrown instanceof NonRetryableError ? new Error(message) : new NonRetryableError(message)
}

/** Something of the same kind that is not the same. */
function spoilt(output: unknown): unknown {
  if (typeof output === 'string') return `${output} `
  if (typeof output === 'number') return output + 1
  if (typeof output === 'boolean') return !output
  if (Array.isArray(output)) return output.slice(1)
  if (typeof output !== 'object' || output === null) return output
  const [first, ...others] = Object.entries(output)
  return first ? Object.fromEntries([[first[0], spoilt(first[1])], ...others]) : output
}

type Call = (...args: readonly unknown[]) => unknown

function callSchema(value: unknown): Call {
  if (typeof value !== 'function') throw new TypeError('not a function')
  return (...args) => Reflect.apply(value, undefined, args)
}

/** What the handler calls, with one of its calls answered otherwise; everything else goes through. */
function alteredTask(task: TaskContext, alteration: Alteration, path: string): TaskContext {
  const calls = path === alteration.path ? new Map(ownCalls(task, alteration)) : new Map<PropertyKey, Call>()
  const children = new ChildPaths(path)
  calls.set('submit', (definition, input, options) => {
    const key = Reflect.get(Object(options ?? {}), 'key') ?? Reflect.get(Object(definition), 'type')
    const altered = alteredChild(definition, alteration, children.next(String(key)))
    return Reflect.apply(task.submit, task, [altered, input, options])
  })
  return new Proxy(task, {
    get(target, key) {
      const call = calls.get(key)
      if (call) return call
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function alteredChild(definition: unknown, alteration: Alteration, path: string): unknown {
  return isDefinition(definition) ? alteredDefinition(definition, alteration, path) : definition
}

function isDefinition(value: unknown): value is TaskDefinition {
  return typeof value === 'object' && value !== null && 'handler' in value && 'type' in value
}

function ownCalls(task: TaskContext, alteration: Alteration): [PropertyKey, Call][] {
  switch (alteration.does) {
    case 'skipUndo':
    case 'skipStep':
    case 'repeatStep':
      return [['step', stepCall(task, alteration)]]
    case 'skipSleep':
      return [['sleep', nthCall(alteration.index, (...args) => Reflect.apply(task.sleep, task, args), skipSleep())]]
    case 'skipQuestion':
      return [
        [
          'ask',
          nthCall(
            alteration.index,
            (...args) => Reflect.apply(task.ask, task, args),
            () => undefined,
          ),
        ],
      ]
    default:
      return []
  }
}

function stepCall(
  task: TaskContext,
  { does, name }: Extract<Alteration, { does: 'skipUndo' | 'skipStep' | 'repeatStep' }>,
): Call {
  return (called, run, options) => {
    const step = (code: unknown, how: unknown) => Reflect.apply(task.step, task, [called, code, how])
    if (called !== name) return step(run, options)
    const code = callSchema(run)
    if (does === 'skipUndo') return step(run, {})
    if (does === 'skipStep') return step(() => undefined, options)
    const twice = async (of: unknown) => {
      await code(of)
      return code(of)
    }
    return step(twice, options)
  }
}

/** Answers the call of that number otherwise. */
function nthCall(index: number, call: Call, otherwise: Call): Call {
  let count = 0
  return (...args) => {
    count += 1
    return Promise.resolve(count === index ? otherwise(...args) : call(...args))
  }
}

function skipSleep(): Call {
  let skipped = 0
  return () => {
    skipped += 1
    if (skipped > mostSkippedSleeps) throw new Error('it no longer sleeps, and goes round in circles')
  }
}
