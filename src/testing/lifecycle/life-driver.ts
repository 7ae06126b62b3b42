import type { TaskMachineEvent } from '../../machines/task-tables.ts'
import { NonRetryableError } from '../../model/errors.ts'
import { plantedMessage } from './faults.ts'
import type { LifePath, Passage } from './life-path.ts'
import type { LifeMove } from './life-walks.ts'
import { activityOf } from './life-walks.ts'
import { overrun } from './overrun.ts'
import { kitQuestion } from './piloted-task.ts'
import type { World } from './world.ts'

/** What only a handler that has come to its end can say. */
const tellsOfTheHandler: readonly TaskMachineEvent['type'][] = [
  'handler.completed',
  'handler.failed',
  'output.accepted',
]

/** What the walk of a life has to know of the handler. */
export interface HandlerFacts {
  /** Where it is held while it executes: at its end, if it gets there in no time, else at its start. */
  readonly restsAt: 'the start of its handler' | 'the end of its handler'
  /** It comes to an end by itself, well or not. */
  readonly ends: boolean
  /** It gives an output. */
  readonly completes: boolean
  /** What it gave when nothing went wrong. */
  readonly returned: unknown
  /** Something that it has done and that can be undone, by the time it rests; `null`: nothing. */
  readonly undoable: string | null
}

/** How a handler that is held is made to go on, or to fail. */
export interface HandlerControl {
  /** It is held at a point, rather than before its logic is started. */
  readonly isFunction: boolean
  /** @param forGood later attempts are not held any more */
  goOn(forGood: boolean): void
  /** Later attempts are held again. */
  hold(): void
  /** @returns false if it cannot */
  fail(reason: Error): boolean
}

/** Brings about a path through the statechart of a task's life on the real runtime: each message in the way in which it
 * comes about; one that only a race can cause is sent as it is. */
export class LifeDriver {
  readonly #world: World
  readonly #facts: HandlerFacts
  readonly #control: HandlerControl
  readonly #validation: PromiseWithResolvers<string | null> = Promise.withResolvers()
  readonly #output: PromiseWithResolvers<boolean> = Promise.withResolvers()

  constructor(world: World, facts: HandlerFacts, control: HandlerControl) {
    this.#world = world
    this.#facts = facts
    this.#control = control
  }

