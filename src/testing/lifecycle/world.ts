import { pino } from 'pino'
import type { InspectionEvent } from 'xstate'
import { z } from 'zod'
import { compiledTask } from '../../machines/task-engine.ts'
import { initialTaskContext } from '../../machines/task-tables.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { TaskOutcome } from '../../model/outcome.ts'
import type { SubmitOptions } from '../../model/submit-options.ts'
import { createRuntimeOn } from '../../runtime/create-runtime.ts'
import { defineTask } from '../../runtime/define-task.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { VirtualEnvironment } from '../../runtime/virtual-environment.ts'
import { createVirtualEnvironment } from '../../runtime/virtual-environment.ts'
import { problemsAtEnd } from './checks-at-end.ts'
import { problemsAtRest } from './checks-at-rest.ts'
import { FollowedHandler } from './followed-handler.ts'
import { FollowedTask } from './followed-task.ts'
import { HeldStore } from './held-store.ts'
import { LifecycleError } from './lifecycle-error.ts'
import { Pilot } from './pilot.ts'
import type { Gates } from './piloted-definition.ts'
import { pilotedDefinition } from './piloted-definition.ts'
import { allowance } from './piloted-task.ts'
import type { Surroundings, Walked } from './surroundings.ts'
import { Tally } from './tally.ts'

/** Virtual time after which a path counts as one that never ends, ms: ten years. */
const horizonMs = 10 * 365 * 24 * 3_600_000
/** Virtual time that late work has after its task has ended, ms: thirty days. */
const lateMs = 30 * 24 * 3_600_000
const horizonSteps = 50_000

const ownPrefix = 'task_'

/** A runtime on virtual time with one task of the definition, and a pilot in its handler. */
export class World implements Walked {
  readonly environment: VirtualEnvironment
  readonly store = new HeldStore()
  readonly pilot: Pilot
  readonly tally = new Tally()
  readonly tasks = new Map<string, FollowedTask>()
  readonly events: RuntimeEvent[] = []
  readonly surroundings: Surroundings
  /** Ends the task that the walked one waits for, if it does. */
  readonly blocker: PromiseWithResolvers<void> = Promise.withResolvers()
  outcome: TaskOutcome | null = null
  services: unknown = null
  /** The handler of the walked task, if it is a machine. */
  readonly handler = new FollowedHandler(this.tally)
  /** Goes on with a handler that waits for somebody to tell it something. @returns whether it did something */
  autopilot: ((world: World) => boolean) | null = null
  /** Told of what happens to the walked task, as it happens. */
  onEvent: (event: RuntimeEvent) => void = () => undefined
  /** Whoever lived in it has given up: nothing goes on in it. */
  isAbandoned = false
  /** What the supervisor was told, in order. */
  readonly told: string[] = []
  #runtime: Runtime | null = null
  #handle: TaskHandle | null = null
  #checked = 0
  #rootId = ''

