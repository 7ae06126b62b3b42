import type { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { thresholdProblems } from './coverage-report.ts'
import { coverageText } from './coverage-text.ts'
import { lifecycleCases } from './lifecycle-cases.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'

// Vitest is the user's, and is there only where it runs the tests: everything else here loads without it.
const vitest = process.env['VITEST'] ? await import('vitest').catch(() => null) : null

/**
 * Registers, in Vitest, one test for each path of a definition's life, and one for what they have covered.
 * @throws Error outside of Vitest; use `lifecycleCases` with any other test runner
 */
export function describeLifecycle<Input extends z.ZodType, Output extends z.ZodType, Services = unknown>(
  definition: TaskDefinition<Input, Output>,
  options: LifecycleOptions<z.input<Input>, Services> = {},
): void {
  if (!vitest)
    throw new Error('describeLifecycle needs Vitest to run it; with another test runner, walk lifecycleCases()')
  const { describe, test } = vitest
  describe(`the life of ${definition.type}`, async () => {
    const suite = await lifecycleCases(definition, options)
    for (const { name, run } of suite) test(name, run)
    test(`${suite.paths} paths cover what they must`, () => {
      const report = suite.coverage()
      process.stdout.write(`${coverageText(report)}\n`)
      const problems = thresholdProblems(report, options.thresholds ?? {})
      if (problems.length > 0) throw new LifecycleError('LIFECYCLE_BROKEN', 'the thresholds are not met:', problems)
    })
  })
}
