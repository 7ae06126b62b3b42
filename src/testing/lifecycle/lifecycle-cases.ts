import type { z } from 'zod'
import { ownMachines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { LifecycleCase } from './case-runner.ts'
import { CaseRunner } from './case-runner.ts'
import type { Covered } from './coverage.ts'
import { joined, lifeCoverage, pointCoverage } from './coverage.ts'
import type { CoverageReport, CutOff } from './coverage-report.ts'
import { faultNames } from './faults.ts'
import { lifeCases, lifeWalks } from './life-cases.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'
import { kitQuestion } from './piloted-task.ts'
import type { Rehearsed } from './plain-life.ts'
import { abilitiesOf, rehearsePlainly } from './plain-life.ts'
import { Patience, realNow } from './real-time.ts'
import { sampleOf } from './samples.ts'
import { rehearse, scenarioCases, unwalkable } from './scenario-cases.ts'
import { ScenarioPlan } from './scenario-plan.ts'
import type { Surroundings } from './surroundings.ts'

/** The paths of one definition. */
export interface LifecycleSuite extends Iterable<LifecycleCase> {
  readonly definition: TaskDefinition
  readonly paths: number
  readonly cutOff: readonly CutOff[]
  /** What the cases that have run so far have exercised. */
  coverage(): CoverageReport
}

const defaultLimit = 5_000
const defaultWatchdogMs = 10_000

/**
 * Plans the paths of a definition: `for (const { name, run } of await lifecycleCases(definition)) test(name, run)`.
 * It runs the handler to see what it does, so it takes a moment. A definition that cannot be walked has one case, which
 * fails and says why.
 */
export async function lifecycleCases<Input extends z.ZodType, Output extends z.ZodType, Services = unknown>(
  definition: TaskDefinition<Input, Output>,
  options?: LifecycleOptions<z.input<Input>, Services>,
): Promise<LifecycleSuite>
export async function lifecycleCases(
  definition: TaskDefinition,
  options: LifecycleOptions = {},
): Promise<LifecycleSuite> {
  const since = realNow()
  try {
    return await new SuitePlan(definition, options, since).suite()
  } catch (thrown) {
    const cases = [unwalkable(`${definition.type} can be walked`, thrown)]
    const runner = new CaseRunner(surroundingsOf(definition, options), defaultWatchdogMs)
    return suiteOf({ definition, cases, cutOff: [], runner, covered: () => joined([]), planningMs: realNow() - since })
  }
}

function surroundingsOf(subject: TaskDefinition, options: LifecycleOptions): Surroundings {
  const { seed = 1, runtime = {}, services, check, answer } = options
  return {
    subject,
    machines: { ...ownMachines, ...runtime.machines },
    pools: runtime.pools ?? {},
    seed,
    patience: new Patience(),
    makeServices: () => services?.(),
    check: (at) => check?.(at),
    answerTo: async (question) => {
      const { prompt, schema } = question
      if (prompt === kitQuestion) return 'yes'
      const given = await answer?.(question)
      return given ?? sampleOf(schema, seed, `an answer to "${prompt}"`, 'give the option `answer`')
    },
  }
}

class SuitePlan {
  readonly #definition: TaskDefinition
  readonly #options: LifecycleOptions
  readonly #since: number

  constructor(definition: TaskDefinition, options: LifecycleOptions, since: number) {
    this.#definition = definition
    this.#options = options
    this.#since = since
  }

  async suite(): Promise<LifecycleSuite> {
    const definition = this.#definition
    const { coverage: goal = 'exhaustive', limit = defaultLimit, faults = faultNames, subject, runtime } = this.#options
    const { watchdogMs = defaultWatchdogMs } = this.#options
    const plain = surroundingsOf(definition, { ...this.#options, runtime: { ...runtime, machines: {} } })
    const rehearsed: Rehearsed[] = []
    for (const input of await this.#inputs())
      rehearsed.push(await rehearsePlainly(plain, runtime?.pools ?? null, input))
    const first = rehearsed.find(({ facts }) => facts.completes) ?? rehearsed[0]
    if (!first) throw new LifecycleError('LIFECYCLE_UNFIT', `${definition.type} has no inputs:`, ['give at least one'])
    const abilities = await abilitiesOf(
      definition,
      rehearsed.map(({ facts }) => facts),
    )
    const { facts } = first
    // Large enough for each input.
    const surroundings = rehearsed.at(-1)?.surroundings ?? first.surroundings
    const on = surroundingsOf(subject ?? definition, this.#options)
    const runner = new CaseRunner({ ...on, pools: surroundings.pools }, watchdogMs)
    const plan = new ScenarioPlan(faults, abilities)
    for (const { life } of rehearsed) plan.add(life)
    const { rehearsals, leftOut } = await rehearse(plan.planned.slice(0, limit), surroundings, facts.ends, watchdogMs)
    const { walks, cutOff } = lifeWalks(abilities, goal, Math.max(0, limit - rehearsals.length))
    const isOther = subject !== undefined || runtime?.machines !== undefined
    const cases = [
      ...scenarioCases(rehearsals, runner, facts.ends, isOther),
      ...lifeCases(walks, runner, abilities, facts, first.life.input, ({ pilot }) => ({
        complete: () => {
          pilot.release()
          return true
        },
        fail: (reason) => pilot.fail(reason),
      })),
    ]
    const cut = cutOff + Math.max(0, plan.planned.length - limit)
    const left = cut > 0 ? [{ what: 'paths', count: cut, limit: `limit: ${limit}` }] : []
    const covered = () =>
      joined([
        lifeCoverage(runner.tally, abilities),
        pointCoverage(
          runner.tally,
          rehearsals.map(({ planned }) => planned),
          [...plan.leftOut, ...leftOut],
        ),
      ])
    return suiteOf({ definition, cases, cutOff: left, runner, covered, planningMs: realNow() - this.#since })
  }

  async #inputs(): Promise<readonly unknown[]> {
    const { inputs, seed = 1 } = this.#options
    if (inputs) return inputs
    const { type, input } = this.#definition
    return [await sampleOf(input, seed, `the input of ${type}`, 'give the option `inputs`')]
  }
}

interface SuiteParts {
  readonly definition: TaskDefinition
  readonly cases: readonly LifecycleCase[]
  readonly cutOff: readonly CutOff[]
  readonly runner: CaseRunner
  readonly planningMs: number
  covered(): Covered
}

function suiteOf({ definition, cases, cutOff, runner, planningMs, covered }: SuiteParts): LifecycleSuite {
  const named = withOwnNames(cases)
  return {
    definition,
    paths: named.length,
    cutOff,
    coverage: () => ({
      definition: definition.type,
      paths: named.length,
      ran: runner.ran,
      failed: runner.failed,
      elapsedMs: planningMs + runner.elapsedMs,
      ...covered(),
      cutOff,
    }),
    [Symbol.iterator]: () => named[Symbol.iterator](),
  }
}

/** Test runners tell tests apart by their names. */
function withOwnNames(cases: readonly LifecycleCase[]): LifecycleCase[] {
  const counts = new Map<string, number>()
  return cases.map(({ name, run }) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return { name: count === 1 ? name : `${name} #${count}`, run }
  })
}
