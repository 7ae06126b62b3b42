import type { AnyActorRef } from 'xstate'
import type { z } from 'zod'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { taskResource } from '../actors/task-resource.ts'
import type { Action, Authority, PoolResource, Resource } from '../model/access.ts'
import { delegated, theRuntime } from '../model/access.ts'
import type { TaskDefinition } from '../model/definition.ts'
import { listProblems, RefusedError, refuse } from '../model/errors.ts'
import type { RuntimeEvent, SupervisorStage } from '../model/events.ts'
import type { Principal, PrincipalInput } from '../model/principal.ts'
import { principalSchema } from '../model/principal.ts'
import type { Priority } from '../model/priority.ts'
import { prioritySchema } from '../model/priority.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { Policy } from '../security/policy.ts'
import { proveToken } from '../security/tokens.ts'
import { isDefinition } from './define-task.ts'
import type { TaskTemplate, TemplateOverride } from './define-template.ts'
import { TaskHandle } from './handle.ts'
import type { ActOptions } from './permissions.ts'
import type { Registry } from './registry.ts'
import type { RuntimeCore } from './runtime-core.ts'
import { stopped } from './runtime-core.ts'
import { RuntimeReads } from './runtime-reads.ts'
import type { StopOptions } from './stop-options.ts'
import { stopOptionsSchema } from './stop-options.ts'

/** The actors of a runtime. */
export interface LivingActors {
  readonly root: AnyActorRef
  readonly tasks: readonly {
    readonly id: string
    readonly actor: AnyActorRef
    readonly handlerActor: AnyActorRef | null
  }[]
}

/** Where a task that is tried again begins. */
export interface RetryOptions {
  from?: 'start' | 'failedStep'
}

/** What was done by hand. */
export type Intervention = Pick<
  Extract<RuntimeEvent, { type: 'operator.action' }>,
  'action' | 'taskId' | 'subject' | 'why' | 'changed'
>

/**
 * A task runtime as one principal has it: one supervisor with its tasks, pools and journal. Several live side by side in
 * one process. With a policy every call may throw a ForbiddenError (`FORBIDDEN`), and shows what may be read.
 */
export class Runtime extends RuntimeReads {
  readonly #core: RuntimeCore
  readonly #authority: Authority
  readonly #isHost: boolean

  /** Use {@link createRuntime}. */
  constructor(core: RuntimeCore, authority: Authority, isHost: boolean) {
    super(core, authority)
    this.#core = core
    this.#authority = authority
    this.#isHost = isHost
  }

  /** Who acts through this face. */
  get principal(): Principal {
    return this.#authority.principal
  }

