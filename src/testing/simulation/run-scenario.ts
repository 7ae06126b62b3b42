import { createHash } from 'node:crypto'
import type { Ids } from '../../model/environment.ts'
import { describeThrown } from '../../model/errors.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { FaultCounts } from './faults.ts'
import { noFaults } from './faults.ts'
import { checkOutcomes } from './final-checks.ts'
import { perform } from './operations.ts'
import type { Operation, Scenario } from './scenario.ts'
import type { Acknowledged, SimulatedHost } from './simulated-host.ts'
import { HostProcess } from './simulated-process.ts'
import { flawless, SimulatedDisk } from './simulated-store.ts'
import { World } from './world.ts'

/** What the run of one seed has shown. */
export interface RunReport {
  readonly seed: number
  readonly violations: readonly string[]
  readonly faults: FaultCounts
  readonly states: Readonly<Record<string, number>>
  /** Every line that was written to the disk, what was forgotten included. */
  readonly journal: readonly string[]
  /** Its SHA-256. */
  readonly journalHash: string
  /** What happened, in words; only if a rule was broken. */
  readonly trace: readonly string[]
}

/** After the faults have ended, everything has to be done within this, ms of virtual time. */
const livenessMs = 3 * 3_600_000

/** Lives one scenario: the real runtime, process after process, and at the end a time without faults. */
class ScenarioRun implements SimulatedHost {
  readonly world: World
  readonly disk = new SimulatedDisk()
  readonly acknowledged: Acknowledged = { submitted: new Map(), outcomes: new Map() }
  readonly #scenario: Scenario
  readonly #states: Record<string, number> = {}
  readonly #ids: Ids
  #processes = 0
  #isQuiet = false
  process: HostProcess

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.world = new World(noFaults())
    const issued = new Map<string, number>()
    this.#ids = {
      next: (prefix) => {
        const number = (issued.get(prefix) ?? 0) + 1
        issued.set(prefix, number)
        return `${prefix}_${number}`
      },
    }
    this.process = this.#fork(1_000_000)
  }

  async report(): Promise<RunReport> {
    try {
      await this.#live()
    } catch (thrown) {
      this.world.violated(
        'R0',
        `the simulation was thrown out: ${thrown instanceof Error ? thrown.stack : String(thrown)}`,
      )
    }
    return {
      seed: this.#scenario.seed,
      violations: this.world.violations,
      faults: this.world.faults,
      states: this.#states,
      journal: this.disk.lines,
      journalHash: createHash('sha256').update(this.disk.lines.join('\n')).digest('hex'),
      trace: this.world.violations.length > 0 ? this.world.trace : [],
    }
  }

  /** Another process on the same disk, `downMs` after this one. */
  async restart(downMs: number, skewMs = 0): Promise<void> {
    const startAt = this.process.clock.now() + downMs + skewMs
    if (skewMs < 0) this.world.faults.clockJumpsBack += 1
    this.disk.full = 0
    this.disk.failing = 0
    this.process = this.#fork(Math.max(0, startAt))
    await this.#boot()
  }

  /** The handle of the n-th submitted task, if it was acknowledged. */
  handleOf(task: number): TaskHandle | undefined {
    const id = this.acknowledged.submitted.get(task)
    return id === undefined ? undefined : this.process.runtime?.get(id)
  }

  /** Remembers what the caller of a task is told of its end. */
  watch(handle: TaskHandle): void {
    const { process } = this
    void handle.outcome().then(({ status }) => {
      if (!process.isAlive) return
      const before = this.acknowledged.outcomes.get(handle.id)
      if (before !== undefined && before !== status)
        this.world.violated('R2', `${handle.id} was said to be ${before}, and now to be ${status}`)
      this.acknowledged.outcomes.set(handle.id, status)
    })
  }

  async #live(): Promise<void> {
    if (this.#scenario.isOverload) this.world.faults.overload += 1
    await this.#boot()
    let elapsed = 0
    for (const operation of this.#scenario.operations) {
      await this.#pass(operation.at - elapsed)
      elapsed = Math.max(elapsed, operation.at)
      await this.#do(operation)
    }
    await this.#pass(500)
    await this.#endInPeace()
    checkOutcomes(this.world, this.disk, this.acknowledged)
  }

  async #do(operation: Operation): Promise<void> {
    this.world.note(`${Math.round(this.process.clock.now())} ms > ${operation.type}`)
    await perform(operation, this)
    await this.#revive()
  }

  async #pass(ms: number): Promise<void> {
    if (ms > 0) await this.process.runUntil(this.process.clock.now() + ms)
    this.#compareBooks()
    await this.#revive()
  }

  /** What the runtime says is held, and what its records say. */
  #compareBooks(): void {
    const { process } = this
    if (!process.isAlive) return
    const held = process.runtime?.resources().find(({ resource }) => resource === 'slots')?.held
    if (held !== undefined && held !== process.held)
      this.world.violated('R1', `${held} slots are said to be held, and ${process.held} are by the records`)
  }

  /** A process that died is followed by another. */
  async #revive(): Promise<void> {
    for (let tries = 0; !this.process.isAlive && tries < 20; tries += 1) await this.restart(10)
  }

  async #boot(): Promise<void> {
    const { process } = this
    await process.start()
    for (const id of this.acknowledged.submitted.values()) {
      const handle = process.runtime?.get(id)
      if (handle) this.watch(handle)
      else this.world.violated('R4', `${id} was acknowledged, and is not known after a restart`)
    }
  }

  #fork(startAt: number): HostProcess {
    const { seed, slots, stores, membersThrow } = this.#scenario
    const store = this.#isQuiet ? flawless : (stores[Math.min(this.#processes, stores.length - 1)] ?? flawless)
    this.#processes += 1
    return new HostProcess({
      world: this.world,
      disk: this.disk,
      ids: this.#ids,
      slots,
      seed: seed * 31 + this.#processes,
      startAt,
      store,
      membersThrow,
      states: this.#states,
    })
  }

  async #heal(): Promise<void> {
    this.disk.full = 0
    this.disk.failing = 0
    this.process.calm()
    await this.#revive()
  }

  /** No more faults: everything that was accepted must end. */
  async #endInPeace(): Promise<void> {
    this.#isQuiet = true
    // Half of them have to recover by a new process, the other half without one.
    if (this.#scenario.seed % 2 === 0) {
      this.process.kill()
      this.world.faults.crash -= 1
      await this.restart(10)
    } else await this.#heal()
    const { process } = this
    const { runtime, clock } = process
    if (!runtime) return
    // An operator lets go what was paused, and pays for what is left.
    for (const { id } of runtime.list()) runtime.get(id)?.resume()
    await runtime.resize('usd', 1_000)
    let isIdle = false
    void runtime.idle().then(() => {
      isIdle = true
    })
    const end = clock.now() + livenessMs
    await clock.settle()
    for (let at = clock.nextAt(); !isIdle && at !== null && at <= end; at = clock.nextAt()) await clock.step()
    await clock.settle()
    if (!isIdle) {
      const left = runtime.list({}).filter(({ outcome }) => outcome === null)
      this.world.violated(
        'R2',
        `not ended in peace: ${left.map(({ id, stage, activity }) => `${id} ${stage} ${activity ?? ''}`).join(', ')}`,
      )
    }
    // What steps that were given up still do comes to its end too.
    await process.runUntil(clock.now() + 200_000)
    if (process.held !== 0) this.world.violated('R1', `${process.held} slots are held at rest`)
    for (const { resource, held } of runtime.resources())
      if (held !== 0) this.world.violated('R1', `${held} of ${resource} is held at rest`)
    let isStopped = false
    runtime.stop().then(
      () => {
        isStopped = true
      },
      (thrown: unknown) => this.world.violated('R4', `the runtime stopped with ${describeThrown(thrown)}`),
    )
    await process.runUntil(clock.now() + 20_000)
    if (!isStopped) this.world.violated('R2', 'the runtime does not stop')
  }
}

/** Runs a scenario. Deterministic: equal scenarios give equal reports. */
export function runScenario(scenario: Scenario): Promise<RunReport> {
  return new ScenarioRun(scenario).report()
}
