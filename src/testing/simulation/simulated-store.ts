import type { Random } from '../../model/environment.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { StoreError } from '../../model/store-error.ts'
import type { VirtualClock } from '../../runtime/virtual-environment.ts'
import { lineOf, recordOf } from '../../store/record-line.ts'
import type { Store } from '../../store/store.ts'
import type { FaultCounts } from './faults.ts'

/** A disk: what is on it outlives every process. */
export class SimulatedDisk {
  readonly lines: string[] = []
  /** What `lines` say, read once. */
  readonly #read: JournalRecord[] = []
  readonly #accepted = new Set<string>()
  readonly #allocations = new Map<string, number>()
  readonly forgotten = new Set<string>()
  /** Until when writing fails, environment time in ms, and how. */
  full = 0
  failing = 0

  /** Everything that was ever written to it. */
  all(): readonly JournalRecord[] {
    for (const line of this.lines.slice(this.#read.length)) {
      const record = recordOf(line)
      this.#read.push(record)
      const { event } = record
      if (event.type === 'task.created') this.#accepted.add(event.taskId)
      if (event.type === 'task.allocating')
        this.#allocations.set(event.taskId, (this.#allocations.get(event.taskId) ?? 0) + 1)
    }
    return this.#read
  }

  /** What a process finds on it. */
  records(): JournalRecord[] {
    return this.all().filter(({ event }) => !('taskId' in event && this.forgotten.has(event.taskId ?? '')))
  }

  /** How many grants to a task are on it. */
  allocationsOf(taskId: string): number {
    this.all()
    return this.#allocations.get(taskId) ?? 0
  }

  /** Whether a task's acceptance is on it. */
  has(taskId: string): boolean {
    this.all()
    return this.#accepted.has(taskId)
  }
}

/** What the store of one process does wrong. Drawn anew for each process. */
export interface StoreFaults {
  /** The process ends when so many records have been appended; `null`: not by this. */
  readonly crashAfterRecords: number | null
  /** Chance, from 0 to 1, that an acknowledgement comes late, and by how much, ms. */
  readonly lateChance: number
  readonly lateMs: number
}

export const flawless: StoreFaults = { crashAfterRecords: null, lateChance: 0, lateMs: 0 }

interface Parts {
  readonly disk: SimulatedDisk
  readonly clock: VirtualClock
  readonly random: Random
  readonly plan: StoreFaults
  readonly counts: FaultCounts
  /** The process has to end, now. */
  crash(): void
  appended(record: JournalRecord): void
}

/** A store as one process sees it: what is not synced when the process ends may be lost, in part or whole. */
export class SimulatedStore implements Store {
  readonly isVolatile = false
  readonly #parts: Parts
  #plan: StoreFaults
  #pending: { readonly seq: number; readonly line: string }[] = []
  readonly #forgotten: string[] = []
  #flushing: Promise<void> = Promise.resolve()
  /** Of what is on the disk: what a later process writes goes on after what it finds. */
  #lastSeq: number
  #isDead = false
  #records = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#plan = parts.plan
    this.#lastSeq = parts.disk.records().at(-1)?.event.seq ?? 0
  }

  append(record: JournalRecord): void {
    if (this.#isDead) return
    this.#pending.push({ seq: record.event.seq, line: lineOf(record) })
    this.#records += 1
    this.#parts.appended(record)
    if (this.#records === this.#plan.crashAfterRecords) this.#parts.crash()
  }

  flush(): Promise<void> {
    this.#flushing = this.#sync()
    return this.#flushing
  }

  async #sync(): Promise<void> {
    if (this.#isDead) return this.#never()
    const { disk, clock, random, counts } = this.#parts
    const now = clock.now()
    await this.#sleep(1)
    if (this.#isDead) return this.#never()
    if (now < disk.full) {
      counts.storeFull += 1
      throw new StoreError('STORE_FULL', 'the simulated disk is full')
    }
    const lines = this.#pending
    this.#pending = []
    if (now < disk.failing) {
      counts.syncFails += 1
      // What a failed sync left on the disk is not known: all, some, or nothing.
      const kept = Math.floor(random.next() * (lines.length + 1))
      this.#write(lines.slice(0, kept))
      this.#pending = [...lines, ...this.#pending]
      throw new StoreError('STORE_IO', 'the simulated disk failed')
    }
    this.#write(lines)
    for (const id of this.#forgotten.splice(0)) disk.forgotten.add(id)
    if (random.next() < this.#plan.lateChance) {
      counts.ackLate += 1
      await this.#sleep(this.#plan.lateMs)
      if (this.#isDead) return this.#never()
    }
  }

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    yield this.#parts.disk.records()
  }

  forget(taskIds: readonly string[]): void {
    this.#forgotten.push(...taskIds)
  }

  async close(): Promise<void> {
    if (this.#isDead) return
    try {
      await this.#flushing.catch(() => undefined)
      // A disk that is full or failing at the very end keeps what it has: the next process goes on from there.
      await this.flush()
    } finally {
      this.#isDead = true
    }
  }

  /** Nothing goes wrong any more. */
  calm(): void {
    this.#plan = flawless
  }

  /** The process ends: of what was not synced the operating system may have written a part, the last line torn. */
  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    const { random, counts } = this.#parts
    const kept = Math.floor(random.next() * (this.#pending.length + 1))
    if (kept < this.#pending.length) counts.tailLost += 1
    const isTorn = kept < this.#pending.length && random.next() < 0.5
    if (isTorn) counts.tailTorn += 1
    // A torn line does not pass its checksum: it is as if it were not there.
    this.#write(this.#pending.slice(0, kept))
    this.#pending = []
  }

  /** Lines that an earlier, failed sync has left on the disk are not written twice. */
  #write(lines: readonly { readonly seq: number; readonly line: string }[]): void {
    const { disk } = this.#parts
    for (const { seq, line } of lines) {
      if (seq <= this.#lastSeq) continue
      disk.lines.push(line)
      this.#lastSeq = seq
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.setTimeout(resolve, ms)
    })
  }

  #never(): Promise<void> {
    return new Promise(() => undefined)
  }
}
