import type { TaskEvent } from '../../model/events.ts'
import type { RecordPayload, StoredValue } from '../../model/journal-record.ts'

/** What is known of a step. */
export interface StepHistory {
  state: 'started' | 'failed' | 'finished' | 'undone'
  /** In which it was run last. */
  attempt: number
  result: StoredValue
  /** It has finished, even if it was undone since. */
  hasResult: boolean
  hasUndo: boolean
  hasUndoInDoubt: boolean
  /** The task that ran it, of which this one is the retry; `null`: this one. */
  doneBy: string | null
  /** An undo began, and no end of it is on record. */
  undoInDoubt: boolean
  /** Attempts that began it, of which no end is on record: what they did is in doubt. */
  open: readonly number[]
}

/** Whether nobody knows what a run of the step did. An effect under the key of a finished step is that step's. */
export function isInDoubt({ state, open }: StepHistory): boolean {
  return state === 'started' || (state !== 'finished' && open.length > 0)
}

/** Whether a step of a task that has ended may have taken effect after all, and can be undone: somebody has to. */
export function hasLateStep({ steps }: Pick<Steps, 'steps'>): boolean {
  return [...steps.values()].some((step) => isInDoubt(step) && (step.hasUndo || step.hasUndoInDoubt))
}

/** The pseudo-step that the definition's own `rollback` is recorded as. */
export const definitionRollback = 'rollback'

interface Steps {
  readonly steps: Map<string, StepHistory>
  rolledBack: 'no' | 'inDoubt' | 'yes'
}

type StepEvent = Extract<TaskEvent, { step: string }>

/** Takes one more record of one of the task's steps in. */
export function noteStep(history: Steps, event: StepEvent, payload: RecordPayload | null): void {
  const { steps } = history
  const before = steps.get(event.step)
  switch (event.type) {
    case 'task.step.started':
      steps.set(event.step, {
        state: 'started',
        attempt: event.attempt,
        result: undefined,
        hasResult: false,
        hasUndo: payload?.hasUndo ?? false,
        hasUndoInDoubt: payload?.hasUndoInDoubt ?? false,
        doneBy: null,
        undoInDoubt: false,
        open: [...(before?.open ?? []), event.attempt],
      })
      return
    case 'task.step.completed':
      // Behind all that finished before: undoing goes backwards.
      steps.delete(event.step)
      steps.set(event.step, {
        state: 'finished',
        attempt: event.attempt,
        result: payload?.result,
        hasResult: true,
        hasUndo: before?.hasUndo ?? false,
        hasUndoInDoubt: before?.hasUndoInDoubt ?? false,
        doneBy: payload?.doneBy ?? null,
        undoInDoubt: false,
        open: without(before, event.attempt),
      })
      return
    case 'task.step.failed':
      if (!before) return
      before.open = without(before, event.attempt)
      if (before.state === 'started') before.state = 'failed'
      return
    case 'task.undo.started':
    case 'task.undo.completed':
      if (before?.hasUndo || before?.hasUndoInDoubt) noteUndo(before, event.type === 'task.undo.completed', payload)
      else if (event.step === definitionRollback)
        history.rolledBack = event.type === 'task.undo.completed' ? 'yes' : 'inDoubt'
  }
}

function noteUndo(step: StepHistory, isDone: boolean, payload: RecordPayload | null): void {
  const { lateOf, stillRuns = false } = payload ?? {}
  if (isDone && lateOf !== undefined) step.open = without(step, lateOf)
  else if (isDone && !stillRuns) step.open = []
  // An earlier run's effect: that of the last run stands.
  if ((lateOf !== undefined && lateOf !== step.attempt) || step.state === 'undone') return
  step.undoInDoubt = !isDone
  if (isDone) step.state = 'undone'
}

function without(step: StepHistory | undefined, attempt: number): readonly number[] {
  return step?.open.filter((other) => other !== attempt) ?? []
}
