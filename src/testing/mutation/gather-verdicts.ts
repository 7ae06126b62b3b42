import type { Worker } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { LifecycleError } from '../lifecycle/lifecycle-error.ts'
import { realNow } from '../lifecycle/real-time.ts'
import type { Survivor, Verdict } from './judge.ts'
import type { VerdictMessage } from './serve-verdicts.ts'

export interface MutationReport {
  readonly definition: string
  /** Faults that were planted. */
  readonly mutants: number
  /** Faults that a path has found. */
  readonly killed: number
  readonly survivors: readonly Survivor[]
  /** Faults that make no definition or machine, so that nothing could be run. Not among the planted. */
  readonly stillborn: number
  /** Faults that are proven to change nothing, whatever comes. Not among the planted. */
  readonly equivalent: number
  readonly paths: number
  readonly elapsedMs: number
}

export interface GatherOptions {
  readonly signal: AbortSignal
  /** How long one fault may keep its thread without a word, ms, before it counts as found. Default 60,000. */
  readonly hangMs?: number
  onVerdict?(what: string, verdict: Verdict, index: number, total: number): void
}

/** What one thread has come to: to the end, or to a fault that it hangs on. */
type Course = { readonly form: 'done' } | { readonly form: 'hangs'; readonly index: number; readonly what: string }

/**
 * Has faults judged in a thread; where one keeps it from its end, a new thread goes on behind it.
 * @param start makes the thread, to begin with the fault of that number
 * @throws LifecycleError (rejects) if a path fails with nothing planted, or nothing can be planned
 */
export async function gatherVerdicts(start: (from: number) => Worker, options: GatherOptions): Promise<MutationReport> {
  const since = realNow()
  const tally = { killed: 0, stillborn: 0, equivalent: 0 }
  const survivors: Survivor[] = []
  let begun = { definition: '', paths: 0, mutants: 0 }
  const note = (index: number, what: string, verdict: Verdict): void => {
    if (verdict.form === 'survived') survivors.push(verdict.survivor)
    else tally[verdict.form] += 1
    options.onVerdict?.(what, verdict, index, begun.mutants)
  }
  for (let from = 0; !options.signal.aborted; ) {
    const course = await follow(start(from), options, (message) => {
      if (message.form === 'begun') begun = message
      else if (message.form === 'judged') note(message.index, message.what, message.verdict)
    })
    if (course.form === 'done') break
    note(course.index, course.what, { form: 'killed', by: 'it never comes to its end' })
    from = course.index + 1
  }
  const { definition, paths } = begun
  const { killed, stillborn, equivalent } = tally
  const mutants = killed + survivors.length
  return { definition, mutants, killed, survivors, stillborn, equivalent, paths, elapsedMs: realNow() - since }
}

const defaultHangMs = 60_000

async function follow(
  worker: Worker,
  { signal, hangMs = defaultHangMs }: GatherOptions,
  tell: (message: VerdictMessage) => void,
): Promise<Course> {
  const course = Promise.withResolvers<Course>()
  const fail = (problem: string) => course.reject(unable([problem]))
  let current: Course = { form: 'done' }
  let timer: NodeJS.Timeout | undefined
  const hung = () => (current.form === 'hangs' ? course.resolve(current) : fail('nothing comes to its end'))
  const listen = () => {
    clearTimeout(timer)
    timer = setTimeout(hung, hangMs)
  }
  worker.on('message', (message: VerdictMessage) => {
    listen()
    tell(message)
    if (message.form === 'judging') current = { form: 'hangs', index: message.index, what: message.what }
    else if (message.form === 'failed') course.reject(unable(message.problems))
    else if (message.form === 'done') course.resolve({ form: 'done' })
  })
  // A fault may end its thread: memory that runs out, an error that nobody catches.
  const ended = (problem: string) => (current.form === 'hangs' ? course.resolve(current) : fail(problem))
  worker.on('error', (thrown) => ended(describeThrown(thrown)))
  worker.on('exit', () => ended('the thread that plants faults has ended'))
  const stop = () => course.resolve({ form: 'done' })
  signal.addEventListener('abort', stop, { once: true })
  listen()
  try {
    return await course.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

function unable(problems: readonly string[]): LifecycleError {
  return new LifecycleError('LIFECYCLE_UNFIT', 'faults cannot be planted:', problems)
}
