import type { Logger } from 'pino'
import { pino } from 'pino'
import type { Ids } from '../../model/environment.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { createRuntime } from '../../runtime/create-runtime.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { VirtualClock } from '../../runtime/virtual-environment.ts'
import { createVirtualEnvironment } from '../../runtime/virtual-environment.ts'
import { Books, intensity } from './books.ts'
import type { SimulatedProcess } from './handlers.ts'
import { simulatedDefinitions } from './handlers.ts'
import type { SimulatedDisk, StoreFaults } from './simulated-store.ts'
import { SimulatedStore } from './simulated-store.ts'
import type { World } from './world.ts'

const ageingMs = 30_000

const silent: Logger = pino({ level: 'silent' })

interface ProcessParts {
  readonly world: World
  readonly disk: SimulatedDisk
  readonly ids: Ids
  readonly slots: number
  readonly seed: number
  readonly startAt: number
  readonly store: StoreFaults
  readonly membersThrow: boolean
  readonly states: Record<string, number>
}

/** One process of the host: a real runtime on a virtual clock and a simulated store. It ends when it is killed. */
export class HostProcess implements SimulatedProcess {
  readonly world: World
  readonly clock: VirtualClock
  readonly #parts: ProcessParts
  readonly #store: SimulatedStore
  readonly #books: Books
  readonly #environment: ReturnType<typeof createVirtualEnvironment>
  #runtime: Runtime | null = null
  #isAlive = true

  constructor(parts: ProcessParts) {
    const { world, disk, slots, seed, startAt, store } = parts
    this.#parts = parts
    this.world = world
    this.#environment = createVirtualEnvironment({ seed, startAt })
    this.clock = this.#environment.clock
    this.#books = new Books(world, disk.records(), slots, ageingMs)
    this.#store = new SimulatedStore({
      disk,
      clock: this.clock,
      random: this.#environment.random,
      plan: store,
      counts: world.faults,
      crash: () => this.kill(),
      appended: (record) => this.#saw(record),
    })
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get runtime(): Runtime | null {
    return this.#runtime
  }

  get membersThrow(): boolean {
    return this.#parts.membersThrow
  }

  get held(): number {
    return this.#books.held
  }

  /** Starts the runtime. It may die of it. */
  async start(): Promise<void> {
    const { random } = this.#environment
    const { slots, ids } = this.#parts
    this.#runtime = await createRuntime({
      environment: { clock: this.clock, random, ids },
      tasks: simulatedDefinitions(this),
      pools: {
        default: { slots },
        money: { usd: { budget: 30 } },
        api: { calls: { rate: 20, per: 'second' } },
      },
      store: this.#store,
      restartIntensity: { restarts: intensity.restarts, within: intensity.withinMs },
      logger: silent,
    })
  }

  /** The disk does nothing wrong to it any more. */
  calm(): void {
    this.#store.calm()
  }

  /** As SIGKILL would: nothing of it is seen any more. */
  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.world.faults.crash += 1
    this.world.note(`${this.#at()} the process ends`)
    this.#store.die()
  }

  /** It has stopped in good order. */
  end(): void {
    this.#isAlive = false
  }

  allocationsOf(taskId: string): number {
    return this.#parts.disk.allocationsOf(taskId)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimeout(resolve, ms)
    })
  }

  /** Lets time pass, up to `until`, while it lives. */
  async runUntil(until: number): Promise<void> {
    const { clock } = this
    await clock.settle()
    while (this.#isAlive) {
      const at = clock.nextAt()
      if (at === null || at > until) break
      await clock.step()
    }
    if (this.#isAlive && clock.now() < until) await clock.advance(until - clock.now())
  }

  #saw(record: JournalRecord): void {
    const { event } = record
    const { states } = this.#parts
    const state = event.type === 'supervisor.state' ? `supervisor.${event.state}` : event.type
    states[state] = (states[state] ?? 0) + 1
    this.#books.take(record)
    const at = this.clock.now()
    this.world.note(() => `${Math.round(at)} ms ${inWords(record)}`)
  }

  #at(): string {
    return `${Math.round(this.clock.now())} ms`
  }
}

function inWords({ event }: JournalRecord): string {
  const { seq: _seq, at: _at, type, ...rest } = event
  const about = 'taskId' in rest && rest.taskId !== null ? `${rest.taskId} ` : ''
  const details = Object.entries(rest).filter(([key]) => key !== 'taskId' && key !== 'taskType')
  return `${about}${type}${details.length > 0 ? ` ${JSON.stringify(Object.fromEntries(details))}` : ''}`
}
