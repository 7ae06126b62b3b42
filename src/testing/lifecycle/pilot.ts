import { AsyncLocalStorage } from 'node:async_hooks'
import type { AnyStateMachine } from 'xstate'
import type { z } from 'zod'
import { NonRetryableError } from '../../model/errors.ts'
import type { Demand } from '../../model/resources.ts'
import type { Hold, Plant } from './faults.ts'
import { plantedMessage } from './faults.ts'

/** `during`: the user's code was called and has not answered yet. `actor`: a promise that a handler which is a machine has invoked. */
export type PointKind = 'start' | 'before' | 'during' | 'after' | 'question' | 'sleep' | 'actor' | 'end'

/** Points at which something of the user's is about to begin. */
const begins: readonly PointKind[] = ['start', 'before', 'sleep', 'actor']

/** A handler came by a point. */
export interface Visit {
  /** What the point is called; unique within a task and its children. */
  readonly point: string
  /** Which task: empty for the one that is walked, else how its ancestors name it. */
  readonly path: string
  readonly kind: PointKind
  /** Of the step, question or actor. */
  readonly name: string
  readonly taskId: string
  readonly attempt: number
  /** Virtual time, ms. */
  readonly at: number
}

/** What the user's code really did, whatever the runtime says of it. */
export interface Deed {
  readonly what: 'effect' | 'undo' | 'undoFailed' | 'undoLate' | 'output'
  readonly path: string
  readonly taskId: string
  readonly step: string
  readonly attempt: number
  /** `undoLate`: after it was given up. Of `undoFailed`: what was thrown; of `output`: what the handler returned. */
  readonly value: unknown
}

/** A question as it was asked, with the schema that an answer has to fit. */
export interface AskedQuestion {
  readonly taskId: string
  readonly point: string
  readonly prompt: string
  readonly schema: z.ZodType
  readonly expires: boolean
}

/** A run of the user's code. `waits`: how much of what it has called waits for virtual time, an answer or another task. */
interface Run {
  readonly taskId: string
  readonly what: string
  waits: number
}

const theHandler = 'the handler'

interface Held {
  readonly visit: Visit
  resolve(): void
  reject(reason: unknown): void
}

