import { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import type { Duration } from '../../model/duration.ts'
import type { AskOptions, ChildHandle, ChildOptions, StepOptions, StepRun, TaskLog } from '../../model/handler-parts.ts'
import { parseOnce } from '../../model/parse-once.ts'
import type { Principal } from '../../model/principal.ts'
import type { Demand } from '../../model/resources.ts'
import type { TraceContext } from '../../model/trace-context.ts'
import { ChildPaths } from './child-paths.ts'
import type { Pilot, PointActions, PointKind } from './pilot.ts'

/** The resource that a handler overruns when it is made to: no definition asks for it. */
export const allowance = 'lifecycle.allowance'

/** What the kit asks where it makes a handler ask. */
export const kitQuestion = 'the lifecycle test asks: may it go on?'

/** Makes a definition that a handler submits into one with a pilot on board. */
export type PilotChild = <Input extends z.ZodType, Output extends z.ZodType>(
  definition: TaskDefinition<Input, Output>,
  path: string,
) => TaskDefinition<Input, Output>

/** The handler's own view of its task, with a pilot between the two. */
export class PilotedTask implements TaskContext {
  readonly #task: TaskContext
  readonly #pilot: Pilot
  readonly #path: string
  readonly #pilotChild: PilotChild
  readonly #actions: PointActions
  #questions = 0
  #sleeps = 0
  readonly #children: ChildPaths

  constructor(task: TaskContext, pilot: Pilot, path: string, pilotChild: PilotChild) {
    this.#task = task
    this.#pilot = pilot
    this.#path = path
    this.#pilotChild = pilotChild
    this.#children = new ChildPaths(path)
    this.#actions = {
      ask: () => this.#ask(z.string(), kitQuestion, {}, kitQuestion),
      heartbeat: () => task.heartbeat(),
      progress: () => task.progress(0.5, 'half way, says the lifecycle test'),
      overrunBudget: () => task.used({ [allowance]: 1_000 }),
    }
    if (path === '') pilot.actions = this.#actions
  }

  get id(): string {
    return this.#task.id
  }

  get type(): string {
    return this.#task.type
  }

  get principal(): Principal {
    return this.#task.principal
  }

  get traceContext(): TraceContext | null {
    return this.#task.traceContext
  }

  get attempt(): number {
    return this.#task.attempt
  }

  get signal(): AbortSignal {
    return this.#task.signal
  }

  get log(): TaskLog {
    return this.#task.log
  }

  now(): number {
    return this.#task.now()
  }

  random(): number {
    return this.#task.random()
  }

  progress(fraction: number, message?: string): void {
    this.#task.progress(fraction, message)
  }

  used(usage: Demand): void {
    this.#pilot.demand(usage)
    this.#task.used(usage)
  }

  heartbeat(): void {
    this.#task.heartbeat()
  }

  child(idOrKey: string): ChildHandle<unknown> | undefined {
    const child = this.#task.child(idOrKey)
    return child && this.#childHandle(child)
  }

  /** The handler comes by a point of its own. */
  reach(kind: PointKind, place: string, name = ''): Promise<void> {
    return this.#pilot.reach(this.#at(kind, place, name), this.signal, this.#actions)
  }

  /** The user's code of a point is under way. */
  during(place: string, name = ''): void {
    this.#pilot.during(this.#at('during', place, name))
  }

  step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options: StepOptions<Result> = {},
  ): Promise<Result> {
    const pilot = this.#pilot
    const { undo, undoInDoubt } = options
    const piloted = async (step: StepRun): Promise<Result> => {
      await this.reach('before', `step "${name}", before its effect`, name)
      const running = pilot.running(this.id, `step "${name}"`, () => run(step))
      this.during(`step "${name}", while it runs`, name)
      const result = await running
      pilot.note({ ...this.#deed(name), what: 'effect', value: undefined })
      if (undo) pilot.canUndo(this.#path, name)
      await this.reach('after', `step "${name}", after its effect`, name)
      return result
    }
    const undoing = ({ signal }: StepRun, code: () => unknown) => pilot.undo(this.#deed(name), signal, code)
    return this.#task.step(name, piloted, {
      ...(undo && { undo: (result: Result, step: StepRun) => undoing(step, () => undo(result, step)) }),
      ...(undoInDoubt && { undoInDoubt: (step: StepRun) => undoing(step, () => undoInDoubt(step)) }),
    })
  }

  ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options: AskOptions<z.output<Schema>> = {},
  ): Promise<z.output<Schema>> {
    this.#questions += 1
    return this.#ask(schema, prompt, options, `question ${this.#questions}`)
  }

  async sleep(duration: Duration): Promise<void> {
    this.#sleeps += 1
    await this.reach('sleep', `sleep ${this.#sleeps}`, String(this.#sleeps))
    await this.#wait(this.#task.sleep(duration))
  }

  async submit<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: ChildOptions = {},
  ): Promise<ChildHandle<z.output<Output>>> {
    const path = this.#children.next(options.key ?? definition.type)
    const parsed = await parseOnce(definition.input, input)
    if (parsed.ok) this.#pilot.demand(options.demand ?? definition.demandOf(parsed.data) ?? {})
    const child = await this.#task.submit(this.#pilotChild(definition, path), input, options)
    return this.#childHandle(child)
  }

  #childHandle<Output>(child: ChildHandle<Output>): ChildHandle<Output> {
    return {
      id: child.id,
      result: () => this.#wait(child.result()),
      cancel: (reason) => this.#wait(child.cancel(reason)),
      rollBack: () => this.#wait(child.rollBack()),
    }
  }

  #wait<Result>(promise: Promise<Result>): Promise<Result> {
    const waiting = this.#pilot.waiting(this.id, promise)
    // As the runtime's own: a handler that drops it does not end the host's process.
    waiting.catch(() => undefined)
    return waiting
  }

  #ask<Schema extends z.ZodType>(
    schema: Schema,
    prompt: string,
    options: AskOptions<z.output<Schema>>,
    place: string,
  ): Promise<z.output<Schema>> {
    const { point } = this.#pilot.pass(this.#at('question', place, prompt))
    const expires = options.timeout !== undefined
    this.#pilot.asked.push({ taskId: this.id, point, prompt, schema, expires })
    return this.#wait(this.#task.ask(schema, prompt, options))
  }

  #at(kind: PointKind, place: string, name: string) {
    const { id: taskId, attempt } = this
    const path = this.#path
    return { kind, name, path, taskId, attempt, point: path === '' ? place : `${path}: ${place}` }
  }

  #deed(step: string) {
    return { step, path: this.#path, taskId: this.id, attempt: this.attempt }
  }
}