  /** @throws LifecycleError */
  async run(input: unknown, path: LifePath): Promise<void> {
    const { undoable } = this.#facts
    if (path.failsToUndo && undoable !== null)
      this.#world.pilot.plants = [{ kind: 'undo', path: '', step: undoable, does: 'keepThrowing' }]
    await this.open(input, path.onCreated)
    for (const { move, passages } of path.acts) {
      if (this.#world.isDone) break
      await this.act(move, passages)
    }
    await this.finish()
  }

  /** Submits the task, and meets it with messages as it is created. */
  async open(input: unknown, onCreated: readonly LifeMove[] = []): Promise<void> {
    const { pilot } = this.#world
    const held = this.#control.isFunction ? [this.#facts.restsAt, kitQuestion] : []
    pilot.holds = held.map((point) => ({ point, attempts: 'all', heeds: false }))
    this.#onPassages([{ tells: 'task.created', moves: onCreated }])
    await this.#world.submit(
      input,
      { validation: () => this.#validation.promise, output: () => this.#output.promise },
      { blocked: true },
    )
  }

  /** Brings a message about, and what comes in the states that it leads through. */
  async act(move: LifeMove, passages: readonly Passage[] = []): Promise<void> {
    this.#onPassages(passages)
    await this.#cause(move)
    await this.#world.settle()
  }

  #onPassages(passages: readonly Passage[]): void {
    const world = this.#world
    const coming = [...passages]
    world.onEvent = (event) => {
      const [next] = coming
      if (event.type !== next?.tells || !('taskId' in event) || event.taskId === null) return
      coming.shift()
      // As it is created, the task is not followed yet.
      const actor = world.runtime.get(event.taskId)?.actor
      for (const { event: message, isStale } of next.moves) actor?.send(this.#current(message, isStale))
    }
  }

  /** Nothing stands in the way of the task any more. */
  async finish(): Promise<void> {
    const world = this.#world
    const { handle, runtime } = world
    this.#validation.resolve(null)
    this.#output.resolve(true)
    world.blocker.resolve()
    world.store.release()
    runtime.resume()
    world.letGo()
    this.#control.goOn(true)
    // What a pause holds back shows while nothing else does.
    await world.settle()
    handle.resume()
    if (!this.#facts.ends) {
      await world.settle()
      void handle.cancel('the path is at its end')
    }
    await world.until(() => world.isDone, 'its end')
    await world.end()
  }

  #send({ event, isStale }: LifeMove): void {
    const { root, runtime } = this.#world
    runtime.get(root.id)?.actor.send(this.#current(event, isStale))
  }

  /** The same message about the attempt that the task is in now, or about the one before. */
  #current(event: TaskMachineEvent, isStale: boolean): TaskMachineEvent {
    const { epoch } = this.#world
    if (!isStale && tellsOfTheHandler.includes(event.type)) this.#world.isForged = true
    if (!('epoch' in event) || (event.type === 'lease.granted' && !isStale)) return event
    const current = { ...event, epoch: epoch - (isStale ? 1 : 0) }
    return 'output' in current ? { ...current, output: this.#facts.returned } : current
  }

  async #cause(move: LifeMove): Promise<void> {
    if (move.isStale || !(await this.#causeForReal(move.event))) this.#send(move)
  }

  get #activity(): string | null {
    return activityOf(this.#world.root.model.value)
  }

  async #causeForReal(event: TaskMachineEvent): Promise<boolean> {
    const { root, runtime, environment, store, handle, blocker } = this.#world
    const { context } = root.model
    switch (event.type) {
      case 'ready':
        blocker.resolve()
        return !context.conditionsMet
      case 'validation.passed':
      case 'validation.failed':
        return this.#validate(event.type === 'validation.passed' ? null : plantedMessage)
      case 'lease.granted':
        if (root.stage !== 'queued') return false
        store.hold()
        runtime.resume()
        await environment.clock.settle()
        runtime.pause()
        return true
      case 'lease.lost':
        if (context.leaseId === null) return false
        runtime.actor.send({ type: 'lease.expired', leaseId: context.leaseId, epoch: context.epoch })
        return true
      case 'allocation.ready':
        return this.#allocate()
      case 'output.accepted':
      case 'output.refused':
        if (root.stage !== 'completing') return false
        this.#output.resolve(event.type === 'output.accepted')
        return this.#leave('completing')
      case 'backoff.elapsed':
        return root.stage === 'retrying' && this.#leave('retrying')
      case 'pause':
        handle.pause()
        return true
      case 'resume':
        handle.resume()
        return true
      case 'cancel':
        void handle.cancel('cancelled by the lifecycle test')
        return true
      default:
        return root.stage === 'executing' && this.#causeWhileExecuting(event)
    }
  }

  async #causeWhileExecuting(event: TaskMachineEvent): Promise<boolean> {
    const { handle, pilot, environment, surroundings } = this.#world
    const { graceMs, heartbeatMs } = surroundings.subject
    const { value } = this.#world.root.model
    const activity = this.#activity
    const actions = activity === 'stopping' ? null : pilot.actions
    switch (event.type) {
      case 'handler.completed':
        return this.#complete()
      case 'handler.failed':
        return this.#control.fail(
          event.failure.retryable ? new Error(plantedMessage) : new NonRetryableError(plantedMessage),
        )
      case 'handler.asked':
        void actions?.ask().catch(() => undefined)
        return actions !== null
      case 'question.closed': {
        const [question] = handle.questions()
        if (question) await handle.answer('yes', question.id)
        return question !== undefined
      }
      case 'budget.exceeded':
        actions?.overrunBudget()
        return actions !== null
      case 'heartbeat.received':
        if (!isSuspect(value) || activity !== 'running') return false
        actions?.heartbeat()
        return actions !== null
      case 'heartbeat.missed':
        if (activity !== 'running' || isSuspect(value) || heartbeatMs === null) return false
        await environment.clock.advance(heartbeatMs)
        return true
      case 'timeout':
        return activity === 'running' && !isSuspect(value) && overrun(this.#world)
      case 'grace.expired':
        if (activity !== 'stopping') return false
        await environment.clock.advance(graceMs)
        return true
      default:
        return false
    }
  }

  async #validate(refusal: string | null): Promise<boolean> {
    if (this.#world.root.stage !== 'validating') return false
    this.#validation.resolve(refusal)
    return this.#leave('validating')
  }

  async #leave(stage: string): Promise<true> {
    const world = this.#world
    await world.until(() => world.root.stage !== stage, `leave ${stage}`)
    return true
  }

  async #allocate(): Promise<boolean> {
    const world = this.#world
    world.store.release()
    if (world.root.stage !== 'allocating') return false
    const { restsAt } = this.#facts
    // Something that came while it was prepared may have stopped it before its handler ran.
    const isThere = () =>
      world.pilot.standsAt(restsAt) ||
      (!this.#control.isFunction && this.#activity === 'running') ||
      !['allocating', 'executing'].includes(world.root.stage) ||
      this.#isHeldBack
    await world.until(isThere, `come to ${restsAt} of its handler`)
    return true
  }

  get #isHeldBack(): boolean {
    const activity = this.#activity
    return activity !== null && activity !== 'running' && activity !== 'preparing'
  }

  async #complete(): Promise<boolean> {
    const world = this.#world
    const activity = this.#activity
    // From its start the handler cannot come to its end while it is stopped, paused or asked.
    if (this.#facts.restsAt === 'the start of its handler' && activity !== 'running') return false
    this.#control.goOn(false)
    // What it submits wants to run.
    if (this.#facts.restsAt === 'the start of its handler') world.runtime.resume()
    await world.until(() => world.root.stage !== 'executing', 'the end of its handler')
    world.runtime.pause()
    this.#control.hold()
    return true
  }
}

function isSuspect(value: unknown): boolean {
  return typeof value === 'object' && value !== null && JSON.stringify(value).includes('"suspect"')
}
