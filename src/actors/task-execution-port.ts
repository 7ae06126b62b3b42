import type { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { Environment } from '../model/environment.ts'
import type { TaskHappening } from '../model/events.ts'
import type { ChildHandle } from '../model/handler-parts.ts'
import type { SandboxUsage } from '../model/isolation.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Limits } from '../model/limits.ts'
import type { Principal } from '../model/principal.ts'
import type { Demand } from '../model/resources.ts'
import type { TaskStage } from '../model/stage.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import type { TraceContext } from '../model/trace-context.ts'
import { hasSecrets, secret } from '../security/secret-fields.ts'
import { encodeValue } from '../store/value-codec.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { childHandle } from './child-handle.ts'
import type { ExecutionPort } from './execution-port.ts'
import type { ClosingOfQuestion } from './questions.ts'
import type { Undoing } from './rollback.ts'
import type { StepLog } from './step-log.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskUndo } from './task-undo.ts'
import type { Timers } from './timers.ts'

const secretText = secret()

function isFinal(stage: TaskStage): boolean {
  return stage === 'completed' || stage === 'failed' || stage === 'cancelled' || stage === 'rejected'
}

/** What the handler's calls do to its task: messages to its actor and to the supervisor. */
export class TaskExecutionPort implements ExecutionPort {
  readonly #task: Task
  readonly #services: TaskServices
  readonly #watch: AttemptWatch
  readonly #undo: TaskUndo
  readonly #epoch: number

  constructor(task: Task, services: TaskServices, { watch, undo }: { watch: AttemptWatch; undo: TaskUndo }) {
    this.#task = task
    this.#services = services
    this.#watch = watch
    this.#undo = undo
    this.#epoch = task.context.epoch
  }

  get id(): string {
    return this.#task.id
  }

  get type(): string {
    return this.definition.type
  }

  get principal(): Principal {
    return this.#task.facts.principal
  }

  get definition(): TaskDefinition {
    return this.#task.facts.definition
  }

  get input(): unknown {
    return this.#task.facts.input
  }

  get traceContext(): TraceContext | null {
    const { id, traceContext } = this.#task.facts
    return this.#services.traces?.contextOf(id) ?? traceContext
  }

  get environment(): Environment {
    return this.#services.environment
  }

  get timers(): Timers {
    return this.#services.timers
  }

  get steps(): StepLog {
    return this.#undo.steps
  }

  get goesOn(): boolean {
    const { stage, outcome } = this.#task
    return outcome === null && stage !== 'rollingBack' && stage !== 'completing' && !isFinal(stage)
  }

  get limits(): Limits {
    return this.#services.limits
  }

  get keepsState(): boolean {
    return this.#services.journal.keepsState
  }

  report(happening: TaskHappening, payload?: RecordPayload | null): void {
    this.#task.report(happening, payload)
  }

  scrub(text: string): string {
    return text === '' ? text : this.#task.secrets.text(text)
  }

  learn(schema: z.ZodType, value: unknown): void {
    if (hasSecrets(schema)) this.#task.secrets.learn(schema, value)
  }

  hide(value: string): void {
    this.learn(secretText, value)
  }

  recorded(): Promise<void> {
    return this.#services.journal.recorded()
  }

  alive(): void {
    this.#watch.alive()
  }

  asked(): void {
    this.#task.send({ type: 'handler.asked', epoch: this.#epoch })
  }

  questionClosed(questionId: string, how: ClosingOfQuestion): void {
    const isAnswered = how === 'answer' || how === 'default'
    // With a store the record carries the answer, which is not known here.
    if (isAnswered && !this.keepsState) this.report({ type: 'task.answered', questionId })
    this.#task.send({ type: 'question.closed', epoch: this.#epoch })
  }

  answerTo<Answer>(key: string): { readonly value: Answer } | undefined
  answerTo(key: string): { readonly value: unknown } | undefined {
    return this.#undo.answerTo(key)
  }

  async answered(questionId: string, key: string, answer: unknown): Promise<void> {
    this.report({ type: 'task.answered', questionId }, { answer: { key, value: encodeValue(answer) } })
    await this.recorded()
  }

  child(id: string): ChildHandle<unknown> | undefined {
    return childHandle(this.#undo.childOf(id))
  }

  /** @throws RefusedError `POOL_UNKNOWN` for a resource that no pool has */
  use(usage: Demand): void {
    this.#services.ledger.compile(usage)
    this.report({ type: 'task.used', usage })
    const { leaseId } = this.#task.context
    if (leaseId === null) return
    this.#services.supervisor.send({ type: 'lease.use', taskId: this.id, leaseId, epoch: this.#epoch, usage })
  }

  measured({ cpuMs, memoryBytes, outputBytes, wallMs }: SandboxUsage): void {
    const usage = {
      'sandbox.cpuMs': Math.round(cpuMs),
      'sandbox.memoryBytes': memoryBytes,
      'sandbox.outputBytes': outputBytes,
      'sandbox.wallMs': Math.round(wallMs),
    }
    const pooled: Record<string, number> = {}
    const rest: Record<string, number> = {}
    for (const [resource, amount] of Object.entries(usage)) {
      const part = this.#isPooled(resource, amount) ? pooled : rest
      part[resource] = amount
    }
    if (Object.keys(rest).length > 0) this.report({ type: 'task.used', usage: rest })
    if (Object.keys(pooled).length > 0) this.use(pooled)
  }

  #isPooled(resource: string, amount: number): boolean {
    try {
      this.#services.ledger.compile({ [resource]: amount })
      return true
    } catch {
      return false
    }
  }

  progress(fraction: number, message: string): void {
    this.#task.progress.fraction = fraction
    const shown = this.scrub(message)
    this.#task.progress.message = shown
    this.report({ type: 'task.progress', fraction, message: shown })
  }

  undoLate(undoing: Undoing): Promise<void> {
    return this.#undo.late(undoing)
  }

  async submitChild<Input extends z.ZodType, Output extends z.ZodType>(
    definition: TaskDefinition<Input, Output>,
    input: z.input<Input>,
    options: SubmitOptions | undefined,
    key: string | null,
  ): Promise<ChildHandle<z.output<Output>>> {
    const earlier = key === null ? undefined : this.#undo.claim(key)
    if (earlier) return childHandle(earlier)
    this.#undo.countChild(this.limits.children)
    const child = await this.#services.submitChild(this.#task, definition, input, options, key)
    // A dedupe key may have found a task that is not this one's child.
    if (child.facts.parentId === this.id) this.#undo.adopt(child)
    return childHandle(child)
  }
}
