import { describeThrown } from '../model/errors.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import type { Admission } from './admission.ts'
import { raiseAlert } from './alert.ts'
import type { LeaseDesk } from './lease-desk.ts'
import type { SupervisorActorLogic } from './supervisor-actor.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'
import type { Timer } from './timers.ts'

interface DispatcherParts {
  readonly logic: SupervisorActorLogic
  readonly scheduler: Scheduler
  readonly services: TaskServices
  readonly tasks: TaskTable
  readonly admission: Admission
  readonly leases: LeaseDesk
}

/** Grants what can be granted, once for all that changes in an instant. */
export class Dispatcher {
  readonly #parts: DispatcherParts
  #isScheduled = false
  #wakeTimer: Timer | null = null
  /** The invariant that does not hold. */
  #broken: string | null = null

  constructor(parts: DispatcherParts) {
    this.#parts = parts
  }

  /** At the end of this instant, so that everything that comes free in it is free for the highest in order. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const { logic, services } = this.#parts
    services.environment.clock.soon(() => {
      this.#isScheduled = false
      if (logic.stage !== 'stopped') logic.send({ type: 'dispatch' })
    })
  }

  dispatch(): void {
    const { logic, scheduler, services, tasks, admission, leases } = this.#parts
    const now = services.environment.clock.now()
    for (;;) {
      const granted = scheduler.grantNext(now, ({ id }) => leases.open(id, now))
      if (!granted) break
      const task = tasks.get(granted.task.id)
      if (!task) continue
      admission.count(task, false)
      const { id: leaseId, epoch } = granted.lease
      task.send({ type: 'lease.granted', leaseId, epoch })
    }
    this.assertInvariants()
    admission.admitWaiting()
    this.#wakeTimer = services.timers.disarm(this.#wakeTimer)
    const wakeAt = scheduler.wakeAt(now)
    if (wakeAt !== null) this.#wakeTimer = services.timers.arm(wakeAt, () => logic.send({ type: 'dispatch' }))
  }

  /** A broken one is said aloud, once, and stops the taking on of new tasks. */
  assertInvariants(): void {
    const { logic, scheduler, services } = this.#parts
    try {
      scheduler.assertInvariants(services.environment.clock.now())
      this.#broken = null
    } catch (broken) {
      const message = describeThrown(broken)
      if (message === this.#broken) return
      this.#broken = message
      raiseAlert(services, 'INVARIANT_BROKEN', message, null)
      logic.send({ type: 'intensity.spent' })
    }
  }
}
