import { backoffMs } from './backoff.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'
import type { Timer } from './timers.ts'

/** How long a task waits before its next attempt. */
export class RetryTimer {
  readonly #task: Task
  readonly #services: TaskServices
  #timer: Timer | null = null
  #delayMs = 0

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
  }

  /** When the next attempt may begin, ms since the epoch; `null`: it does not wait. */
  get at(): number | null {
    return this.#timer?.at ?? null
  }

  /** Draws the delay before the attempt after `attempt`, in ms. */
  draw(attempt: number): number {
    this.#delayMs = backoffMs(this.#task.facts.definition.retry, attempt, this.#services.environment.random)
    return this.#delayMs
  }

  /** Waits for as long as was drawn. */
  arm(): void {
    this.armAt(this.#services.environment.clock.now() + this.#delayMs)
  }

  /** @param at time in ms since the epoch */
  armAt(at: number): void {
    this.#timer = this.#services.timers.arm(at, () => this.#task.send({ type: 'backoff.elapsed' }))
  }

  disarm(): void {
    this.#timer = this.#services.timers.disarm(this.#timer)
  }
}
