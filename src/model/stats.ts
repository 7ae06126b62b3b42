import type { SupervisorStage } from './events.ts'
import type { ResourceSpec } from './resources.ts'
import type { TaskStage } from './stage.ts'

/** A distribution of times, in ms. */
export interface Percentiles {
  readonly count: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface TypeStats {
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly rejected: number
  /** From the first entry into `queued` to the first start of execution. */
  readonly queueTime: Percentiles
  /** From each start of execution to its end. */
  readonly runTime: Percentiles
}

/** How well a resource was used over the runtime's life, from 0 to 1; `null` where nothing was measured. */
export interface ResourceEfficiency {
  readonly pool: string
  readonly resource: string
  readonly form: ResourceSpec['form']
  /** Time-weighted share of the capacity that leases held (reusable), or share that was reserved (rate, budget). */
  readonly reservedOfCapacity: number | null
  /** Share of what was reserved that tasks reported as really used; what they did not report counts as used. */
  readonly usedOfReserved: number | null
}

export interface RuntimeStats {
  readonly supervisor: SupervisorStage
  readonly byStage: Readonly<Record<TaskStage, number>>
  readonly ended: number
  /** completed / (completed + failed); `null` before the first. */
  readonly successRate: number | null
  readonly errorsByCode: Readonly<Record<string, number>>
  /** Share of ended tasks that ended with the code. */
  readonly errorRateByCode: Readonly<Record<string, number>>
  readonly byType: Readonly<Record<string, TypeStats>>
  readonly resources: readonly ResourceEfficiency[]
}