  /**
   * The same runtime, as a principal has it. The host hands in any; through a face of another it is a delegation, which
   * the policy must allow, and it may do no more than both. @throws RefusedError `OPTIONS_INVALID`, `FORBIDDEN`
   */
  as(principal: PrincipalInput): Runtime {
    const read = principalSchema.safeParse(principal)
    if (!read.success) throw refuse('OPTIONS_INVALID', 'the principal is not valid', listProblems(read.error))
    if (this.#isHost) return new Runtime(this.#core, { principal: read.data, within: [] }, false)
    const { permissions } = this.#core
    const authority = permissions?.delegate(read.data, this.#authority) ?? delegated(read.data, this.#authority)
    return new Runtime(this.#core, authority, false)
  }

  /**
   * The same runtime, to the same principal, with a reason: the audit log has it with all that is done through this face
   * but submissions.
   */
  because(why: string): Runtime {
    return new Runtime(this.#core, { ...this.#authority, why }, this.#isHost)
  }

  /**
   * The same runtime, as the principal has it whom a token names, until the token expires; see the option `tokens`.
   * @throws (rejects) RefusedError `TOKEN_REFUSED`
   */
  async authenticate(token: string): Promise<Runtime> {
    const { tokens } = this.#core.options
    try {
      if (!tokens) throw new RefusedError('TOKEN_REFUSED', 'this runtime takes no tokens: give createRuntime tokens')
      const { principal, expiresAt } = await proveToken(token, tokens, this.#core.now())
      return new Runtime(this.#core, { principal, within: [], expiresAt }, false)
    } catch (thrown) {
      if (thrown instanceof RefusedError) this.#core.permissions?.tokenRefused(thrown)
      throw thrown
    }
  }

  /** Puts another policy in the place of the present one. It holds from the next action on, for tasks that run too. */
  govern(policy: Policy): void {
    const { permissions } = this.#core
    if (!permissions)
      throw new RefusedError('OPTIONS_INVALID', 'this runtime was created without a policy: give createRuntime one')
    permissions.govern(this.#authority, policy)
  }

  /**
   * Authorises an action on an instance, for what is built around a runtime: an API, a page. What is not seeing is written
   * to the audit log. @throws ForbiddenError that names the rule
   */
  authorise(action: Action, resource: Resource): void {
    this.#core.permissions?.authorise(this.#authority, action, resource)
  }

  /** The definitions and templates that are known; to add one is to decide what runs. */
  get registry(): Registry {
    this.authorise('configure', theRuntime)
    return this.#core.registry
  }

  /** The supervisor's actor, the root of the actor system. */
  get actor(): AnyActorRef {
    this.authorise('inspect', theRuntime)
    return this.#core.logic.actor
  }

  /** The supervisor's actor, and those of the tasks that have not ended. Takes the right to `inspect` the runtime. */
  actors(): LivingActors {
    this.authorise('inspect', theRuntime)
    const { logic, supervisor } = this.#core
    const tasks = [...supervisor.tasks.live()].filter((task) => this.mayRead(task))
    return {
      root: logic.actor,
      tasks: tasks.map(({ id, actor, effects }) => ({ id, actor, handlerActor: effects.handlerActor })),
    }
  }

  get state(): SupervisorStage {
    return this.#core.state
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
    const definition = typeof what === 'string' ? this.#core.registry.get(what) : what
    if (!isDefinition(definition))
      throw new RefusedError('UNKNOWN_TYPE', 'what was submitted is no task definition; make it with defineTask')
    const by = { authority: this.#authority, isHost: this.#isHost, parentId: null, childKey: null, depth: 0 }
    return this.#handleOf(await this.#core.submit(definition, input, options, by))
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
    const name = typeof what === 'string' ? what : what.name
    const filled = this.#core.registry.instantiate(name, input, options)
    return this.submit(filled.definition, filled.input, filled.options)
  }

  get(id: string): TaskHandle | undefined {
    const task = this.find(id)
    return task && this.#handleOf(task)
  }

  /**
   * Submits a task that has ended once more: a new task with the same input and demand, in the name that it was submitted
   * in. It belongs to no flow, and has no deadline. From `failedStep` on, steps that had finished and were not undone keep
   * their results and are not run again; the members of a flow are. The caller must be allowed to `retry` it, and the one in whose name it
   * is to `submit` it still. @throws RefusedError `UNKNOWN_TASK`, `TASK_UNFINISHED`, `UNKNOWN_TYPE`, and as {@link submit}
   */
  async retry(id: string, { from = 'start' }: RetryOptions = {}): Promise<TaskHandle> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const task = this.find(id)
    if (!task) throw new RefusedError('UNKNOWN_TASK', `no task ${id}`)
    if (!task.outcome) throw new RefusedError('TASK_UNFINISHED', `${id} has not ended: it is ${task.stage}`)
    if (task.progress.parked !== null)
      throw new RefusedError('UNKNOWN_TYPE', `${id} cannot be run: ${task.progress.parked}`)
    const { promise, resolve, reject } = Promise.withResolvers<TaskActorLogic>()
    const inherits = from === 'failedStep' ? { from: id, steps: task.effects.undo.kept() } : null
    const again = () => void this.#core.submitAgain(task, inherits).then(resolve, reject)
    this.#act('retry', taskResource(task.facts, task.progress.priority), again, { refused: reject })
    return this.#handleOf(await promise)
  }

  /**
   * Grants nothing to tasks of the type until {@link resumeType}, to those that come later too; what executes goes on. It
   * is on record: a runtime that takes the store up holds them back as well. @throws RefusedError `UNKNOWN_TYPE`
   */
  pauseType(type: string): void {
    this.#ofType('pause', 'type.pause', type)
  }

  /** @throws RefusedError `UNKNOWN_TYPE` */
  resumeType(type: string): void {
    this.#ofType('resume', 'type.resume', type)
  }

  /**
   * Resolves once everything that was told to this runtime so far is done: with an audit log when that has it.
   * @throws (rejects) RefusedError `RUNTIME_STOPPED`: it never will be
   */
  async acted(): Promise<void> {
    await this.#core.permissions?.acted()
  }

  /** Writes into the event log, and the audit log if there is one, what was done by hand through this face, and why. */
  noteIntervention(intervention: Intervention): void {
    const { permissions, journal, services } = this.#core
    const { taskId, why } = intervention
    const { id: by } = this.#authority.principal
    journal.ofRuntime({ type: 'operator.action', by, ...intervention, why: services.redactor.text(why) })
    const task = taskId === null ? undefined : this.find(taskId)
    const { taskId: _, ...details } = intervention
    permissions?.intervened(this.#authority, task ? permissions.resourceOf(task) : theRuntime, details)
  }

  /** Changes a waiting task's priority. @throws RefusedError `UNKNOWN_TASK`, `OPTIONS_INVALID` for no priority */
  reprioritise(id: string, priority: Priority): void {
    const task = this.find(id)
    if (!task) throw new RefusedError('UNKNOWN_TASK', `no task ${id}`)
    const read = prioritySchema.safeParse(priority)
    if (!read.success) throw refuse('OPTIONS_INVALID', 'the priority is not valid', listProblems(read.error))
    // What it is to be is what the policy judges: it may bound how urgent somebody's tasks can be.
    const resource = taskResource(task.facts, read.data)
    this.#act('reprioritise', resource, () =>
      this.#core.logic.send({ type: 'task.reprioritise', taskId: id, priority: read.data }),
    )
  }

  /**
   * Changes how much there is of a resource. Below what is held, nothing is taken away and nothing granted until it fits.
   * @throws RefusedError `POOL_UNKNOWN`, `OPTIONS_INVALID`, `RUNTIME_STOPPED`
   */
  async resize(resource: string, capacity: number): Promise<void> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const perform = () =>
      this.#core.logic.send({ type: 'pool.resize', resource, capacity, reply: { done: resolve, refused: reject } })
    this.#act('resize', this.#poolOf(resource), perform, { details: { capacity }, refused: reject })
    await promise
  }

  /** Grants nothing more until `resume`; what executes goes on. */
  pause(): void {
    this.#act('pause', theRuntime, () => this.#core.logic.send({ type: 'pause' }))
  }

  resume(): void {
    this.#act('resume', theRuntime, () => this.#core.logic.send({ type: 'resume' }))
  }

  /** Takes nothing new, and waits until everything that was accepted has ended. `resume` opens it again. */
  async drain(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#drain(() => resolve(this.#idle()), reject)
    await promise
  }

  /** As {@link drain}, but waits for nothing. */
  beginDrain(): void {
    this.#drain(() => undefined)
  }

  #drain(done: () => void, refused?: ActOptions['refused']): void {
    if (this.state === 'stopped') return done()
    const perform = () => {
      this.#core.logic.send({ type: 'drain' })
      done()
    }
    this.#act('drain', theRuntime, perform, refused && { refused })
  }

  /** Waits until no task is unfinished. */
  async idle(): Promise<void> {
    this.authorise('read', theRuntime)
    await this.#idle()
  }

  #idle(): Promise<void> {
    if (this.state === 'stopped') return Promise.resolve()
    return new Promise((resolve) => this.#core.supervisor.whenIdle(resolve))
  }

  /**
   * Stops, and leaves nothing behind in this process: no timer, no actor; the host can exit. What is unfinished is
   * kept for the next runtime on the store (`unfinished: 'keep'`, the default with a store that keeps it): what executes
   * may finish within `grace` (default 10 s), and is then told to stop and left. Or it is cancelled and rolled back
   * (`'cancel'`, the default without such a store), within `grace`. Called again, it answers with the first call. The
   * host may always stop, whatever the policy says.
   * @throws RefusedError `OPTIONS_INVALID`
   * @throws StoreError if something could not be made durable
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const unfinished = this.#core.journal.keepsState ? 'keep' : 'cancel'
    const checked = stopOptionsSchema.safeParse({ unfinished, ...options })
    if (!checked.success) throw refuse('OPTIONS_INVALID', 'the stop options are not valid', listProblems(checked.error))
    // The host may: nothing but the end of its process could stop it otherwise.
    if (!this.#isHost) this.authorise('stop', theRuntime)
    await this.#core.stop(checked.data.grace, checked.data.unfinished)
  }

  #handleOf(task: TaskActorLogic): TaskHandle {
    return new TaskHandle(task, this.#core, this.#authority)
  }

  #ofType(action: 'pause' | 'resume', message: 'type.pause' | 'type.resume', type: string): void {
    const { registry, logic } = this.#core
    // One that is paused is known, whether its definition is or not.
    if (!registry.latest(type) && !this.pausedTypes().includes(type)) registry.get(type)
    this.#act(action, theRuntime, () => logic.send({ type: message, name: type }), { details: { type } })
  }

  #act(action: Action, resource: Resource, perform: () => void, more?: ActOptions): void {
    const { permissions } = this.#core
    if (permissions === null) perform()
    else permissions.act(this.#authority, action, resource, perform, more)
  }

  #poolOf(resource: string): PoolResource {
    const usage = this.#core.supervisor.scheduler.ledger.usage(this.#core.now())
    const pool = usage.find((one) => one.resource === resource)?.pool ?? ''
    return { kind: 'pool', pool, resource }
  }
}
