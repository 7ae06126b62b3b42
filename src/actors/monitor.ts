import type { RecordableHistogram } from 'node:perf_hooks'
import { createHistogram } from 'node:perf_hooks'
import type { FailureCode } from '../model/errors.ts'
import type { TaskStage } from '../model/stage.ts'
import type { Percentiles, RuntimeStats, TypeStats } from '../model/stats.ts'
import type { Task } from './task.ts'

/** Two significant figures: 45 KB a histogram, errors under 1 %. */
const histogramOptions = { lowest: 1, highest: Number.MAX_SAFE_INTEGER, figures: 2 } as const

interface TypeCounters {
  readonly queueTime: RecordableHistogram
  readonly runTime: RecordableHistogram
  completed: number
  failed: number
  cancelled: number
  rejected: number
}

/** Histograms count whole microseconds, from 1. */
function recordMs(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1_000)))
}

function percentilesOf(histogram: RecordableHistogram): Percentiles {
  const ms = (percentile: number) => (histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1_000)
  return {
    count: histogram.count,
    p50Ms: ms(50),
    p90Ms: ms(90),
    p99Ms: ms(99),
    maxMs: histogram.count === 0 ? 0 : histogram.max / 1_000,
  }
}

/** Counts what the quality metrics are made of. Costs a task a few increments and two histogram entries. */
export class Monitor {
  readonly #byStage = {
    created: 0,
    validating: 0,
    waiting: 0,
    queued: 0,
    allocating: 0,
    executing: 0,
    completing: 0,
    retrying: 0,
    rollingBack: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    rejected: 0,
  } satisfies Record<TaskStage, number>
  readonly #byType = new Map<string, TypeCounters>()
  readonly #errors = new Map<FailureCode, number>()

  /** How many tasks hold something, or undo something. */
  get inMotion(): number {
    const { allocating, executing, completing, rollingBack } = this.#byStage
    return allocating + executing + completing + rollingBack
  }

  created(): void {
    this.#byStage.created += 1
  }

  /** A task of an earlier process. */
  restored(stage: TaskStage): void {
    this.#byStage[stage] += 1
  }

  /** Another object goes on as the task. */
  dropped(stage: TaskStage): void {
    this.#byStage[stage] -= 1
  }

  /** Counts a task by how it stands. */
  tally(task: Task): void {
    const { stage, progress } = task
    const { queuedAt, startedAt, endedAt } = progress
    this.#byStage[stage] += 1
    if (startedAt !== null && queuedAt !== null) recordMs(this.#of(task).queueTime, startedAt - queuedAt)
    if (startedAt !== null && endedAt !== null) recordMs(this.#of(task).runTime, endedAt - startedAt)
    if (stage === 'completed' || stage === 'failed' || stage === 'cancelled' || stage === 'rejected')
      this.#ended(task, stage)
  }

  moved(task: Task, from: TaskStage, to: TaskStage, now: number): void {
    this.#byStage[from] -= 1
    this.#byStage[to] += 1
    if (to === 'executing') {
      const { progress } = task
      progress.runningSince = now
      if (progress.startedAt === null && progress.queuedAt !== null)
        recordMs(this.#of(task).queueTime, now - progress.queuedAt)
    } else if (from === 'executing' && task.progress.runningSince !== null) {
      recordMs(this.#of(task).runTime, now - task.progress.runningSince)
      task.progress.runningSince = null
    }
    if (to === 'completed' || to === 'failed' || to === 'cancelled' || to === 'rejected') this.#ended(task, to)
  }

  /** Half of the attempts of the type took no longer, ms; `null`: none has ended. */
  medianRunMs(type: string): number | null {
    const runTime = this.#byType.get(type)?.runTime
    return runTime && runTime.count > 0 ? runTime.percentile(50) / 1_000 : null
  }

  stats(): Omit<RuntimeStats, 'resources' | 'supervisor'> {
    const byStage = { ...this.#byStage }
    const ended = byStage.completed + byStage.failed + byStage.cancelled + byStage.rejected
    const tried = byStage.completed + byStage.failed
    return {
      byStage,
      ended,
      successRate: tried === 0 ? null : byStage.completed / tried,
      errorsByCode: Object.fromEntries([...this.#errors].sort(([a], [b]) => a.localeCompare(b))),
      errorRateByCode: Object.fromEntries([...this.#errors].map(([code, count]) => [code, count / Math.max(1, ended)])),
      byType: Object.fromEntries(
        [...this.#byType].map(([type, counters]): [string, TypeStats] => [
          type,
          {
            completed: counters.completed,
            failed: counters.failed,
            cancelled: counters.cancelled,
            rejected: counters.rejected,
            queueTime: percentilesOf(counters.queueTime),
            runTime: percentilesOf(counters.runTime),
          },
        ]),
      ),
    }
  }

  #ended(task: Task, stage: 'completed' | 'failed' | 'cancelled' | 'rejected'): void {
    this.#of(task)[stage] += 1
    const { failure } = task.context
    if (stage !== 'completed' && failure) this.#errors.set(failure.code, (this.#errors.get(failure.code) ?? 0) + 1)
  }

  #of(task: Task): TypeCounters {
    const { type } = task.facts.definition
    let counters = this.#byType.get(type)
    if (!counters) {
      counters = {
        queueTime: createHistogram(histogramOptions),
        runTime: createHistogram(histogramOptions),
        completed: 0,
        failed: 0,
        cancelled: 0,
        rejected: 0,
      }
      this.#byType.set(type, counters)
    }
    return counters
  }
}
