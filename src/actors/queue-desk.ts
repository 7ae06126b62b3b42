import type { Scheduler } from '../scheduling/scheduler.ts'
import type { Admission } from './admission.ts'
import type { TaskServices } from './task-services.ts'
import type { TaskTable } from './task-table.ts'

/** Puts tasks in the queue, moves them in it, and holds back those of a type that somebody has paused. */
export class QueueDesk {
  readonly #scheduler: Scheduler
  readonly #tasks: TaskTable
  readonly #admission: Admission
  readonly #services: TaskServices

  constructor(scheduler: Scheduler, tasks: TaskTable, admission: Admission, services: TaskServices) {
    this.#scheduler = scheduler
    this.#tasks = tasks
    this.#admission = admission
    this.#services = services
  }

  enqueue(taskId: string): void {
    const task = this.#tasks.get(taskId)
    if (task?.stage !== 'queued') return
    this.#admission.count(task, true)
    const { facts, progress } = task
    const { definition } = facts
    this.#scheduler.enqueue({
      id: facts.id,
      type: definition.type,
      principal: facts.principal,
      priority: progress.priority,
      seq: facts.seq,
      queuedAt: progress.queuedAt ?? facts.createdAt,
      deadlineAt: facts.deadlineAt,
      estimateMs: facts.estimateMs ?? definition.timeoutMs,
      vector: facts.vector,
      concurrency: definition.concurrency,
    })
  }

  reprioritise(taskId: string, priority: number): void {
    const task = this.#tasks.get(taskId)
    if (!task) return
    task.progress.priority = priority
    task.report({ type: 'task.reprioritised', priority })
    this.#scheduler.reprioritise(taskId, priority)
  }

  /** Tasks of the type are granted nothing until it is resumed, those to come too; what executes goes on. */
  pauseType(name: string): void {
    if (this.#scheduler.pauseType(name)) this.#services.journal.ofRuntime({ type: 'type.paused', name })
  }

  resumeType(name: string): void {
    if (this.#scheduler.resumeType(name)) this.#services.journal.ofRuntime({ type: 'type.resumed', name })
  }
}
