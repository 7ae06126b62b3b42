import type { AnyActorRef, InspectionEvent } from 'xstate'
import { createActor } from 'xstate'
import type { z } from 'zod'
import type { EventPattern, EventsOf } from '../actors/event-hub.ts'
import { EventHub, guarded } from '../actors/event-hub.ts'
import { Journal } from '../actors/journal.ts'
import { Monitor } from '../actors/monitor.ts'
import { JournalReader } from '../actors/recovery/journal-reader.ts'
import { Supervisor } from '../actors/supervisor.ts'
import { SupervisorActorLogic } from '../actors/supervisor-actor.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { TaskFacts } from '../actors/task-record.ts'
import type { TaskServices } from '../actors/task-services.ts'
import { Timers } from '../actors/timers.ts'
import type { Machines } from '../machines/machines.ts'
import { ownMachines } from '../machines/machines.ts'
import type { TaskDefinition } from '../model/definition.ts'
import { listProblems, RefusedError, refuse } from '../model/errors.ts'
import type { RuntimeEvent, SupervisorStage } from '../model/events.ts'
import type { Principal } from '../model/principal.ts'
import type { Priority } from '../model/priority.ts'
import { prioritySchema } from '../model/priority.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { RuntimeStats } from '../model/stats.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { OpenQuestion, TaskView } from '../model/task-view.ts'
import { Scheduler } from '../scheduling/scheduler.ts'
import type { OrderedTask, WaitReason } from '../scheduling/wait-reason.ts'
import type { Store } from '../store/store.ts'
import type { TaskTemplate, TemplateOverride } from './define-template.ts'
import type { Submitter } from './door.ts'
import { Door } from './door.ts'
import { TaskHandle } from './handle.ts'
import { Registry } from './registry.ts'
import { toShares } from './resource-shares.ts'
import type { ResolvedRuntimeOptions, RuntimeOptions } from './runtime-options.ts'
import { resolveRuntimeOptions } from './runtime-options.ts'
import type { StopOptions } from './stop-options.ts'
import { stopOptionsSchema } from './stop-options.ts'
import type { TaskQuery } from './task-query.ts'
import { selects } from './task-query.ts'

const stopped = ['RUNTIME_STOPPED', 'the runtime has been stopped; create a new one'] as const

/** For hosts without types. */
function isDefinition(value: unknown): value is TaskDefinition {
  return typeof value === 'object' && value !== null && 'handler' in value && 'demandOf' in value
}

/** A task runtime: one supervisor with its tasks, pools and journal. Several live side by side in one process. */
export class Runtime {
  readonly registry = new Registry()
  readonly #supervisor: Supervisor
  readonly #logic: SupervisorActorLogic
  readonly #services: TaskServices
  readonly #hub: EventHub
  readonly #monitor = new Monitor()
  readonly #door: Door
  readonly #journal: Journal
  readonly #principal: Principal
  #stopping: Promise<void> | null = null

