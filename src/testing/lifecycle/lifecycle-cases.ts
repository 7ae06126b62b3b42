import type { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import { LifecycleError } from './lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'
import { checkOptions } from './lifecycle-options.ts'
import type { LifecycleSuite } from './lifecycle-suite.ts'
import { suiteOf, unwalkableSuite } from './lifecycle-suite.ts'
import { planSuite } from './suite-plan.ts'

/**
 * Plans the paths of a definition: `for (const { name, run } of await lifecycleCases(definition)) test(name, run)`.
 * It runs the handler to see what it does, so it takes a moment. A definition that cannot be walked has one case, which
 * fails and says why.
 * @throws LifecycleError (rejects) for options that are not valid, with every problem listed
 */
export async function lifecycleCases<Input extends z.ZodType, Output extends z.ZodType, Services = unknown>(
  definition: TaskDefinition<Input, Output>,
  options?: LifecycleOptions<z.input<Input>, Services>,
): Promise<LifecycleSuite>
export async function lifecycleCases(
  definition: TaskDefinition,
  options: LifecycleOptions = {},
): Promise<LifecycleSuite> {
  checkOptions(definition, options)
  const { subject } = options
  try {
    const plan = await planSuite(definition, options)
    return await suiteOf(plan, subject ? { definition: subject } : null)
  } catch (thrown) {
    return unwalkableSuite(definition, errorOf(thrown))
  }
}

function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new LifecycleError('LIFECYCLE_UNFIT', describeThrown(thrown), [], { cause: thrown })
}
