import type { Percentiles, ResourceEfficiency, RuntimeEvent, RuntimeStats } from 'taskwright'
import { byName } from './findings.ts'

export interface TypeFacts {
  readonly type: string
  readonly kind: string
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly rejected: number
  readonly queueTime: Percentiles
  readonly runTime: Percentiles
}

/** How a run went so far. Times in ms. */
export interface RunFacts {
  readonly durationMs: number
  readonly slots: number
  readonly tasks: OutcomeCounts
  readonly agents: readonly { readonly agent: string; readonly weight: number; readonly tasks: number }[]
  readonly types: readonly TypeFacts[]
  readonly resources: readonly ResourceEfficiency[]
}

export interface OutcomeCounts {
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly rejected: number
}

const outcomes = ['completed', 'failed', 'cancelled', 'rejected'] as const

/** Keeps what the runtime's statistics do not say: who asked for how many tasks, and of which kind a type is. */
export class RunRecord {
  readonly #tasksOf = new Map<string, number>()
  readonly #kindOf = new Map<string, string>()
  readonly #startedAt: number
  #firedAlerts: string[] = []

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** What the runtime raised alarm about, in its words. */
  get alerts(): readonly string[] {
    return this.#firedAlerts
  }

  observe(event: RuntimeEvent): void {
    if (event.type === 'alert') this.#firedAlerts = [...this.#firedAlerts, event.message]
    if (event.type !== 'task.created') return
    this.#kindOf.set(event.taskType, event.kind)
    this.#tasksOf.set(event.principal, (this.#tasksOf.get(event.principal) ?? 0) + 1)
  }

  facts(stats: RuntimeStats, slots: number, weights: ReadonlyMap<string, number>, now: number): RunFacts {
    const types = Object.entries(stats.byType)
      .map(([type, { completed, failed, cancelled, rejected, queueTime, runTime }]) => {
        const kind = this.#kindOf.get(type) ?? ''
        return { type, kind, completed, failed, cancelled, rejected, queueTime, runTime }
      })
      .sort((a, b) => byName(a.type, b.type))
    const total = (outcome: (typeof outcomes)[number]): number => types.reduce((sum, facts) => sum + facts[outcome], 0)
    return {
      durationMs: now - this.#startedAt,
      slots,
      tasks: {
        completed: total('completed'),
        failed: total('failed'),
        cancelled: total('cancelled'),
        rejected: total('rejected'),
      },
      agents: [...this.#tasksOf]
        .map(([agent, tasks]) => ({ agent, weight: weights.get(agent) ?? 1, tasks }))
        .sort((a, b) => byName(a.agent, b.agent)),
      types,
      resources: stats.resources.filter(({ reservedOfCapacity }) => reservedOfCapacity !== null),
    }
  }
}
