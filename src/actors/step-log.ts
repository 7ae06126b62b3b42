/** A finished step: its result for later attempts, and how to take its effect back. */
export interface FinishedStep<Result> {
  readonly name: string
  readonly result: Result
  readonly undo: ((signal: AbortSignal) => unknown) | null
}

/** The finished steps of a task over all its attempts, in the order in which they finished. */
export class StepLog {
  readonly #steps = new Map<string, FinishedStep<unknown>>()

  /** A step's name stands for its type: the same name gives what the same code gave in an earlier attempt. */
  get<Result>(name: string): FinishedStep<Result> | undefined
  get(name: string): FinishedStep<unknown> | undefined {
    return this.#steps.get(name)
  }

  add(step: FinishedStep<unknown>): void {
    this.#steps.set(step.name, step)
  }

  /** What there is to undo, the last step first. A step that was undone is forgotten: no undo runs twice. */
  undoable(): { step: string; undo: (signal: AbortSignal) => Promise<void> }[] {
    return [...this.#steps.values()].reverse().flatMap(({ name, undo }) => {
      if (!undo) return []
      const undoAndForget = async (signal: AbortSignal) => {
        await undo(signal)
        this.#steps.delete(name)
      }
      return [{ step: name, undo: undoAndForget }]
    })
  }
}
