import type { TaskEvent } from '../../../../src/model/events.ts'

/** A step of an attempt, or the undo of one. Times in ms since the epoch. */
export interface StepRun {
  readonly name: string
  readonly isUndo: boolean
  readonly startedAt: number
  endedAt: number | null
  /** What it threw; `null`: it did not, so far. */
  problem: string | null
}

export interface AttemptRun {
  readonly attempt: number
  readonly startedAt: number
  endedAt: number | null
  problem: string | null
  readonly steps: StepRun[]
}

/** The attempts of a task with their steps and undos, read from its events. */
export function attemptsOf(events: readonly TaskEvent[]): AttemptRun[] {
  const attempts: AttemptRun[] = []
  const open = new Map<string, StepRun>()
  const begin = (attempt: number, at: number) => {
    const next: AttemptRun = { attempt, startedAt: at, endedAt: null, problem: null, steps: [] }
    attempts.push(next)
    return next
  }
  const end = (at: number, problem: string | null) => {
    const last = attempts.at(-1)
    if (!last || last.endedAt !== null) return
    last.endedAt = at
    last.problem = problem
  }
  const start = (name: string, isUndo: boolean, at: number) => {
    const step: StepRun = { name, isUndo, startedAt: at, endedAt: null, problem: null }
    const last = attempts.at(-1) ?? begin(0, at)
    last.steps.push(step)
    open.set(`${isUndo}${name}`, step)
  }
  const finish = (name: string, isUndo: boolean, at: number, problem: string | null) => {
    const step = open.get(`${isUndo}${name}`)
    if (!step) return
    step.endedAt = at
    step.problem = problem
  }
  for (const event of events) {
    const { at } = event
    if (event.type === 'task.executing') begin(event.attempt, at)
    else if (event.type === 'task.step.started') start(event.step, false, at)
    else if (event.type === 'task.step.completed') finish(event.step, false, at, null)
    else if (event.type === 'task.step.failed') finish(event.step, false, at, event.message)
    else if (event.type === 'task.undo.started') start(event.step, true, at)
    else if (event.type === 'task.undo.completed') finish(event.step, true, at, null)
    else if (event.type === 'task.undo.failed') finish(event.step, true, at, event.message)
    else if (event.type === 'task.retrying' || event.type === 'task.rollingBack') end(at, event.failure.message)
    else if (event.type === 'task.failed' || event.type === 'task.cancelled') end(at, event.failure.message)
    else if (event.type === 'task.completed') end(at, null)
  }
  return attempts
}
