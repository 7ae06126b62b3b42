import type { Failure } from '../model/errors.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'
import type { Timer } from './timers.ts'

export function timedOut(ms: number): Failure {
  return { code: 'TIMEOUT', message: `the attempt took longer than its timeout of ${ms} ms`, retryable: true }
}

/** The clocks of one attempt: its timeout, its heartbeat, and the grace that it has once it is told to stop. */
export class AttemptWatch {
  readonly #task: Task
  readonly #services: TaskServices
  #timeout: Timer | null = null
  #timeoutLeftMs: number | null = null
  #heartbeat: Timer | null = null
  #grace: Timer | null = null
  #suspect = false

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
  }

  /** When its timeout passes, ms since the epoch; `null`: it has none, or does not run. The others likewise. */
  get timeoutAt(): number | null {
    return this.#timeout?.at ?? null
  }

  get heartbeatAt(): number | null {
    return this.#heartbeat?.at ?? null
  }

  get graceAt(): number | null {
    return this.#grace?.at ?? null
  }

  /** A new attempt begins. */
  start(): void {
    this.#timeoutLeftMs = this.#task.facts.definition.timeoutMs
    this.resume()
  }

  resume(): void {
    const task = this.#task
    const { timeoutMs, heartbeatMs } = task.facts.definition
    const { epoch } = task.context
    if (timeoutMs !== null && this.#timeout === null && this.#timeoutLeftMs !== null) {
      const timeout = () => task.send({ type: 'timeout', epoch, failure: timedOut(timeoutMs) })
      this.#timeout = this.#services.timers.arm(this.#now() + this.#timeoutLeftMs, timeout)
    }
    if (heartbeatMs !== null) this.#armHeartbeat(heartbeatMs)
  }

  /** Time in which the task waits for a person counts neither as running nor as silence. */
  suspend(): void {
    const { timers } = this.#services
    if (this.#timeout) this.#timeoutLeftMs = Math.max(0, this.#timeout.at - this.#now())
    this.#timeout = timers.disarm(this.#timeout)
    this.#heartbeat = timers.disarm(this.#heartbeat)
    if (this.#task.facts.definition.heartbeatMs !== null) this.#renewLease(null)
  }

  /** A sign of life: the heartbeat starts anew and the lease is renewed. */
  alive(): void {
    const { heartbeatMs } = this.#task.facts.definition
    if (heartbeatMs === null || this.#heartbeat === null) return
    const wasSuspect = this.#suspect
    this.#armHeartbeat(heartbeatMs)
    if (wasSuspect) this.#task.send({ type: 'heartbeat.received', epoch: this.#task.context.epoch })
  }

  /** The handler was told to stop: only its grace counts now. */
  startGrace(): void {
    const task = this.#task
    const { epoch } = task.context
    this.stop()
    const expire = () => task.send({ type: 'grace.expired', epoch })
    this.#grace = this.#services.timers.arm(this.#now() + task.facts.definition.graceMs, expire)
  }

  stop(): void {
    const { timers } = this.#services
    this.#timeout = timers.disarm(this.#timeout)
    this.#heartbeat = timers.disarm(this.#heartbeat)
    this.#grace = timers.disarm(this.#grace)
  }

  #armHeartbeat(heartbeatMs: number): void {
    const task = this.#task
    const { epoch } = task.context
    this.#services.timers.disarm(this.#heartbeat)
    this.#suspect = false
    this.#heartbeat = this.#services.timers.arm(this.#now() + heartbeatMs, () => {
      this.#suspect = true
      task.send({ type: 'heartbeat.missed', epoch })
    })
    this.#renewLease(this.#now() + 2 * heartbeatMs)
  }

  #renewLease(expiresAt: number | null): void {
    const { leaseId, epoch } = this.#task.context
    if (leaseId === null) return
    this.#services.supervisor.send({ type: 'lease.renew', leaseId, epoch, expiresAt })
  }

  #now(): number {
    return this.#services.environment.clock.now()
  }
}
