import type { Logger } from 'pino'
import type { Clock } from '../model/environment.ts'
import { describeThrown } from '../model/errors.ts'
import type { RuntimeEvent, RuntimeHappening, TaskEvent, TaskHappening } from '../model/events.ts'
import type { Store } from '../store/store.ts'
import type { EventHub } from './event-hub.ts'

/** Writes down what happens, in one order, and tells whoever listens. */
export class Journal {
  readonly #clock: Clock
  readonly #store: Store
  readonly #hub: EventHub
  readonly #log: Logger
  #seq = 0

  constructor(clock: Clock, store: Store, hub: EventHub, log: Logger) {
    this.#clock = clock
    this.#store = store
    this.#hub = hub
    this.#log = log
  }

  ofTask(taskId: string, taskType: string, happening: TaskHappening): TaskEvent {
    this.#seq += 1
    const event: TaskEvent = { seq: this.#seq, at: this.#clock.now(), taskId, taskType, ...happening }
    this.#keep(event)
    return event
  }

  ofRuntime(happening: RuntimeHappening): void {
    this.#seq += 1
    this.#keep({ seq: this.#seq, at: this.#clock.now(), ...happening })
  }

  /** Calls back once everything written so far is durable: at once, if the store is. */
  whenDurable(then: () => void): void {
    const flushed = this.#store.flush()
    if (flushed === undefined) {
      then()
      return
    }
    flushed.then(then, (error: unknown) => {
      this.#log.error({ problem: describeThrown(error) }, 'the store could not make events durable')
    })
  }

  #keep(event: RuntimeEvent): void {
    this.#store.append(event)
    this.#hub.emit(event)
  }
}
