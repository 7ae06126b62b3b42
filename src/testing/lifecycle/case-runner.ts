import type { CoverageKind } from './coverage-report.ts'
import type { LifeTraces } from './life-trace.ts'
import { traceOf } from './life-trace.ts'
import { LifecycleError } from './lifecycle-error.ts'
import { realNow, within } from './real-time.ts'
import type { Surroundings } from './surroundings.ts'
import { Tally } from './tally.ts'
import { World } from './world.ts'

/** One path: a name that reads as what happens, and what walks it. Rejects if something on it is not as it must be. */
export interface LifecycleCase {
  readonly name: string
  run(): Promise<void>
}

/** Runs paths, each in a world of its own, and counts what they exercise. */
export class CaseRunner {
  readonly tally = new Tally()
  ran = 0
  failed = 0
  elapsedMs = 0
  readonly #surroundings: Surroundings
  readonly #watchdogMs: number
  readonly #traces: LifeTraces | null
  readonly #isOther: boolean

  /**
   * @param traces of the paths as the definition itself walks them, if they are kept
   * @param isOther something else runs on its paths
   */
  constructor(surroundings: Surroundings, watchdogMs: number, traces: LifeTraces | null, isOther: boolean) {
    this.#surroundings = surroundings
    this.#watchdogMs = watchdogMs
    this.#traces = traces
    this.#isOther = isOther
  }

  /** @param walk lives the path, and throws if something is not as it must be */
  run(name: string, walk: (world: World) => Promise<void>): Promise<void> {
    return this.runMany(name, (next) => walk(next()), 1)
  }

  /** A path of several lives: each in a world that `next` makes. @param lives how many, for the time that they may take */
  async runMany(name: string, walk: (next: () => World) => Promise<void>, lives: number): Promise<void> {
    const worlds: World[] = []
    const next = () => {
      const world = new World(this.#surroundings)
      worlds.push(world)
      return world
    }
    const since = realNow()
    const ms = lives * this.#watchdogMs
    try {
      await within(ms, walk(next), () => late(worlds.at(-1) ?? next(), ms))
      this.#compare(name, worlds)
    } catch (thrown) {
      for (const world of worlds) world.isAbandoned = true
      this.failed += 1
      throw thrown
    } finally {
      this.ran += 1
      this.elapsedMs += realNow() - since
      for (const { tally, pilot } of worlds) {
        this.tally.add(tally)
        for (const { point } of pilot.visits) this.tally.hit('states', 'handler', point)
      }
    }
  }

  #compare(name: string, worlds: readonly World[]): void {
    if (!this.#traces) return
    const trace = worlds.flatMap(traceOf)
    if (!this.#isOther) {
      this.#traces.note(name, trace)
      return
    }
    const difference = this.#traces.difference(name, trace)
    if (difference !== null) throw new LifecycleError('LIFECYCLE_BROKEN', 'the life goes another way:', [difference])
  }

  hit(kind: CoverageKind, chart: string, id: string): void {
    this.tally.hit(kind, chart, id)
  }
}

/** What real time has to say of a path that virtual time does not see the end of. */
function late({ pilot, surroundings }: World, watchdogMs: number): LifecycleError {
  const { type } = surroundings.subject
  return new LifecycleError('LIFECYCLE_STUCK', `${type} took longer than ${watchdogMs} ms of real time:`, [
    `handler ${pilot.whereabouts}`,
    'wait on the clock of the runtime (task.sleep), hand in services that answer at once, or raise watchdogMs',
  ])
}
