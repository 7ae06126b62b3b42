import type { Registry as MetricRegistry } from 'prom-client'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Percentiles, RuntimeStats } from '../model/stats.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** What a runtime has counted of itself anyway, as Prometheus reads it. Nothing is counted for it but when it is read. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

/** Types that were never registered go together: anybody who submits could make up as many as he likes. */
const otherTypes = '(unregistered)'

const supervisorStages = ['starting', 'running', 'paused', 'degraded', 'draining', 'stopping', 'stopped'] as const

const quantiles = [
  ['0.5', 'p50Ms'],
  ['0.9', 'p90Ms'],
  ['0.99', 'p99Ms'],
  ['1', 'maxMs'],
] as const satisfies readonly (readonly [string, keyof Percentiles])[]

/** Labels are types, stages, codes, pools and resources: what a program names, never what its users send. */
function gauges(registry: MetricRegistry) {
  const registers = [registry]
  const gauge = <const Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name: `taskwright_${name}`, help, labelNames, registers })
  const counter = <const Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `taskwright_${name}`, help, labelNames, registers })
  return {
    supervisor: gauge('supervisor_state', '1 for the state that the supervisor is in', ['state']),
    tasks: gauge('tasks', 'Tasks that are known, by stage', ['stage']),
    ended: counter('tasks_ended_total', 'Tasks that have ended, by type and how', ['type', 'status']),
    failures: counter('task_failures_total', 'Tasks that have ended badly, by the code of their failure', ['code']),
    queueTime: gauge('queue_seconds', 'From queued to the first start, over the life of the runtime', [
      'type',
      'quantile',
    ]),
    runTime: gauge('run_seconds', 'From the start of an attempt to its end, over the life of the runtime', [
      'type',
      'quantile',
    ]),
    attempts: counter('attempts_total', 'Attempts that have ended', ['type']),
    capacity: gauge('resource_capacity', 'How much there is of a resource, in its own unit', ['pool', 'resource']),
    held: gauge('resource_held', 'How much of a resource leases hold', ['pool', 'resource']),
    available: gauge('resource_available', 'How much of a resource can be granted now', ['pool', 'resource']),
    spent: counter('resource_spent_total', 'How much of a rate or a budget is spent for good', ['pool', 'resource']),
    questions: gauge('open_questions', 'Questions that nobody has answered', []),
    events: counter('events_total', 'Events in the journal', []),
  }
}
type Gauges = ReturnType<typeof gauges>

function setTimes(gauge: Gauges['runTime'], type: string, times: Percentiles): void {
  if (times.count === 0) return
  for (const [quantile, field] of quantiles) gauge.set({ type, quantile }, times[field] / 1_000)
}

function setTypes(
  { ended, attempts, queueTime, runTime }: Gauges,
  stats: RuntimeStats,
  known: ReadonlySet<string>,
): void {
  for (const [name, counts] of Object.entries(stats.byType)) {
    const type = known.has(name) ? name : otherTypes
    for (const status of ['completed', 'failed', 'cancelled', 'rejected'] as const)
      if (counts[status] > 0) ended.inc({ type, status }, counts[status])
    attempts.inc({ type }, counts.runTime.count)
    // Percentiles of several types cannot be added up.
    if (type === otherTypes) continue
    setTimes(queueTime, type, counts.queueTime)
    setTimes(runTime, type, counts.runTime)
  }
}

/** @param events how many there are in the journal */
export function metricsOf(runtime: Runtime, events: () => number): Metrics {
  const registry = new Registry()
  const all = gauges(registry)
  return {
    contentType: registry.contentType,
    async text() {
      registry.resetMetrics()
      const stats = runtime.stats()
      for (const state of supervisorStages) all.supervisor.set({ state }, state === stats.supervisor ? 1 : 0)
      for (const [stage, count] of Object.entries(stats.byStage)) all.tasks.set({ stage }, count)
      for (const [code, count] of Object.entries(stats.errorsByCode)) all.failures.inc({ code }, count)
      setTypes(all, stats, runtime.types())
      for (const { pool, resource, form, capacity, held, available, spent } of runtime.resources()) {
        const labels = { pool, resource }
        all.capacity.set(labels, capacity)
        all.held.set(labels, held)
        all.available.set(labels, available)
        if (form !== 'reusable') all.spent.inc(labels, spent)
      }
      all.questions.set(runtime.questions().length)
      all.events.inc(events())
      return registry.metrics()
    },
  }
}
