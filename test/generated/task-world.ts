import type { Runtime, TaskContext, TaskEvent, TaskHandle, VirtualEnvironment } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, NonRetryableError } from 'taskwright'
import { expect } from 'vitest'
import type { InspectionEvent, SnapshotFrom } from 'xstate'
import { initialTransition, transition } from 'xstate'
import { z } from 'zod'
import { compiledTask } from '../../src/machines/task-engine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import type { TaskMachineEvent } from '../../src/machines/task-tables.ts'
import { HeldStore } from '../../src/testing/lifecycle/held-store.ts'
import type { PathStep } from './task-paths.ts'
import { stageOf } from './task-paths.ts'

const heartbeatMs = 1_000
const graceMs = 100
const backoffMs = 10
const timeoutMs = 10_000

const finals = new Set(['task.completed', 'task.failed', 'task.cancelled', 'task.rejected'])

/**
 * One task on the real runtime in virtual time, with every outside force in the hands of a test. Whatever its actor is
 * told is told to the interpreted machine too, and both must stand alike after every message.
 */
export class TaskWorld {
  readonly environment: VirtualEnvironment = createVirtualEnvironment()
  /** Ids of the transitions that the real task took. */
  readonly taken = new Set<string>()
  /** `stage event` for every message that the real task got. */
  readonly met = new Set<string>()
  readonly undone: string[] = []
  readonly #store = new HeldStore()
  readonly #validation = Promise.withResolvers<string[]>()
  readonly #undo = Promise.withResolvers<void>()
  readonly #blocker = Promise.withResolvers<void>()
  readonly #output = Promise.withResolvers<boolean>()
  #handler: PromiseWithResolvers<string> | null = null
  #task: TaskContext | null = null
  #runtime: Runtime | null = null
  #handle: TaskHandle | null = null
  #model: SnapshotFrom<typeof taskMachine> | null = null
  #onCreated: readonly PathStep[] = []
  #onExecuting: readonly PathStep[] = []
  #startsByItself = false
  readonly #events: TaskEvent[] = []

