import type { Principal } from '../../src/model/principal.ts'
import type { Demand } from '../../src/model/resources.ts'
import type { ReadyTask } from '../../src/scheduling/ready-task.ts'
import type { SchedulerOptions } from '../../src/scheduling/scheduler.ts'
import { Scheduler } from '../../src/scheduling/scheduler.ts'
import { TimerQueue } from '../../src/scheduling/timer-queue.ts'

/** A piece of work for the {@link SimulatedMachine}. What is left out is a one-slot task of one principal. */
export interface Work {
  readonly id: string
  readonly arriveAt?: number
  readonly runMs?: number
  /** `null`: the scheduler is not told. Default: `runMs`. */
  readonly estimateMs?: number | null
  readonly demand?: Demand
  readonly principal?: string | Principal
  readonly type?: string
  readonly priority?: number
  readonly deadlineAt?: number | null
  readonly concurrency?: number | null
}

export interface Start {
  readonly id: string
  readonly at: number
}

/** Runs work through a scheduler on virtual time, and checks its invariants after every event. */
export class SimulatedMachine {
  readonly scheduler: Scheduler
  readonly starts: Start[] = []
  readonly ended: Start[] = []
  readonly running = new Map<string, Work>()
  now: number
  /** Called after each instant's grants. */
  onInstant: () => void = () => {}
  onEnd: (work: Work) => void = () => {}
  readonly #timers = new TimerQueue<() => void>()
  #seq = 0

  constructor(options: Omit<SchedulerOptions, 'now'> & { now?: number }) {
    this.now = options.now ?? 0
    this.scheduler = new Scheduler({ ...options, now: this.now })
  }

  add(...works: readonly Work[]): this {
    for (const work of works) this.#timers.add(work.arriveAt ?? this.now, () => this.arrive(work))
    return this
  }

  at(time: number, action: () => void): this {
    this.#timers.add(time, action)
    return this
  }

  ready(work: Work): ReadyTask {
    const { id, principal = 'host', runMs = 10 } = work
    return {
      id,
      type: work.type ?? 'work',
      principal: typeof principal === 'string' ? { id: principal, kind: 'agent', weight: 1 } : principal,
      priority: work.priority ?? 0,
      seq: this.#seq++,
      queuedAt: this.now,
      deadlineAt: work.deadlineAt ?? null,
      estimateMs: work.estimateMs === undefined ? runMs : work.estimateMs,
      vector: this.scheduler.ledger.compile(work.demand ?? { slots: 1 }),
      concurrency: work.concurrency ?? null,
    }
  }

  arrive(work: Work): void {
    this.#works.set(work.id, work)
    this.scheduler.enqueue(this.ready(work))
  }

  /** Runs until nothing is left to happen, or the time is `until`. */
  run(until = Number.POSITIVE_INFINITY): this {
    for (;;) {
      const next = Math.min(this.#timers.nextAt() ?? Number.POSITIVE_INFINITY, this.#wakeAt())
      if (next > until || next === Number.POSITIVE_INFINITY) return this
      this.now = Math.max(this.now, next)
      for (let due = this.#timers.popDue(this.now); due; due = this.#timers.popDue(this.now)) due.item()
      this.dispatch()
      this.onInstant()
    }
  }

  dispatch(): void {
    const { scheduler } = this
    for (;;) {
      const granted = scheduler.grantNext(this.now, ({ id }) => ({ id: `lease of ${id}`, epoch: 1, expiresAt: null }))
      scheduler.assertInvariants(this.now)
      if (!granted) return
      const work = this.#works.get(granted.task.id)
      if (!work) throw new Error(`an unknown task was granted: ${granted.task.id}`)
      this.starts.push({ id: work.id, at: this.now })
      this.running.set(work.id, work)
      this.#timers.add(this.now + (work.runMs ?? 10), () => this.#end(work))
    }
  }

  startOf(id: string): number {
    const start = this.starts.find((one) => one.id === id)
    if (!start) throw new Error(`${id} never started`)
    return start.at
  }

  readonly #works = new Map<string, Work>()

  #wakeAt(): number {
    const at = this.scheduler.wakeAt(this.now)
    if (at !== null && at <= this.now) throw new Error(`the scheduler wants to wake at ${at}, and it is ${this.now}`)
    return at ?? Number.POSITIVE_INFINITY
  }

  #end(work: Work): void {
    this.running.delete(work.id)
    this.scheduler.release(`lease of ${work.id}`, 1, this.now)
    this.ended.push({ id: work.id, at: this.now })
    this.scheduler.assertInvariants(this.now)
    this.onEnd(work)
  }
}

/** Pools of one reusable resource `slots`. */
export function slots(capacity: number) {
  return { default: { slots: { form: 'reusable', capacity } as const } }
}
