import type { Failure } from '../model/errors.ts'
import { timedOut } from './attempt-watch.ts'
import type { Task } from './task.ts'
import type { TaskServices } from './task-services.ts'
import type { Timer } from './timers.ts'
import { validateInput } from './validation.ts'

/** The definition's own check of one task, with its timeout. */
export class ValidationRun {
  readonly #task: Task
  readonly #services: TaskServices
  #controller: AbortController | null = null
  #timer: Timer | null = null

  constructor(task: Task, services: TaskServices) {
    this.#task = task
    this.#services = services
  }

  start(): void {
    const task = this.#task
    const { definition } = task.facts
    if (!definition.validate) {
      task.send({ type: 'validation.passed' })
      return
    }
    this.#controller = new AbortController()
    const { timeoutMs } = definition
    const answer = (failure: Failure | null) => {
      this.end()
      task.send(failure ? { type: 'validation.failed', failure } : { type: 'validation.passed' })
    }
    if (timeoutMs !== null) {
      const failure: Failure = {
        ...timedOut(timeoutMs),
        code: 'VALIDATION_FAILED',
        message: `validate() took longer than ${timeoutMs} ms`,
      }
      const { timers, environment } = this.#services
      this.#timer = timers.arm(environment.clock.now() + timeoutMs, () => answer(failure))
    }
    const { signal } = this.#controller
    validateInput(task.facts, signal, (failure) => {
      if (!signal.aborted) answer(failure)
    })
  }

  end(): void {
    this.#timer = this.#services.timers.disarm(this.#timer)
    this.#controller?.abort()
    this.#controller = null
  }
}