  /** Use {@link createRuntime}. */
  constructor(options: ResolvedRuntimeOptions, machines: Machines) {
    const { environment, logger, order, share, backfill, principalConcurrency, pools, inspect } = options
    const now = environment.clock.now()
    const scheduler = new Scheduler({
      pools,
      now,
      order,
      principalConcurrency,
      ...(share && { share }),
      ...(backfill && { backfill }),
    })
    this.#principal = options.principal
    this.#door = new Door(environment, scheduler.ledger)
    this.#hub = new EventHub(logger)
    const performer = {
      entered: (stage: SupervisorStage) => this.#supervisor.entered(stage),
      perform: (effect: string, message: Parameters<Supervisor['perform']>[1]) =>
        this.#supervisor.perform(effect, message),
    }
    this.#logic = new SupervisorActorLogic(performer, machines.supervisor)
    const timers = new Timers(environment.clock)
    this.#journal = new Journal({
      clock: environment.clock,
      timers,
      store: options.store,
      hub: this.#hub,
      watcher: {
        failed: (error) => this.#logic.send({ type: 'store.failed', error }),
        healed: () => this.#logic.send({ type: 'store.healed' }),
      },
    })
    this.#services = {
      machine: machines.task,
      environment,
      timers,
      journal: this.#journal,
      monitor: this.#monitor,
      log: logger,
      ledger: scheduler.ledger,
      supervisor: this.#logic,
      submitChild: (parent, definition, input, options, childKey) =>
        this.#submit(definition, input, options, { principal: parent.facts.principal, parentId: parent.id, childKey }),
      childOf: (parent, id) => {
        const task = this.#supervisor.tasks.get(id)
        return task?.facts.parentId === parent.id ? task : undefined
      },
    }
    this.#supervisor = new Supervisor(this.#logic, scheduler, this.#services, options)
    for (const definition of options.tasks) this.registry.add(definition)
    for (const template of options.templates) this.registry.addTemplate(template)
    const actor = createActor(this.#logic, {
      id: 'supervisor',
      input: undefined,
      clock: environment.clock,
      ...(inspect && {
        inspect: (event: InspectionEvent) =>
          guarded(() => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)), logger, 'inspect'),
      }),
      logger: (...line) => logger.info({ line }, 'xstate'),
    })
    // A crash of the supervisor itself must not surface as an uncaught error of the host.
    actor.subscribe({ error: (error) => logger.fatal({ err: error }, 'the supervisor crashed') })
    actor.start()
  }

  /** Takes up what an earlier process has left in the store, then starts the supervisor. Use {@link createRuntime}. */
  async start(store: Store): Promise<void> {
    if (this.#journal.keepsState) {
      const { ledger } = this.#supervisor.scheduler
      const { clock } = this.#services.environment
      const reader = new JournalReader(ledger.budgets, clock.now() - ledger.refillMs)
      for await (const records of store.load()) for (const record of records) reader.read(record)
      reader.finish()
      this.#journal.continueAfter(reader.lastSeq)
      this.#door.continueAfter(reader.lastOrder)
      await this.#supervisor.recover(reader, this.registry)
    }
    this.#logic.send({ type: 'supervisor.start' })
  }

  /** The supervisor's actor, the root of the actor system. */
  get actor(): AnyActorRef {
    return this.#logic.actor
  }

  get state(): SupervisorStage {
    return this.#logic.stage
  }

  /**
   * Takes a task on. Resolves once that is on record; refuses with an error that lists every problem, and does nothing then.
   * @throws RefusedError see {@link RefusalCode}
   */
  async submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options?: SubmitOptions,
  ): Promise<TaskHandle<z.output<Output>>>
  /** By type, the highest version registered. The result is of unknown type. */
  async submit(type: string, input: unknown, options?: SubmitOptions): Promise<TaskHandle>
  async submit(what: TaskDefinition | string, input: unknown, options?: SubmitOptions): Promise<TaskHandle> {
    const definition = typeof what === 'string' ? this.registry.get(what) : what
    if (!isDefinition(definition))
      throw new RefusedError('UNKNOWN_TYPE', 'what was submitted is no task definition; make it with defineTask')
    return new TaskHandle(
      await this.#submit(definition, input, options, { principal: this.#principal, parentId: null, childKey: null }),
    )
  }

  /**
   * Submits what a template presets. The caller's fields and options go before the template's; a recipe edits a draft
   * of the input, which the template never sees. @throws RefusedError `UNKNOWN_TEMPLATE`, and as {@link submit}
   */
  async instantiate<Input extends z.ZodType, Output extends z.ZodType>(
    template: TaskTemplate<Input, Output>,
    input?: TemplateOverride<z.input<Input>>,
    options?: SubmitOptions,
  ): Promise<TaskHandle<z.output<Output>>>
  async instantiate(name: string, input?: unknown, options?: SubmitOptions): Promise<TaskHandle>
  async instantiate(what: TaskTemplate | string, input?: unknown, options?: SubmitOptions): Promise<TaskHandle> {
    const filled = this.registry.instantiate(typeof what === 'string' ? what : what.name, input, options)
    return this.submit(filled.definition, filled.input, filled.options)
  }

  get(id: string): TaskHandle | undefined {
    const task = this.#supervisor.tasks.get(id)
    return task && new TaskHandle(task)
  }

  /** The tasks that are known, oldest first: unfinished ones, and the last that ended. */
  list(query: TaskQuery = {}): TaskView[] {
    const views: TaskView[] = []
    for (const task of this.#supervisor.tasks.all()) {
      if (!selects(query, task)) continue
      views.push(task.view())
      if (query.limit !== undefined && views.length >= query.limit) break
    }
    return views
  }

  /** Environment time, ms since the epoch. */
  now(): number {
    return this.#services.environment.clock.now()
  }

  /** Every open question of every task. */
  questions(): OpenQuestion[] {
    return [...this.#supervisor.tasks.live()].flatMap((task) => task.effects.execution?.questions.list() ?? [])
  }

  /** Calls back on every event that the pattern names. @returns a function that ends it. */
  on<Pattern extends EventPattern>(pattern: Pattern, listener: (event: EventsOf<Pattern>) => unknown): () => void {
    return this.#hub.on(pattern, listener)
  }

  /** The last events of this process, oldest first: at least 50,000, if there were as many. */
  journal(): Iterable<RuntimeEvent> {
    return this.#journal.recent
  }

  stats(): RuntimeStats {
    const { ledger } = this.#supervisor.scheduler
    return {
      supervisor: this.state,
      ...this.#monitor.stats(),
      resources: ledger.efficiency(this.#services.environment.clock.now()).map(toShares),
    }
  }

  resources(): readonly ResourceUsage[] {
    return this.#supervisor.scheduler.ledger.usage(this.#services.environment.clock.now())
  }

  /** Why a task waits for resources; `null` if it does not. */
  explain(id: string): WaitReason | null {
    return this.#supervisor.scheduler.explain(id, this.#services.environment.clock.now())
  }

  /** The waiting tasks in the order of the next grants, with the reason of each place. */
  queue(limit = 1_000): readonly OrderedTask[] {
    return this.#supervisor.scheduler.order(limit, this.#services.environment.clock.now())
  }

  /**
   * Submits a task that has ended once more: a new task with the same input, demand and principal. It belongs to no
   * flow, and has no deadline. @throws RefusedError `UNKNOWN_TASK`, `TASK_UNFINISHED`, and as {@link submit}
   */
  async retry(id: string): Promise<TaskHandle> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const task = this.#supervisor.tasks.get(id)
    if (!task) throw new RefusedError('UNKNOWN_TASK', `no task ${id}`)
    if (!task.outcome) throw new RefusedError('TASK_UNFINISHED', `${id} has not ended: it is ${task.stage}`)
    if (task.progress.parked !== null)
      throw new RefusedError('UNKNOWN_TYPE', `${id} cannot be run: ${task.progress.parked}`)
    return new TaskHandle(await this.#accept(this.#door.again(task.facts), task.progress.priority, 'refuse'))
  }

  /** Changes a waiting task's priority. @throws RefusedError `UNKNOWN_TASK`, `OPTIONS_INVALID` for no priority */
  reprioritise(id: string, priority: Priority): void {
    if (!this.#supervisor.tasks.get(id)) throw new RefusedError('UNKNOWN_TASK', `no task ${id}`)
    const read = prioritySchema.safeParse(priority)
    if (!read.success) throw refuse('OPTIONS_INVALID', 'the priority is not valid', listProblems(read.error))
    this.#logic.send({ type: 'task.reprioritise', taskId: id, priority: read.data })
  }

  /**
   * Changes how much there is of a resource. Below what is held, nothing is taken away and nothing granted until it fits.
   * @throws RefusedError `POOL_UNKNOWN`, `OPTIONS_INVALID`, `RUNTIME_STOPPED`
   */
  resize(resource: string, capacity: number): Promise<void> {
    if (this.state === 'stopped') return Promise.reject(new RefusedError(...stopped))
    return new Promise((resolve, reject) => {
      this.#logic.send({ type: 'pool.resize', resource, capacity, reply: { done: resolve, refused: reject } })
    })
  }

  /** Grants nothing more until `resume`; what executes goes on. */
  pause(): void {
    this.#logic.send({ type: 'pause' })
  }

  resume(): void {
    this.#logic.send({ type: 'resume' })
  }

  /** Takes nothing new, and waits until everything that was accepted has ended. `resume` opens it again. */
  async drain(): Promise<void> {
    if (this.state === 'stopped') return
    this.#logic.send({ type: 'drain' })
    await this.idle()
  }

  /** Waits until no task is unfinished. */
  idle(): Promise<void> {
    if (this.state === 'stopped') return Promise.resolve()
    return new Promise((resolve) => this.#supervisor.whenIdle(resolve))
  }

  /**
   * Stops, and leaves nothing behind in this process: no timer, no actor; the host can exit. What is unfinished is
   * kept for the next runtime on the store (`unfinished: 'keep'`, the default with a store that keeps it): what executes
   * may finish within `grace` (default 10 s), and is then told to stop and left. Or it is cancelled and rolled back
   * (`'cancel'`, the default without such a store), within `grace`. Called again, it answers with the first call.
   * @throws RefusedError `OPTIONS_INVALID`
   * @throws StoreError if something could not be made durable
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const unfinished = this.#journal.keepsState ? 'keep' : 'cancel'
    const checked = stopOptionsSchema.safeParse({ unfinished, ...options })
    if (!checked.success) throw refuse('OPTIONS_INVALID', 'the stop options are not valid', listProblems(checked.error))
    this.#stopping ??= this.#stop(checked.data.grace, checked.data.unfinished)
    await this.#stopping
  }

  async #stop(graceMs: number, unfinished: 'cancel' | 'keep'): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#supervisor.whenStopped(resolve))
    this.#logic.send({ type: 'stop', graceMs, unfinished })
    await stopped
    this.#services.timers.stop()
    await this.#journal.close()
  }

  async #submit(
    definition: TaskDefinition,
    input: unknown,
    options: SubmitOptions | undefined,
    by: Submitter,
  ): Promise<TaskActorLogic> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    if (this.registry.learn(definition) && this.#supervisor.hasParked) await this.#supervisor.learned()
    const { facts, priority, whenFull } = await this.#door.read(definition, input, options, by)
    // An asynchronous schema takes its time, and a stopped supervisor answers nobody.
    if (this.#logic.stage === 'stopped') throw new RefusedError(...stopped)
    return this.#accept(facts, priority, whenFull)
  }

  #accept(facts: TaskFacts, priority: number, whenFull: 'refuse' | 'wait'): Promise<TaskActorLogic> {
    const { parentId } = facts
    return new Promise((resolve, reject) => {
      const reply = { accepted: (task: TaskActorLogic) => resolve(task), refused: reject }
      this.#logic.send({ type: 'task.submit', submission: { facts, priority, parentId, whenFull, reply } })
    })
  }
}

/**
 * Creates a runtime and starts its supervisor.
 * @throws RefusedError `OPTIONS_INVALID` with every problem listed, `DUPLICATE_DEFINITION`, `DUPLICATE_TEMPLATE`
 */
export function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return createRuntimeOn(ownMachines, options)
}

/** As {@link createRuntime}, on other statecharts: for tests that plant faults in ours. */
export async function createRuntimeOn(machines: Machines, options: RuntimeOptions): Promise<Runtime> {
  const resolved = await resolveRuntimeOptions(options)
  const { store } = resolved
  try {
    const runtime = new Runtime(resolved, machines)
    await runtime.start(store)
    return runtime
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}