  /** The task was told of its handler what the handler has not done: what the user knows of it does not hold. */
  isForged = false

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
    this.environment = createVirtualEnvironment({ seed: surroundings.seed })
    this.pilot = new Pilot(() => this.environment.clock.now())
  }

  get runtime(): Runtime {
    if (!this.#runtime) throw new Error('the runtime is not made yet')
    return this.#runtime
  }

  get handle(): TaskHandle {
    if (!this.#handle) throw new Error('the task is not submitted yet')
    return this.#handle
  }

  /** The task that is walked. */
  get root(): FollowedTask {
    const root = this.tasks.get(this.#rootId)
    if (!root) throw new Error('the task is not submitted yet')
    return root
  }

  /** The epoch of the lease last granted to the walked task. */
  get epoch(): number {
    return this.tasks.get(this.#rootId)?.model.context.epoch ?? 0
  }

  get isDone(): boolean {
    return this.outcome !== null
  }

  /** @param blocked it waits for another task first, and the runtime grants nothing until it is told to */
  async submit(input: unknown, gates: Gates, options: SubmitOptions & { blocked?: boolean } = {}): Promise<void> {
    const { surroundings, environment } = this
    const { blocked = false, ...submitOptions } = options
    this.services = await surroundings.makeServices()
    const runtime = await createRuntimeOn(surroundings.machines, {
      environment,
      store: this.store,
      pools: { ...surroundings.pools, lifecycle: { [allowance]: { budget: 1 } } },
      inspect: (event) => this.#follow(event),
      logger: pino({ level: 'silent' }),
      // Nothing is forgotten before its path is over.
      retainFor: 2 * horizonMs,
    })
    this.#runtime = runtime
    // The blocker comes first, and the walked task is the next that is submitted.
    this.#rootId = `${ownPrefix}${blocked ? 2 : 1}`
    runtime.on('*', (event) => {
      this.events.push(event)
      if ('taskId' in event && event.taskId === this.#rootId) this.onEvent(event)
    })
    const after = blocked ? [await this.#submitBlocker(runtime)] : []
    const definition = pilotedDefinition(surroundings.subject, this.pilot, '', gates)
    this.#handle = await runtime.submit(definition, input, { ...submitOptions, after })
    void this.#handle.outcome().then((outcome) => {
      this.outcome = outcome
    })
    await this.settle()
  }

  async #submitBlocker(runtime: Runtime): Promise<TaskHandle> {
    const run = () => this.blocker.promise
    const definition = defineTask({ type: 'lifecycle.before', kind: 'control', input: z.null(), demand: {}, run })
    const blocker: TaskHandle = await runtime.submit(definition, null)
    await this.environment.clock.settle()
    runtime.pause()
    return blocker
  }

  /** A handler stands at a point, or waits there for an answer. */
  isAt(point: string): boolean {
    if (this.pilot.standsAt(point)) return true
    const question = this.pilot.asked.findLast((asked) => asked.point === point)
    return this.runtime
      .questions()
      .some(({ taskId, prompt }) => taskId === question?.taskId && prompt === question.prompt)
  }

  /** Nothing holds the handlers any more. */
  letGo(): void {
    this.pilot.holds = []
    this.pilot.release(({ kind }) => kind !== 'actor')
  }

  /** Everything of this instant is done, and all is as it must be. */
  async settle(): Promise<void> {
    await this.environment.clock.settle()
    await this.check()
  }

  /**
   * Lets time pass until something holds: real time while the user's code is at work, else virtual time.
   * @throws LifecycleError if it never will
   */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { clock } = this.environment
    const { patience } = this.surroundings
    const end = clock.now() + horizonMs
    let steps = 0
    let seen = ''
    for (;;) {
      await this.settle()
      if (this.isAbandoned) throw this.#stuck(what, 'it was given up')
      if (holds()) return
      if ((await this.#answer()) || this.autopilot?.(this)) continue
      const where = this.pilot.whereabouts
      const now = `${where} ${this.events.length} ${this.pilot.visits.length}`
      if (now !== seen) patience.reset()
      seen = now
      const isAtWork = this.pilot.busy.length > 0
      if (isAtWork && (await patience.wait(where))) continue
      if (clock.nextAt() === null) {
        if (!isAtWork && (await patience.wait(`idle ${where}`))) continue
        throw this.#stuck(what, 'nothing is scheduled on the clock of the runtime')
      }
      steps += 1
      if (steps > horizonSteps || clock.now() > end) throw this.#stuck(what, 'virtual time has come to its horizon')
      await clock.step()
    }
  }

  /** What is left comes to its end: nothing is held any more, and the runtime is stopped. @throws LifecycleError */
  async end(): Promise<void> {
    this.letGo()
    this.pilot.release()
    await this.#rest()
    // A timer that was forgotten fires.
    await this.environment.clock.advance(lateMs)
    await this.environment.run(this.runtime.stop())
    await this.settle()
    await this.check(true)
    const problems = await problemsAtEnd(this)
    if (problems.length > 0) throw new LifecycleError('LIFECYCLE_BROKEN', this.#subject, problems)
  }

  /** What is late comes to its end, if it has one. */
  async #rest(): Promise<void> {
    const { environment, pilot, surroundings } = this
    const end = environment.clock.now() + lateMs
    for (let steps = 0; steps < horizonSteps && !this.isAbandoned; steps += 1) {
      await this.settle()
      if (pilot.busy.length > 0 && (await surroundings.patience.wait(`end ${pilot.whereabouts}`))) continue
      const next = environment.clock.nextAt()
      if (!pilot.isActive || next === null || next > end) return
      await environment.clock.step()
    }
  }

  /** Checks what must hold whenever everything of an instant is done. @throws LifecycleError */
  async check(isEnd = false): Promise<void> {
    if (!isEnd && this.#checked === this.events.length) return
    this.#checked = this.events.length
    const problems = problemsAtRest(this)
    if (problems.length > 0) throw new LifecycleError('LIFECYCLE_BROKEN', this.#subject, problems)
    const { runtime, services, events } = this
    if (this.#handle && !this.isForged)
      await this.surroundings.check({ task: this.#handle, runtime, services, events, isEnd })
  }

  get #subject(): string {
    const { type } = this.surroundings.subject
    return `${type} in ${this.tasks.get(this.#rootId)?.stage ?? 'no stage'}, handler ${this.pilot.whereabouts}:`
  }

  #stuck(what: string, why: string): LifecycleError {
    const { type, graceMs } = this.surroundings.subject
    const busy = this.pilot.busy.join(', ')
    const isStopping = this.root.messages.some((message) => message === 'grace.expired' || message === 'cancel')
    const hints = busy
      ? [
          `${busy} waits for something that is neither on the runtime's clock nor real I/O that ends soon`,
          isStopping
            ? `it was told to stop and goes on after its grace of ${graceMs} ms: it ignores its signal; pass task.signal to what it awaits, or return when it is aborted`
            : 'wait with task.sleep, task.ask or task.step, or hand the kit services that answer by themselves',
        ]
      : [`handler ${this.pilot.whereabouts}`]
    return new LifecycleError('LIFECYCLE_STUCK', `${type} never came to ${what}: ${why}`, hints)
  }

  /** Answers the questions that are open, unless the path wants them open. @returns whether there was one */
  async #answer(): Promise<boolean> {
    const { holds, asked } = this.pilot
    for (const open of this.#runtime?.questions() ?? []) {
      const question = asked.findLast(({ taskId, prompt }) => taskId === open.taskId && prompt === open.prompt)
      if (!question || holds.some(({ point }) => point === question.point)) continue
      const answer = await this.surroundings.answerTo(question)
      await this.#runtime?.get(open.taskId)?.answer(answer, open.id)
      return true
    }
    return false
  }

  /** What a real task's actor was told, the one beside it is told too. */
  #follow(inspected: InspectionEvent): void {
    const { machine } = this.pilot
    if (machine && 'logic' in inspected.actorRef && inspected.actorRef.logic === machine) this.handler.follow(inspected)
    if (inspected.type === '@xstate.event' && inspected.actorRef === this.#runtime?.actor)
      this.told.push(inspected.event.type)
    if (inspected.type !== '@xstate.snapshot' || !('id' in inspected.actorRef)) return
    const { actorRef, event, snapshot } = inspected
    const { id } = actorRef
    if (typeof id !== 'string' || !id.startsWith(ownPrefix) || id.includes('/')) return
    const task = this.tasks.get(id)
    if (task) task.follow(event, snapshot)
    else this.#meet(id, snapshot)
  }

  #meet(id: string, snapshot: unknown): void {
    const context = startSchema.parse(snapshot).context
    this.tasks.set(id, new FollowedTask(id, compiledTask.start(initialTaskContext({ ...context, id })), this.tally))
  }
}

const startSchema = z.object({
  context: z.object({ type: z.string(), maxAttempts: z.number(), conditionsMet: z.boolean() }),
})
