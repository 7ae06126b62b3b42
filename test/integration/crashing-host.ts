import { pino } from 'pino'
import type { JournalRecord, Runtime, RuntimeEvent, RuntimeOptions, Store, VirtualClock } from 'taskwright'
import { createRuntime, createVirtualEnvironment } from 'taskwright'
import { lineOf, recordOf } from '../../src/store/record-line.ts'

/** What one process of a host sees of its disk. Nothing of it counts any more when the process has ended. */
class ProcessStore implements Store {
  readonly isVolatile = false
  readonly #host: CrashingHost
  #pending: JournalRecord[] = []
  #forgotten: string[] = []
  #isDead = false

  constructor(host: CrashingHost) {
    this.#host = host
  }

  append(record: JournalRecord): void {
    if (this.#isDead) return
    this.#pending.push(record)
    // The last record that this process gets onto the disk.
    if (this.#host.isLast(record)) this.#host.crash({ keepsTail: true })
  }

  flush(): void | Promise<void> {
    if (this.#isDead) return new Promise(() => undefined)
    this.#write()
    this.#host.forget(this.#forgotten)
    this.#forgotten = []
  }

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    yield this.#host.records()
  }

  forget(taskIds: readonly string[]): void {
    if (!this.#isDead) this.#forgotten.push(...taskIds)
  }

  async close(): Promise<void> {
    await this.flush()
    this.#isDead = true
  }

  end(keepsTail: boolean): void {
    if (keepsTail) this.#write()
    this.#isDead = true
  }

  #write(): void {
    this.#host.write(this.#pending)
    this.#pending = []
  }
}

/** A process of the host: a runtime on virtual time. */
export interface Process {
  readonly runtime: Runtime
  readonly clock: VirtualClock
  readonly events: RuntimeEvent[]
  /** Lets virtual time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  advance(ms: number): Promise<void>
}

export interface BootOptions extends RuntimeOptions {
  /** Says of which record the process must not outlive. */
  diesAfter?: (record: JournalRecord, count: number) => boolean
}

/** A host whose disk and clock outlive its processes. */
export class CrashingHost {
  /** What handlers have done, in order. What a process does after its end does not count. */
  readonly notes: string[] = []
  #lines: string[] = []
  #store: ProcessStore | null = null
  #clock: VirtualClock | null = null
  #diesAfter: BootOptions['diesAfter'] | null = null
  #appended = 0
  #nowMs = 0
  #boots = 0
  readonly #issued = new Map<string, number>()

  get isUp(): boolean {
    return this.#store !== null
  }

  /** Records that the present process has written. */
  get appended(): number {
    return this.#appended
  }

  note(text: string): void {
    if (this.isUp) this.notes.push(text)
  }

  async boot({ diesAfter, ...options }: BootOptions = {}): Promise<Process> {
    this.#boots += 1
    this.#appended = 0
    this.#diesAfter = diesAfter ?? null
    const environment = createVirtualEnvironment({ seed: this.#boots, startAt: this.#nowMs })
    this.#store = new ProcessStore(this)
    this.#clock = environment.clock
    const events: RuntimeEvent[] = []
    const runtime = await createRuntime({
      environment: { ...environment, ids: { next: (prefix) => this.#nextId(prefix) } },
      logger: pino({ level: 'silent' }),
      store: this.#store,
      ...options,
    })
    runtime.on('*', (event) => events.push(event))
    return {
      runtime,
      clock: environment.clock,
      events,
      run: (promise) => environment.run(promise),
      advance: (ms) => environment.clock.advance(ms),
    }
  }

  /** The process ends without a word. What it had not flushed is lost, or just made it. */
  crash({ downMs = 0, keepsTail = false } = {}): void {
    this.#store?.end(keepsTail)
    this.#store = null
    this.#nowMs = Math.max(this.#nowMs, this.#clock?.now() ?? 0) + downMs
  }

  /** The process was stopped in good order. */
  shutDown(): void {
    this.#store = null
    this.#nowMs = Math.max(this.#nowMs, this.#clock?.now() ?? 0)
  }

  /** Lets time pass, an hour at most, until the process ends or has nothing left to do. */
  async untilDown({ clock }: Process): Promise<void> {
    const end = clock.now() + 3_600_000
    await clock.settle()
    for (let at = clock.nextAt(); this.isUp && at !== null && at < end; at = clock.nextAt()) await clock.next()
  }

  /** What is on disk. */
  records(): JournalRecord[] {
    return this.#lines.map(recordOf)
  }

  /** The stage-changing and other events of tasks on disk, in order. */
  recorded(type: string): JournalRecord['event'][] {
    return this.records().flatMap(({ event }) => (event.type === type ? [event] : []))
  }

  write(records: readonly JournalRecord[]): void {
    for (const record of records) this.#lines.push(lineOf(record))
  }

  forget(taskIds: readonly string[]): void {
    if (taskIds.length === 0) return
    const gone = new Set(taskIds)
    const stays = ({ event }: JournalRecord) => !('taskType' in event && gone.has(event.taskId))
    this.#lines = this.#lines.filter((line) => stays(recordOf(line)))
  }

  isLast(record: JournalRecord): boolean {
    this.#appended += 1
    return this.#diesAfter?.(record, this.#appended) ?? false
  }

  #nextId(prefix: string): string {
    const number = (this.#issued.get(prefix) ?? 0) + 1
    this.#issued.set(prefix, number)
    return `${prefix}_${number}`
  }
}

/** The process dies when a record of that type is on disk, the `nth` of them. */
export function upTo(type: string, nth = 1): (record: JournalRecord) => boolean {
  let seen = 0
  return ({ event }) => {
    if (event.type === type) seen += 1
    return event.type === type && seen === nth
  }
}