  /** Where the real task stands. */
  get state(): SnapshotFrom<typeof taskMachine> {
    if (!this.#model) throw new Error('nothing was submitted yet')
    return this.#model
  }

  /** Makes the events of a path happen, in order; then ends whatever is left and checks that nothing is. */
  async live(path: readonly PathStep[]): Promise<void> {
    const start = path.findIndex(({ event }) => event.type === 'start')
    await this.#submit(start < 0 ? path : path.slice(0, start))
    const rest = start < 0 ? [] : path.slice(start + 1)
    for (let index = 0; index < rest.length; index++) {
      const step = rest[index]
      if (!step || this.state.status === 'done') break
      if (step.event.type === 'allocation.ready' && !step.isStale && this.state.matches('allocating')) {
        this.#onExecuting = this.#whilePreparing(rest.slice(index + 1))
        index += this.#onExecuting.length
      }
      await this.#cause(step)
      await this.environment.clock.settle()
      this.#check()
    }
    await this.#end()
  }

  /** `preparing` lasts for no time: what happens in it must be there when it is entered. */
  #whilePreparing(steps: readonly PathStep[]): PathStep[] {
    const inside: PathStep[] = []
    let [predicted] = transition(taskMachine, this.state, { type: 'allocation.ready', epoch: this.state.context.epoch })
    for (const step of steps) {
      const starts = step.event.type === 'handler.started' && !step.isStale
      if (starts || !predicted.matches({ executing: { work: 'preparing' } })) break
      inside.push(step)
      predicted = transition(taskMachine, predicted, this.#current(step.event, step.isStale))[0]
    }
    return inside
  }

  async #submit(before: readonly PathStep[]): Promise<void> {
    const { environment } = this
    this.#onCreated = before
    const runtime = await createRuntime({
      environment,
      store: this.#store,
      pools: { default: { slots: 1 }, money: { usd: { budget: 10 } } },
      inspect: (event) => this.#follow(event),
      logger: (await import('pino')).pino({ level: 'silent' }),
    })
    this.#runtime = runtime
    runtime.pause()
    const blocker = await runtime.submit(
      defineTask({ type: 'blocker', kind: 'control', input: z.null(), demand: {}, run: () => this.#blocker.promise }),
      null,
    )
    // The blocker runs before the task that is watched is submitted, and the runtime grants nothing more.
    runtime.resume()
    await environment.clock.settle()
    runtime.pause()
    runtime.on('task.created', ({ taskId }) => {
      for (const { event } of this.#onCreated) runtime.get(taskId)?.actor.send(event)
    })
    runtime.on('task.executing', ({ taskId }) => {
      const steps = this.#onExecuting
      this.#onExecuting = []
      for (const { event, isStale } of steps) {
        runtime.get(taskId)?.actor.send(this.#current(event, isStale))
      }
    })
    runtime.on('task.*', (event) => {
      if (event.taskType === 'watched') this.#events.push(event)
    })
    const [initial] = initialTransition(taskMachine, {
      id: 'task_2',
      type: 'watched',
      maxAttempts: 2,
      conditionsMet: false,
    })
    this.#model = initial
    this.#handle = await runtime.submit(this.#definition(), 'in', { after: [blocker] })
    expect(this.#handle.id).toBe('task_2')
    await environment.clock.settle()
  }

  #definition() {
    return defineTask({
      type: 'watched',
      kind: 'processing',
      input: z.string(),
      output: z.string().refine(() => this.#output.promise, 'refused by the test'),
      timeout: timeoutMs,
      heartbeat: heartbeatMs,
      grace: graceMs,
      retry: { attempts: 2, backoff: backoffMs, jitter: false },
      rollbackRetry: { attempts: 1 },
      rollbackTimeout: '10d',
      validate: () => this.#validation.promise,
      run: async (task) => {
        this.#task = task
        this.#handler = Promise.withResolvers()
        this.#handler.promise.catch(() => undefined)
        await task.step('first', () => 1, { undo: () => this.#undo.promise.then(() => this.undone.push('first')) })
        await task.step('second', () => 2, { undo: () => this.undone.push('second') })
        return this.#handler.promise
      },
    })
  }

  /** What the real actor was told, the interpreted machine is told as well. */
  #follow(inspected: InspectionEvent): void {
    if (
      inspected.type !== '@xstate.snapshot' ||
      !('id' in inspected.actorRef) ||
      inspected.actorRef.id !== 'task_2' ||
      !this.#model
    )
      return
    const { event, snapshot } = inspected
    if (event.type === 'xstate.init' || !isTaskEvent(event)) return
    const before = this.#model
    this.met.add(`${stageOf(before.value)} ${event.type}`)
    const step = compiledTask.step(compiledTask.configurationOf(before.value), before.context, event)
    for (const { id } of step?.transitions ?? []) this.taken.add(id)
    const [after] = transition(taskMachine, before, event)
    this.#model = after
    expect(snapshot, `after ${event.type} in ${JSON.stringify(before.value)}`).toMatchObject({
      value: after.value,
      context: after.context,
      status: after.status,
    })
  }

  /** The same message about the attempt that the task is in now, or about the one before. */
  #current(event: TaskMachineEvent, isStale: boolean): TaskMachineEvent {
    if (!('epoch' in event) || (event.type === 'lease.granted' && !isStale)) return event
    return { ...event, epoch: this.state.context.epoch - (isStale ? 1 : 0) }
  }

  #expireLease(): void {
    const { leaseId, epoch } = this.state.context
    if (leaseId !== null) this.#runtime?.actor.send({ type: 'lease.expired', leaseId, epoch })
  }

  /** Brings an event about in the way in which it comes about; a message that only a race can cause is sent as it is. */
  async #cause({ event, isStale }: PathStep): Promise<void> {
    if (isStale || !(await this.#causeForReal(event))) this.#handle?.actor.send(this.#current(event, isStale))
  }

  async #causeForReal(event: TaskMachineEvent): Promise<boolean> {
    const { state } = this
    const { clock } = this.environment
    const runtime = this.#runtime
    const handle = this.#handle
    if (!runtime || !handle) return false
    const runs = state.matches('executing') && !state.matches({ executing: { work: 'stopping' } })
    const task = runs ? this.#task : null
    switch (event.type) {
      case 'ready':
        this.#blocker.resolve()
        return !state.context.conditionsMet
      case 'validation.passed':
      case 'validation.failed':
        this.#validation.resolve(event.type === 'validation.passed' ? [] : ['refused by the test'])
        return state.matches('validating')
      case 'lease.granted': {
        if (!state.matches('queued')) return false
        this.#store.hold()
        runtime.resume()
        await clock.settle()
        runtime.pause()
        return true
      }
      case 'lease.lost':
        this.#expireLease()
        return state.context.leaseId !== null
      case 'allocation.ready':
        this.#store.release()
        this.#startsByItself = state.matches('allocating')
        return this.#startsByItself
      case 'handler.started': {
        const happened = this.#startsByItself
        this.#startsByItself = false
        return happened
      }
      case 'handler.completed':
        if (!state.matches('executing')) return false
        this.#handler?.resolve('out')
        return true
      case 'handler.failed':
        if (!state.matches('executing')) return false
        this.#handler?.reject(
          event.failure.retryable ? new Error('failed by the test') : new NonRetryableError('for good'),
        )
        return true
      case 'handler.asked':
        if (!task) return false
        void task.ask(z.string(), 'well?')
        return true
      case 'question.closed': {
        const [question] = handle.questions()
        if (!question) return false
        await handle.answer('yes', question.id)
        return true
      }
      case 'budget.exceeded':
        if (!task) return false
        task.used({ usd: 100 })
        return true
      case 'heartbeat.received':
        if (!task || !state.matches({ executing: { liveness: 'suspect' } })) return false
        task.heartbeat()
        return true
      case 'heartbeat.missed':
        if (!state.matches({ executing: { work: 'running', liveness: 'alive', watch: 'onTime' } })) return false
        await clock.advance(heartbeatMs)
        return true
      case 'timeout': {
        if (!state.matches({ executing: { work: 'running', liveness: 'alive' } }) || !task) return false
        const until = clock.now() + timeoutMs
        while (clock.now() < until && this.state.matches({ executing: { work: 'running' } })) {
          task.heartbeat()
          await clock.advance(heartbeatMs / 2)
        }
        return true
      }
      case 'grace.expired':
        if (!state.matches({ executing: { work: 'stopping' } })) return false
        await clock.advance(graceMs)
        return true
      case 'output.accepted':
      case 'output.refused':
        if (!state.matches('completing')) return false
        this.#output.resolve(event.type === 'output.accepted')
        return true
      case 'backoff.elapsed':
        if (!state.matches('retrying')) return false
        await clock.advance(backoffMs)
        return true
      case 'rollback.finished':
        if (!state.matches('rollingBack')) return false
        if (event.report.status === 'incomplete') this.#undo.reject(new Error('cannot be undone'))
        else this.#undo.resolve()
        return true
      case 'pause':
        handle.pause()
        return true
      case 'resume':
        handle.resume()
        return true
      case 'cancel':
        void handle.cancel('cancelled by the test')
        return true
      default:
        return false
    }
  }

  /** What must hold whenever everything of an instant is done. */
  #check(): void {
    const { value, context } = this.state
    const stage = stageOf(value)
    const holds = ['allocating', 'executing', 'completing'].includes(stage) && context.leaseId !== null
    const slots = this.#runtime?.resources().find(({ resource }) => resource === 'slots')
    expect(slots?.held, `slots held in ${stage}`).toBe(holds ? 1 : 0)
    expect(this.#handle?.view().stage).toBe(stage)
    expect(this.#events.filter(({ type }) => finals.has(type)).length).toBe(this.state.status === 'done' ? 1 : 0)
  }

  async #end(): Promise<void> {
    const { environment } = this
    const runtime = this.#runtime
    const handle = this.#handle
    if (!runtime || !handle) return
    this.#store.release()
    this.#blocker.resolve()
    this.#undo.resolve()
    this.#output.resolve(true)
    this.#validation.resolve([])
    await environment.clock.settle()
    void handle.cancel('the path is at its end')
    await environment.clock.settle()
    this.#handler?.reject(new Error('the path is at its end'))
    const outcome = await environment.run(handle.outcome())
    expect(this.#events.filter(({ type }) => finals.has(type))).toHaveLength(1)
    const done = this.#events.flatMap((event) => (event.type === 'task.step.completed' ? [event.step] : []))
    if (outcome.status !== 'completed' && outcome.status !== 'rejected' && outcome.rollback.status !== 'incomplete') {
      expect(this.undone).toEqual(done.toReversed())
    }
    if (outcome.status === 'completed' || outcome.status === 'rejected') expect(this.undone).toEqual([])
    await environment.run(runtime.stop())
    for (const { held } of runtime.resources()) expect(held).toBe(0)
    await environment.clock.settle()
    expect(environment.clock.nextAt(), 'a timer is left').toBeNull()
  }
}

const eventTypes = new Set(
  [...Object.values(taskMachine.events)].filter((type): type is TaskMachineEvent['type'] => typeof type === 'string'),
)

function isTaskEvent(event: { type: string }): event is TaskMachineEvent {
  return [...eventTypes].some((type) => type === event.type)
}
