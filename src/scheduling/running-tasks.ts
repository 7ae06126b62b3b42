import type { Lease } from '../model/resources.ts'
import type { DemandVector } from './demand-vector.ts'
import type { HeapNode } from './heap.ts'
import { IndexedHeap, notInHeap } from './heap.ts'
import type { PrincipalAccount } from './principal-account.ts'
import type { ReadyTask } from './ready-task.ts'

/** A task that holds a lease. */
export interface Running extends HeapNode {
  readonly leaseId: string
  readonly taskId: string
  readonly type: string
  readonly account: PrincipalAccount
  readonly vector: DemandVector
  readonly grantedAt: number
  /** The held time that its principal was charged at the grant, ms. */
  readonly chargedMs: number
  /** When it is expected to end, by its estimate: absolute, ms. `null`: unknown. */
  readonly endsAt: number | null
  /** Order of grants. */
  readonly serial: number
}

interface TypeCount {
  running: number
  /** As the definition of the latest task said. */
  limit: number | null
}

/** The tasks that hold leases: how many of each type, and when they are expected to end. */
export class RunningTasks {
  readonly #byLease = new Map<string, Running>()
  readonly #ends = new IndexedHeap<Running>(
    (one, other) => (one.endsAt ?? 0) - (other.endsAt ?? 0) || one.serial - other.serial,
  )
  readonly #types = new Map<string, TypeCount>()
  readonly #paused = new Set<string>()
  #serial = 0

  get size(): number {
    return this.#byLease.size
  }

  /** The serial that the next grant gets. */
  get nextSerial(): number {
    return this.#serial
  }

  get(leaseId: string): Running | undefined {
    return this.#byLease.get(leaseId)
  }

  values(): IterableIterator<Running> {
    return this.#byLease.values()
  }

  add(task: ReadyTask, lease: Lease, account: PrincipalAccount, chargedMs: number): Running {
    const endsAt = task.estimateMs === null ? null : lease.grantedAt + task.estimateMs
    const running: Running = {
      leaseId: lease.id,
      taskId: task.id,
      type: task.type,
      account,
      vector: task.vector,
      grantedAt: lease.grantedAt,
      chargedMs,
      endsAt,
      serial: this.#serial++,
      heapIndex: notInHeap,
    }
    this.#byLease.set(lease.id, running)
    if (endsAt !== null) this.#ends.push(running)
    this.#count(task.type).running++
    return running
  }

  remove(running: Running): void {
    this.#byLease.delete(running.leaseId)
    this.#ends.remove(running)
    this.#count(running.type).running--
  }

  /** Those with an expected end, first end first. Nothing may start or end meanwhile. */
  byEnd(): Generator<Running, undefined> {
    return this.#ends.inOrder()
  }

  /** Sets how many tasks of a type may run. Answers whether that is news. */
  limitType(type: string, limit: number | null): boolean {
    const count = this.#count(type)
    const isNews = count.limit !== limit
    count.limit = limit
    return isNews
  }

  ofType(type: string): Readonly<TypeCount> {
    return this.#count(type)
  }

  /** No more tasks of the type may start until it is resumed. Answers whether that is news. */
  pauseType(type: string): boolean {
    if (this.#paused.has(type)) return false
    this.#paused.add(type)
    return true
  }

  resumeType(type: string): boolean {
    return this.#paused.delete(type)
  }

  isPaused(type: string): boolean {
    return this.#paused.has(type)
  }

  get pausedTypes(): readonly string[] {
    return [...this.#paused]
  }

  /** How many more tasks of the type may start; infinite without a limit, negative after the limit was lowered. */
  roomOf(type: string): number {
    if (this.#paused.has(type)) return 0
    const { running, limit } = this.#count(type)
    return limit === null ? Number.POSITIVE_INFINITY : limit - running
  }

  #count(type: string): TypeCount {
    let count = this.#types.get(type)
    if (!count) {
      count = { running: 0, limit: null }
      this.#types.set(type, count)
    }
    return count
  }
}