/** Sits in the handlers of one path: knows where they are, stops them there, and lets faults happen. */
export class Pilot {
  readonly visits: Visit[] = []
  readonly deeds: Deed[] = []
  readonly asked: AskedQuestion[] = []
  /** Steps that say how they are undone, as `path` and name. */
  readonly undoable: { readonly path: string; readonly step: string }[] = []
  /** The most of each resource that a task was submitted with, or said to have used. */
  readonly demanded = new Map<string, number>()
  /** Plants that have come to pass. */
  readonly sprung = new Set<Plant>()
  /** The present attempt of a task, for handlers that are not told; by path. */
  readonly attempts = new Map<string, number>()
  /** What the handler of the walked task can be made to do, in its present attempt. */
  actions: PointActions | null = null
  /** The machine that is the walked task's handler, as it runs; `null`: it is none. */
  machine: AnyStateMachine | null = null
  /** Called back, once, as the code of a point is under way. */
  strike: { readonly point: string; readonly act: () => void } | null = null
  holds: readonly Hold[] = []
  /** The promises that a machine has invoked wait until they are told to be made, or to fail. */
  holdsActors = false
  plants: readonly Plant[] = []
  readonly #now: () => number
  readonly #held = new Set<Held>()
  readonly #running = new Set<Run>()
  /** The runs that a call was made in, the innermost last. */
  readonly #runs = new AsyncLocalStorage<readonly Run[]>()
  /** How many of a task's own calls wait. */
  readonly #waits = new Map<string, number>()
  readonly #undoTries = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Where handlers stand and wait to be told to go on. */
  get standing(): readonly Visit[] {
    return [...this.#held].map(({ visit }) => visit)
  }

  standsAt(point: string): boolean {
    return this.standing.some((visit) => visit.point === point)
  }

  /** Whose code runs and waits for nothing that the kit knows of: it is at real work, or stuck. */
  get busy(): readonly string[] {
    // The handler awaits its own steps; a step, or an undo, is at work whatever else of its task waits.
    const isWaiting = ({ taskId, what, waits }: Run) =>
      what === theHandler ? (this.#waits.get(taskId) ?? 0) > 0 : waits > 0
    return [...this.#running].flatMap((run) => (isWaiting(run) ? [] : [run.what]))
  }

  /** Some code of the user's has not come to its end. */
  get isActive(): boolean {
    return this.#running.size > 0
  }

  /** Where everything is, in words. */
  get whereabouts(): string {
    const held = this.standing.map(({ point }) => `held at ${point}`)
    const last = this.visits.at(-1)
    const running = this.busy.map((what) => `in the code of ${what}`)
    const words = [...held, ...running]
    if (words.length > 0) return words.join(', ')
    return last ? `last seen at ${last.point}, attempt ${last.attempt}` : 'not begun'
  }

  /** The handler comes by. Resolves when it may go on; rejects where it is to fail. */
  async reach(place: Omit<Visit, 'at'>, signal: AbortSignal, act: PointActions): Promise<void> {
    const visit = this.pass(place)
    await this.#hold(visit, signal)
    const plant = this.plants.find(
      (one) => one.kind === 'point' && one.point === visit.point && (one.attempts === 'all' || !this.sprung.has(one)),
    )
    if (plant?.kind === 'point') await this.#spring(plant, act)
    // As the runtime does: it begins nothing for a handler that was told to stop.
    if (signal.aborted && begins.includes(visit.kind)) throw signal.reason
  }

  async #spring(plant: Extract<Plant, { kind: 'point' }>, act: PointActions): Promise<void> {
    this.sprung.add(plant)
    switch (plant.does) {
      case 'throw':
        throw new Error(plantedMessage)
      case 'throwForGood':
        throw new NonRetryableError(plantedMessage)
      default:
        await act[plant.does]()
    }
  }

  /** The handler comes by a point where it is not stopped: something else stops it there. */
  pass(place: Omit<Visit, 'at'>): Visit {
    const visit = { ...place, at: this.#now() }
    this.visits.push(visit)
    return visit
  }

  demand(demand: Demand): void {
    for (const [resource, amount] of Object.entries(demand))
      this.demanded.set(resource, Math.max(amount, this.demanded.get(resource) ?? 0))
  }

  attemptOf(path: string): number {
    return this.attempts.get(path) ?? 1
  }

  /** The user's code is under way: something may happen meanwhile. */
  during(place: Omit<Visit, 'at'>): void {
    const { point } = this.pass(place)
    if (this.strike?.point !== point) return
    const { act } = this.strike
    this.strike = null
    act()
  }

  canUndo(path: string, step: string): void {
    if (!this.undoable.some((one) => one.path === path && one.step === step)) this.undoable.push({ path, step })
  }

  note(deed: Deed): void {
    this.deeds.push(deed)
  }

  /** The plant for an output or a validation, if there is one. */
  plantFor(kind: 'output' | 'validation', path: string): Plant | undefined {
    return this.plants.find((one) => one.kind === kind && one.path === path)
  }

  /** Runs an undo of the user's, which may be made to fail first. @param signal aborted when it is given up */
  async undo(
    of: Pick<Deed, 'path' | 'taskId' | 'step' | 'attempt'>,
    signal: AbortSignal,
    code: () => unknown,
  ): Promise<void> {
    try {
      await this.#failUndo(of.path, of.step)
      await this.running(of.taskId, `the undo of ${of.step}`, code)
    } catch (thrown) {
      this.note({ ...of, what: signal.aborted ? 'undoLate' : 'undoFailed', value: thrown })
      throw thrown
    }
    this.note({ ...of, what: signal.aborted ? 'undoLate' : 'undo', value: undefined })
  }

  async #failUndo(path: string, step: string): Promise<void> {
    const key = `${path} ${step}`
    const tries = (this.#undoTries.get(key) ?? 0) + 1
    this.#undoTries.set(key, tries)
    const plant = this.plants.find((one) => one.kind === 'undo' && one.path === path && one.step === step)
    if (plant?.kind !== 'undo' || (plant.does !== 'keepThrowing' && tries > 1)) return
    this.sprung.add(plant)
    if (plant.does === 'hang') await new Promise(() => undefined)
    throw new Error(plantedMessage)
  }

  /** Lets what is held go on, and stops nothing there any more. */
  release(which: (visit: Visit) => boolean = () => true): void {
    for (const held of this.#held) if (which(held.visit)) held.resolve()
  }

  /** What is held fails there. @returns whether anything was held */
  fail(reason: unknown, which: (visit: Visit) => boolean = () => true): boolean {
    const failing = [...this.#held].filter(({ visit }) => which(visit))
    for (const held of failing) held.reject(reason)
    return failing.length > 0
  }

  /** Runs the user's handler. */
  handling<Result>(taskId: string, code: () => Result | Promise<Result>): Promise<Result> {
    return this.running(taskId, theHandler, code)
  }

  /** Runs the user's code, and knows of it while it runs. */
  async running<Result>(taskId: string, what: string, code: () => Result | Promise<Result>): Promise<Result> {
    const run: Run = { taskId, what, waits: 0 }
    this.#running.add(run)
    try {
      return await this.#runs.run([...(this.#runs.getStore() ?? []), run], code)
    } finally {
      this.#running.delete(run)
    }
  }

  /** Waits for something that virtual time, or the one who drives, brings about. */
  async waiting<Result>(taskId: string, promise: Promise<Result>): Promise<Result> {
    const runs = this.#runs.getStore() ?? []
    this.#count(taskId, runs, 1)
    try {
      return await promise
    } finally {
      this.#count(taskId, runs, -1)
    }
  }

  #hold(visit: Visit, signal: AbortSignal): Promise<void> {
    const hold = this.holds.find(
      ({ point, attempts }) => point === visit.point && (attempts === 'all' || visit.attempt === 1),
    )
    const isHeldActor = this.holdsActors && visit.kind === 'actor'
    if (!hold && !isHeldActor) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const held: Held = { visit, resolve, reject }
    this.#held.add(held)
    const onAbort = () => reject(signal.reason)
    const heeds = hold?.heeds ?? true
    if (heeds && signal.aborted) onAbort()
    else if (heeds) signal.addEventListener('abort', onAbort, { once: true })
    return this.waiting(visit.taskId, promise).finally(() => {
      this.#held.delete(held)
      signal.removeEventListener('abort', onAbort)
    })
  }

  #count(taskId: string, runs: readonly Run[], by: number): void {
    this.#waits.set(taskId, (this.#waits.get(taskId) ?? 0) + by)
    for (const run of runs) run.waits += by
  }
}

/** What a handler can be made to do at a point. */
export interface PointActions {
  ask(): Promise<unknown>
  heartbeat(): void
  progress(): void
  overrunBudget(): void
}
