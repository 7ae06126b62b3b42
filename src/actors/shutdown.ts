import type { Failure } from '../model/errors.ts'
import type { SupervisorMailbox } from './supervisor-messages.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

const shuttingDown: Failure = { code: 'SHUTDOWN', message: 'the runtime is stopping', retryable: false }

/** How a supervisor stops: what is unfinished is cancelled and rolled back, or left to the next process. */
export class Shutdown {
  readonly #mailbox: SupervisorMailbox
  readonly #tasks: TaskTable
  readonly #services: TaskServices
  #graceTimer: Timer | null = null
  #isKeeping = false
  #isOver = false

  constructor(mailbox: SupervisorMailbox, tasks: TaskTable, services: TaskServices) {
    this.#mailbox = mailbox
    this.#tasks = tasks
    this.#services = services
  }

  /** What is unfinished is left as it is in the journal, once nothing is in motion. */
  get isKeeping(): boolean {
    return this.#isKeeping
  }

  /** The grace has passed. */
  get isOver(): boolean {
    return this.#isOver
  }

  begin(graceMs: number, unfinished: 'cancel' | 'keep'): void {
    const { timers, environment } = this.#services
    const expire = () => this.#mailbox.send({ type: 'grace.expired' })
    this.#graceTimer = timers.arm(environment.clock.now() + graceMs, expire)
    if (unfinished === 'keep') {
      this.#isKeeping = true
      return
    }
    for (const task of [...this.#tasks.live()]) task.send({ type: 'shutdown', failure: shuttingDown })
    if (this.#tasks.unfinished === 0) this.#mailbox.send({ type: 'idle' })
  }

  /** No time is left. @param leaves what is unfinished goes on in the next process */
  force(leaves: boolean): void {
    this.#isOver = true
    for (const task of [...this.#tasks.live()]) {
      if (leaves) task.effects.leave(shuttingDown)
      else task.effects.force()
    }
  }

  end(): void {
    this.#graceTimer = this.#services.timers.disarm(this.#graceTimer)
  }
}
