import type { z } from 'zod'
import { ownMachines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { PoolsInput } from '../../model/resources.ts'
import type { LifecycleCase } from './case-runner.ts'
import { CaseRunner } from './case-runner.ts'
import type { Covered } from './coverage.ts'
import { joined, lifeCoverage, pointCoverage } from './coverage.ts'
import type { CoverageReport, CutOff } from './coverage-report.ts'
import { faultNames } from './faults.ts'
import { lifeCases, lifeWalks } from './life-cases.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'
import { machineCases, machineWalks } from './machine-cases.ts'
import { MachineCoverage } from './machine-coverage.ts'
import { kitQuestion } from './piloted-task.ts'
import type { Rehearsed } from './plain-life.ts'
import { abilitiesOf, machineOf, rehearsePlainly } from './plain-life.ts'
import { Patience, realNow } from './real-time.ts'
import { inputSample, sampleOf } from './samples.ts'
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
    const { watchdogMs = defaultWatchdogMs, events = [] } = this.#options
    const rehearsed = await this.#rehearse()
    const abilities = await abilitiesOf(
      definition,
      rehearsed.all.map(({ facts }) => facts),
    )
    const { first, surroundings } = rehearsed
    const on = surroundingsOf(subject ?? definition, this.#options)
    const runner = new CaseRunner({ ...on, pools: surroundings.pools }, watchdogMs)
    const plan = new ScenarioPlan(faults, abilities)
    for (const { life, graph, autopilot } of rehearsed.all) {
      if (graph) plan.addMachine(life, graph, autopilot)
      else plan.add(life)
    }
    const { rehearsals, leftOut } = await rehearse(plan.planned.slice(0, limit), surroundings, watchdogMs)
    const machines = machineWalks(rehearsed.all, goal, limit - rehearsals.length)
    const lives = lifeWalks(abilities, goal, Math.max(0, limit - rehearsals.length - machines.walks.length))
    const cases = [
      ...scenarioCases(rehearsals, runner, subject !== undefined || runtime?.machines !== undefined),
      ...machineCases(machines.walks, runner),
      ...lifeCases(lives.walks, runner, abilities, first),
    ]
    const machine = machineOf(definition)
    const graphs = rehearsed.all.flatMap(({ graph }) => graph ?? [])
    const ofMachine = machine && new MachineCoverage(runner.tally, machine, graphs)
    const count = lives.cutOff + machines.cutOff + Math.max(0, plan.planned.length - limit)
    const paths: CutOff[] = count > 0 ? [{ what: 'paths', count, limit: `the limit of ${limit} paths` }] : []
    const planned = rehearsals.map((one) => one.planned)
    const covered = () =>
      joined([
        lifeCoverage(runner.tally, abilities),
        pointCoverage(runner.tally, planned, [...plan.leftOut, ...leftOut]),
        ...(ofMachine ? [ofMachine.covered(events)] : []),
      ])
    const cutOff = [...paths, ...(ofMachine?.cutOff ?? [])]
    return suiteOf({ definition, cases, cutOff, runner, covered, planningMs: realNow() - this.#since })
  }

  /** Lives each input once with nothing planted. @throws LifecycleError */
  async #rehearse() {
    const { runtime, events = [] } = this.#options
    const plain = surroundingsOf(this.#definition, { ...this.#options, runtime: { ...runtime, machines: {} } })
    const all: Rehearsed[] = []
    for (const input of await this.#inputs())
      all.push(await rehearsePlainly(plain, runtime?.pools ?? null, input, events))
    const first = all.find(({ facts }) => facts.completes) ?? all[0]
    if (!first)
      throw new LifecycleError('LIFECYCLE_UNFIT', `${this.#definition.type} has no inputs:`, ['give at least one'])
    // Pools that are found are large enough for each.
    const pools = merged(all.map(({ surroundings }) => surroundings.pools))
    return { all, first, surroundings: { ...plain, pools } }
  }

  async #inputs(): Promise<readonly unknown[]> {
    const { inputs, seed = 1 } = this.#options
    if (inputs) return inputs
    return [await inputSample(this.#definition, seed)]
  }
}

/** Pools with the resources of all; what several have is as the last has it. */
function merged(all: readonly PoolsInput[]): PoolsInput {
  const pools: Record<string, PoolsInput[string]> = {}
  for (const one of all)
    for (const [name, resources] of Object.entries(one)) pools[name] = { ...pools[name], ...resources }
  return pools
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
