import type { Context, Link, Span, SpanContext, Tracer, TracerProvider } from '@opentelemetry/api'
import { context, createTraceState, isSpanContextValid, SpanStatusCode, trace } from '@opentelemetry/api'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { TaskFacts } from '../actors/task-record.ts'
import type { TaskTraces } from '../actors/task-traces.ts'
import type { TaskEvent } from '../model/events.ts'
import type { TraceContext } from '../model/trace-context.ts'

interface Traced {
  readonly span: Span
  attempt: Span | null
}

type FindTask = (id: string) => TaskActorLogic | undefined

function headersOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}

function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext {
  const [, traceId = '', spanId = '', flags = '0'] = traceparent.split('-')
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  }
}

function contextWith(carried: TraceContext | null): Context {
  return carried ? trace.setSpanContext(context.active(), spanContextOf(carried)) : context.active()
}

/**
 * A span for each task and one for each of its attempts, made of what is told of them. Sources of the names: OpenTelemetry
 * semantic conventions, W3C Trace Context.
 */
export class Traces implements TaskTraces {
  readonly #tracer: Tracer
  readonly #find: FindTask
  /** Of tasks that have not ended. */
  readonly #traced = new Map<string, Traced>()

  /** @param provider `null`: the one that is registered globally */
  constructor(provider: TracerProvider | null, find: FindTask) {
    this.#tracer = (provider ?? trace).getTracer('taskwright')
    this.#find = find
  }

  contextOf(taskId: string): TraceContext | null {
    const traced = this.#traced.get(taskId)
    if (!traced) return null
    const of = (traced.attempt ?? traced.span).spanContext()
    return isSpanContextValid(of) ? headersOf(of) : null
  }

  within<Result>(taskId: string, run: () => Result): Result {
    const traced = this.#traced.get(taskId)
    return traced ? context.with(trace.setSpan(context.active(), traced.attempt ?? traced.span), run) : run()
  }

  /** What a submission belongs to: what it says, else its parent's attempt, else what its submitter is in. */
  carried(said: TraceContext | undefined, parentId: string | null): TraceContext | null {
    if (said) return said
    const ofParent = parentId === null ? null : this.contextOf(parentId)
    if (ofParent) return ofParent
    const active = trace.getSpanContext(context.active())
    return active && isSpanContextValid(active) ? headersOf(active) : null
  }

  /** The task is about to be taken on. What it belongs to from now on is its own span, for a later process too. */
  begin(facts: TaskFacts): TaskFacts {
    const span = this.#start(facts, false, facts.createdAt)
    this.#traced.set(facts.id, { span, attempt: null })
    const own = span.spanContext()
    return isSpanContextValid(own) ? { ...facts, traceContext: headersOf(own) } : facts
  }

  /** It was not. */
  drop(taskId: string): void {
    this.#traced.delete(taskId)
  }

  follow(event: TaskEvent): void {
    const traced = this.#traced.get(event.taskId) ?? this.#resume(event)
    if (!traced) return
    // As a date: the SDK takes small numbers for times since the start of the process.
    const at = new Date(event.at)
    switch (event.type) {
      case 'task.executing': {
        const { attempt, epoch } = event
        const attributes = { 'taskwright.attempt': attempt, 'taskwright.epoch': epoch }
        const parent = trace.setSpan(context.active(), traced.span)
        traced.attempt = this.#tracer.startSpan(`${event.taskType} attempt`, { startTime: at, attributes }, parent)
        return
      }
      case 'task.step.completed':
      case 'task.step.failed':
        traced.attempt?.addEvent(event.type, { 'taskwright.step': event.step }, at)
        return
      case 'task.completing':
        return endAttempt(traced, at, null)
      case 'task.retrying':
      case 'task.rollingBack':
        return endAttempt(traced, at, `${event.failure.code}: ${event.failure.message}`)
      default:
        this.#end(traced, event, at)
    }
  }

  #end(traced: Traced, event: TaskEvent, at: Date): void {
    const { taskId } = event
    if (event.type === 'task.completed') traced.span.setStatus({ code: SpanStatusCode.OK })
    else if (event.type === 'task.failed' || event.type === 'task.rejected')
      traced.span.setStatus({
        code: SpanStatusCode.ERROR,
        message: `${event.failure.code}: ${event.failure.message}`,
      })
    else if (event.type !== 'task.cancelled') return
    endAttempt(traced, at, null)
    traced.span.setAttribute('taskwright.outcome', event.type.slice('task.'.length))
    traced.span.end(at)
    this.#traced.delete(taskId)
  }

  /** The span of a task that an earlier process began went with it; this one belongs to the same trace. */
  #resume({ taskId, at }: TaskEvent): Traced | undefined {
    const task = this.#find(taskId)
    if (!task || task.progress.endedAt !== null || task.outcome) return undefined
    const traced = { span: this.#start(task.facts, true, at), attempt: null }
    this.#traced.set(taskId, traced)
    return traced
  }

  #start(facts: TaskFacts, isRecovered: boolean, startTime: number): Span {
    const { id, definition, parentId, after, traceContext } = facts
    const links = after.flatMap((other): Link[] => {
      const dependency = this.#find(other)?.facts.traceContext
      return dependency ? [{ context: spanContextOf(dependency) }] : []
    })
    const attributes = {
      'taskwright.task.id': id,
      'taskwright.task.type': definition.type,
      'taskwright.task.kind': definition.kind,
      'taskwright.task.version': definition.version,
      ...(parentId !== null && { 'taskwright.task.parent': parentId }),
      ...(isRecovered && { 'taskwright.recovered': true }),
    }
    return this.#tracer.startSpan(
      definition.type,
      { startTime: new Date(startTime), attributes, links },
      contextWith(traceContext),
    )
  }
}

function endAttempt(traced: Traced, at: Date, failure: string | null): void {
  if (failure !== null) traced.attempt?.setStatus({ code: SpanStatusCode.ERROR, message: failure })
  traced.attempt?.end(at)
  traced.attempt = null
}
