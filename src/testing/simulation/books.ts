import type { RuntimeEvent } from '../../model/events.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import type { Demand } from '../../model/resources.ts'
import type { World } from './world.ts'

/** Crashes of actors that the simulated runtime bears. */
export const intensity = { restarts: 3, withinMs: 2_000 } as const

/** A task as the books of the simulation know it: kept apart from the runtime's own. */
interface Booked {
  readonly demand: Demand
  readonly after: readonly string[]
  readonly hasDeadline: boolean
  isCompleted: boolean
  readonly type: string
  readonly principal: string
  readonly order: number
  priority: number
  queuedAt: number | null
  isQueued: boolean
  isHeld: boolean
  epoch: number
}

/**
 * Keeps its own books of who holds what, from the records alone, and compares: nothing over-committed (R1), epochs that
 * only rise (R5), no inversion of priority among tasks that are alike (R6). One for each process.
 */
export class Books {
  readonly #world: World
  readonly #tasks = new Map<string, Booked>()
  readonly #ageingMs: number
  #slots: number
  #held = 0
  readonly #isPast: boolean
  #supervisor = 'starting'
  #crashes: number[] = []
  #spentAt: number | null = null

  /** @param past the records of the earlier processes: what was lost of them never allowed anything */
  constructor(world: World, past: readonly JournalRecord[], slots: number, ageingMs: number) {
    this.#world = world
    this.#slots = Number.POSITIVE_INFINITY
    this.#ageingMs = ageingMs
    this.#isPast = true
    for (const record of past) this.take(record)
    this.#isPast = false
    this.#slots = slots
    this.#held = 0
    for (const task of this.#tasks.values()) {
      // Leases of a dead process are void; what waits is put in the queue without a record.
      task.isHeld = false
    }
  }

  get held(): number {
    return this.#held
  }

  take({ event, payload }: JournalRecord): void {
    if (!('taskType' in event)) {
      if (this.#isPast) return
      if (event.type === 'supervisor.state') this.#supervisor = event.state
      if (event.type === 'supervisor.crash') this.#countCrash(event.at)
      if (event.type === 'pool.resized') this.#slots = event.to
      else if (event.type === 'alert' && event.code === 'INVARIANT_BROKEN') this.#world.violated('R1', event.message)
      return
    }
    this.#assertIntensity(event.at)
    if (event.type === 'task.created') {
      if (!payload?.accepted) return this.#world.violated('R4', `${event.taskId} has no record of what was accepted`)
      this.#tasks.set(event.taskId, {
        demand: payload.accepted.demand,
        after: payload.accepted.after ?? [],
        hasDeadline: payload.accepted.deadlineAt !== undefined,
        isCompleted: false,
        type: event.taskType,
        principal: event.principal,
        order: payload.accepted.order,
        priority: event.priority,
        queuedAt: null,
        isQueued: false,
        isHeld: false,
        epoch: 0,
      })
      return
    }
    const task = this.#tasks.get(event.taskId)
    if (!task) return this.#world.violated('R4', `${event.type} of ${event.taskId}, which was never accepted`)
    this.#follow(task, event)
  }

  #follow(task: Booked, event: Extract<RuntimeEvent, { taskType: string }>): void {
    const slots = task.demand['slots'] ?? 0
    switch (event.type) {
      case 'task.queued':
        task.queuedAt ??= event.at
        task.isQueued = true
        return this.#release(task, slots)
      case 'task.allocating':
        if (event.epoch <= task.epoch)
          this.#world.violated('R5', `${event.taskId} got epoch ${event.epoch} after ${task.epoch}`)
        task.epoch = event.epoch
        if (!this.#isPast) this.#assertFirst(event.taskId, task, event.at)
        for (const id of task.after)
          if (!this.#tasks.get(id)?.isCompleted) this.#world.violated('R2', `${event.taskId} runs before ${id}`)
        task.isQueued = false
        task.isHeld = true
        this.#held += slots
        if (!this.#isPast && slots > 0 && this.#held > this.#slots)
          this.#world.violated('R1', `${this.#held} slots are held of ${this.#slots}, with ${event.taskId}`)
        return
      case 'task.reprioritised':
        task.priority = event.priority
        return
      case 'task.waiting':
        task.isQueued = false
        return
      case 'task.reclaimed':
        return this.#release(task, slots)
      case 'task.retrying':
      case 'task.rollingBack':
      case 'task.completed':
        task.isCompleted = true
        task.isQueued = false
        return this.#release(task, slots)
      case 'task.failed':
      case 'task.cancelled':
        task.isQueued = false
        return this.#release(task, slots)
    }
  }

  /** Among those of one type and principal, with one demand, the oldest of the highest priority, aged, goes first. */
  #assertFirst(id: string, granted: Booked, now: number): void {
    // A deadline may lift a task above older ones.
    if (granted.hasDeadline) return
    const urgency = (task: Booked) => task.priority + (now - (task.queuedAt ?? now)) / this.#ageingMs
    for (const [otherId, other] of this.#tasks) {
      if (!other.isQueued || other === granted) continue
      const isAlike = other.type === granted.type && other.principal === granted.principal
      if (isAlike && urgency(other) > urgency(granted) + 1e-9)
        this.#world.violated('R6', `${id} went before ${otherId}, which is more urgent and asks for the same`)
    }
  }

  #countCrash(at: number): void {
    this.#crashes = [...this.#crashes.filter((before) => before > at - intensity.withinMs), at]
    if (this.#crashes.length > intensity.restarts) this.#spentAt ??= at
  }

  /** More crashes than are borne: from the next instant on nothing may run as if there had been none (R7). */
  #assertIntensity(now: number): void {
    if (this.#spentAt === null || now <= this.#spentAt) return
    if (this.#supervisor === 'running' && now < this.#spentAt + intensity.withinMs)
      this.#world.violated('R7', `${this.#crashes.length} crashes within ${intensity.withinMs} ms, and still running`)
    this.#spentAt = null
  }

  #release(task: Booked, slots: number): void {
    if (!task.isHeld) return
    task.isHeld = false
    this.#held -= slots
  }
}
