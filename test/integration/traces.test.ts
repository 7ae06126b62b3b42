import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { TraceContext } from 'taskwright'
import { defineTask, sequence } from 'taskwright'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from './crashing-host.ts'
import { virtualWorld } from './virtual-runtime.ts'

const manager = new AsyncLocalStorageContextManager()
beforeAll(() => void context.setGlobalContextManager(manager.enable()))
afterAll(() => context.disable())

function exporting() {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  onTestFinished(() => tracerProvider.shutdown())
  const named = (name: string): ReadableSpan => {
    const span = exporter.getFinishedSpans().find((one) => one.name === name)
    if (!span) throw new Error(`no span ${name} among ${exporter.getFinishedSpans().map((one) => one.name)}`)
    return span
  }
  return { exporter, named, traces: { tracerProvider }, tracer: tracerProvider.getTracer('test') }
}

const carried: TraceContext = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
}

const seen = (contexts: (TraceContext | null)[]) =>
  defineTask({
    type: 'seen',
    kind: 'processing',
    input: z.null(),
    retry: { attempts: 2, backoff: '1s', jitter: false },
    run: async (task) => {
      contexts.push(task.traceContext)
      await task.step('first', () => 1)
      await task.sleep(100)
      if (task.attempt === 1) throw new Error('not yet')
    },
  })

test('a span for the task and one for each attempt, with times, outcomes and steps', async () => {
  const { traces, exporter, named } = exporting()
  const contexts: (TraceContext | null)[] = []
  const { runtime, run } = await virtualWorld({ traces })
  const handle = await runtime.submit(seen(contexts), null, { traceContext: carried })
  await run(handle.result())
  const task = named('seen')
  const attempts = exporter.getFinishedSpans().filter(({ name }) => name === 'seen attempt')
  expect(task.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(task.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  expect(task.attributes).toMatchObject({
    'taskwright.task.id': handle.id,
    'taskwright.task.type': 'seen',
    'taskwright.outcome': 'completed',
  })
  expect(task.status.code).toBe(SpanStatusCode.OK)
  expect(attempts.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
    task.spanContext().spanId,
    task.spanContext().spanId,
  ])
  expect(attempts.map(({ status }) => status)).toEqual([
    { code: SpanStatusCode.ERROR, message: 'HANDLER_FAILED: not yet' },
    { code: SpanStatusCode.UNSET },
  ])
  expect(attempts.map(({ events }) => events.map(({ name }) => name))).toEqual([['task.step.completed'], []])
  expect(attempts.map(({ duration }) => duration)).toEqual([
    [0, 100_000_000],
    [0, 100_000_000],
  ])
  // The handler sends the context of its own attempt on.
  expect(contexts).toEqual(
    attempts.map((attempt) => ({
      traceparent: `00-0af7651916cd43dd8448eb211c80319c-${attempt.spanContext().spanId}-01`,
      tracestate: 'vendor=1',
    })),
  )
})

test('members of a flow are below its attempt, and a task that waits for another is linked to it', async () => {
  const { traces, named } = exporting()
  const one = defineTask({ type: 'one', kind: 'processing', input: z.null(), output: z.null(), run: () => null })
  const two = defineTask({ type: 'two', kind: 'processing', input: z.null(), output: z.null(), run: () => null })
  const after = defineTask({ type: 'after', kind: 'processing', input: z.null(), run: () => null })
  const { runtime, run } = await virtualWorld({ traces })
  const flow = await runtime.submit(sequence({ type: 'flow', members: [one, two] }), null)
  await run((await runtime.submit(after, null, { after: [flow] })).result())
  for (const member of ['one', 'two'])
    expect(named(member).parentSpanContext?.spanId).toBe(named('flow attempt').spanContext().spanId)
  expect(named('after').links.map(({ context: { spanId } }) => spanId)).toEqual([named('flow').spanContext().spanId])
})

test('what the submitter is in is taken up, and what the handler begins belongs to the attempt', async () => {
  const { traces, tracer, named } = exporting()
  const outer = tracer.startSpan('outer')
  const calling = defineTask({
    type: 'calling',
    kind: 'integration',
    input: z.null(),
    run: async (task) => {
      await task.step('call', async () => tracer.startSpan('inner').end())
    },
  })
  const { runtime, run } = await virtualWorld({ traces })
  const handle = await context.with(trace.setSpan(context.active(), outer), () => runtime.submit(calling, null))
  await run(handle.result())
  expect(named('calling').parentSpanContext?.spanId).toBe(outer.spanContext().spanId)
  expect(named('inner').parentSpanContext?.spanId).toBe(named('calling attempt').spanContext().spanId)
})

test('failures, cancels and rejections are told apart; a task that was refused has no span', async () => {
  const { traces, exporter, named } = exporting()
  const task = (type: string, spec: Partial<Parameters<typeof defineTask>[0]> = {}) =>
    defineTask({ type, kind: 'processing', input: z.unknown(), run: () => Promise.reject(new Error('no')), ...spec })
  const { runtime, run, refusal } = await virtualWorld({ traces })
  await run((await runtime.submit(task('failing'), null)).outcome())
  await run((await runtime.submit(task('late'), null, { delay: '1h' })).cancel())
  await run((await runtime.submit(task('rejected', { validate: () => 'no such thing' }), null)).outcome())
  await refusal(runtime.submit(task('refused'), null, { after: ['task_none'] }))
  expect(named('failing').status).toEqual({ code: SpanStatusCode.ERROR, message: 'HANDLER_FAILED: no' })
  expect(named('late').attributes['taskwright.outcome']).toBe('cancelled')
  expect(named('late').status.code).toBe(SpanStatusCode.UNSET)
  expect(named('rejected').status.code).toBe(SpanStatusCode.ERROR)
  expect(exporter.getFinishedSpans().filter(({ name }) => name === 'refused')).toEqual([])
})

test('a task that is recovered goes on in its trace', async () => {
  const { traces, exporter, named } = exporting()
  const contexts: (TraceContext | null)[] = []
  const task = seen(contexts)
  const host = new CrashingHost()
  const first = await host.boot({ tasks: [task], traces })
  const { id } = await first.run(first.runtime.submit(task, null))
  await first.advance(50)
  host.crash()
  const { runtime, run } = await host.boot({ tasks: [task], traces })
  await run(runtime.get(id)?.outcome() ?? Promise.reject(new Error('it is gone')))
  const [before, after] = contexts
  const traceIdOf = (one: TraceContext | null | undefined) => one?.traceparent.split('-')[1]
  expect(traceIdOf(after)).toBe(traceIdOf(before))
  expect(named('seen').attributes).toMatchObject({ 'taskwright.recovered': true, 'taskwright.task.id': id })
  expect(named('seen').spanContext().traceId).toBe(traceIdOf(before))
  expect(exporter.getFinishedSpans().filter(({ name }) => name === 'seen')).toHaveLength(1)
})

test('off, nothing is traced, and what was carried in is handed to the handler as it came', async () => {
  const contexts: (TraceContext | null)[] = []
  const task = seen(contexts)
  const { runtime, run, refusal } = await virtualWorld()
  await run((await runtime.submit(task, null, { traceContext: carried })).result())
  await run((await runtime.submit(task, null)).result())
  expect(contexts).toEqual([carried, carried, null, null])
  const bad = { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' }
  expect(await refusal(runtime.submit(task, null, { traceContext: bad }))).toMatchObject({ code: 'OPTIONS_INVALID' })
  expect(propagation.fields()).toEqual([])
})
