import type { FaultCounts } from './faults.ts'

/** Something that a step did to the world outside, known by its idempotency key. */
interface Effect {
  readonly taskId: string
  readonly key: string
  readonly step: string
  /** Order among the effects of its task. */
  readonly order: number
  state: 'applied' | 'undone'
  /** The handler has gone on with its result: it may never be made again. */
  isKnown: boolean
  undoFailures: number
}

/**
 * The world outside of the runtime, which no crash undoes. Effects are deduplicated by their idempotency key, as a
 * service would that knows it.
 */
export class World {
  readonly faults: FaultCounts
  readonly violations: string[] = []
  readonly #trace: (string | (() => string))[] = []
  readonly #effects = new Map<string, Effect>()
  readonly #orders = new Map<string, number>()

  constructor(faults: FaultCounts) {
    this.faults = faults
  }

  /** What happened, in words. */
  get trace(): string[] {
    return this.#trace.map((line) => (typeof line === 'string' ? line : line()))
  }

  /** Put into words only if somebody wants to read it. */
  note(line: string | (() => string)): void {
    this.#trace.push(line)
  }

  violated(rule: string, what: string): void {
    if (this.violations.length < 20) this.violations.push(`${rule}: ${what}`)
    this.note(`VIOLATION ${rule}: ${what}`)
  }

  /** A run of a step begins. */
  begins(key: string): void {
    const effect = this.#effects.get(key)
    if (effect?.isKnown && effect.state === 'applied') this.violated('R4', `the finished step ${key} was run again`)
  }

  apply(taskId: string, step: string, key: string, inDoubt: boolean): void {
    const before = this.#effects.get(key)
    this.note(() => `  ${taskId} makes the effect of ${step}${inDoubt ? ', in doubt' : ''}${before ? ', again' : ''}`)
    if (before?.state === 'applied') return
    const order = (this.#orders.get(taskId) ?? 0) + 1
    this.#orders.set(taskId, order)
    this.#effects.set(key, { taskId, key, step, order, state: 'applied', isKnown: false, undoFailures: 0 })
  }

  /** The handler has the result of the step. */
  known(key: string): void {
    const effect = this.#effects.get(key)
    if (effect) effect.isKnown = true
  }

  undoFailed(key: string): void {
    const effect = this.#effects.get(key)
    if (effect) effect.undoFailures += 1
  }

  undo(key: string, inDoubt: boolean): void {
    const effect = this.#effects.get(key)
    this.note(() => `  the effect of ${key} is undone${inDoubt ? ', in doubt' : ''}`)
    if (!effect) {
      if (!inDoubt) this.violated('R3', `${key} was undone, and had no effect`)
      return
    }
    if (effect.state === 'undone') {
      if (!inDoubt) this.violated('R3', `${key} was undone twice`)
      return
    }
    for (const other of this.#effects.values()) {
      const isLater = other.taskId === effect.taskId && other.order > effect.order
      if (isLater && other.isKnown && effect.isKnown && other.state === 'applied' && other.undoFailures === 0)
        this.violated('R3', `${key} was undone before ${other.key}, which came after it`)
    }
    effect.state = 'undone'
  }

  /** Names of the steps of a task whose effects stand. */
  standing(taskId: string): string[] {
    return [...this.#effects.values()]
      .filter((effect) => effect.taskId === taskId && effect.state === 'applied')
      .map(({ step }) => step)
  }

  /** Whether somebody has tried to undo the step, and failed. */
  hasFailedUndo(taskId: string, step: string): boolean {
    return (this.#effects.get(`${taskId}:${step}`)?.undoFailures ?? 0) > 0
  }

  undone(taskId: string): string[] {
    return [...this.#effects.values()]
      .filter((effect) => effect.taskId === taskId && effect.state === 'undone')
      .map(({ step }) => step)
  }
}
