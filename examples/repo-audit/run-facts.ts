import type { Percentiles, ResourceEfficiency, RuntimeEvent, RuntimeStats, TaskView } from 'taskwright'
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

/** How a run went so far. Times in ms. Tasks that ended in an earlier process are counted, and their times are not known. */
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

const untimed: Percentiles = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 }
const nothing = { completed: 0, failed: 0, cancelled: 0, rejected: 0 }

/** Alerts that say that something which was to be taken back stands. */
const standing: ReadonlySet<string> = new Set(['ROLLBACK_INCOMPLETE', 'STEP_LATE'])

/** Keeps what the runtime's statistics do not say: who asked for how many tasks, and of which kind a type is. */
export class RunRecord {
  readonly #tasksOf = new Map<string, number>()
  readonly #kindOf = new Map<string, string>()
  readonly #startedAt: number
  /** By type: what had ended before this process began. */
  readonly #before = new Map<string, { -readonly [outcome in keyof OutcomeCounts]: number }>()
  #firedAlerts: string[] = []
  #hasStanding = false

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** What the runtime raised alarm about, in its words. */
  get alerts(): readonly string[] {
    return this.#firedAlerts
  }

  /** Something that was to be taken back still stands. */
  get hasStanding(): boolean {
    return this.#hasStanding
  }

  observe(event: RuntimeEvent): void {
    if (event.type === 'alert') {
      // A disk that is full says so at every try.
      if (!this.#firedAlerts.includes(event.message)) this.#firedAlerts = [...this.#firedAlerts, event.message]
      this.#hasStanding ||= standing.has(event.code)
    }
    if (event.type === 'task.created') this.#count(event.taskType, event.kind, event.principal)
  }

  /** A task of an earlier process. */
  takeUp({ type, kind, principal, stage, outcome }: TaskView): void {
    this.#count(type, kind, principal)
    if (outcome === null) return
    const counts = this.#before.get(type) ?? { ...nothing }
    for (const name of outcomes) if (name === stage) counts[name] += 1
    this.#before.set(type, counts)
  }

  #count(type: string, kind: string, principal: string): void {
    this.#kindOf.set(type, kind)
    this.#tasksOf.set(principal, (this.#tasksOf.get(principal) ?? 0) + 1)
  }

  facts(stats: RuntimeStats, slots: number, weights: ReadonlyMap<string, number>, now: number): RunFacts {
    const types = [...new Set([...this.#before.keys(), ...Object.keys(stats.byType)])]
      .map((type): TypeFacts => {
        const before = this.#before.get(type) ?? nothing
        const now = stats.byType[type] ?? { ...nothing, queueTime: untimed, runTime: untimed }
        return {
          type,
          kind: this.#kindOf.get(type) ?? '',
          completed: before.completed + now.completed,
          failed: before.failed + now.failed,
          cancelled: before.cancelled + now.cancelled,
          rejected: before.rejected + now.rejected,
          queueTime: now.queueTime,
          runTime: now.runTime,
        }
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
