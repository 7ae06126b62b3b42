import type { TaskDefinition } from '../../model/definition.ts'
import type { LifecycleOptions } from '../lifecycle/lifecycle-options.ts'
import { suiteOf } from '../lifecycle/lifecycle-suite.ts'
import { planSuite } from '../lifecycle/suite-plan.ts'
import { callFaults } from './call-faults.ts'
import { policyFaults } from './definition-faults.ts'
import { machineFaults } from './handler-faults.ts'
import type { PathSuite } from './judge.ts'
import type { Mutant } from './mutant.ts'

/**
 * The generated paths of a definition, and the faults that can be planted in it: in its policies, in what its handler
 * does, in the machine that is its handler. @throws LifecycleError if it cannot be walked
 */
export async function definitionMutants(
  definition: TaskDefinition,
  options: LifecycleOptions,
): Promise<{ readonly suite: PathSuite; readonly mutants: readonly Mutant[] }> {
  const plan = await planSuite(definition, options)
  const mutants = [...policyFaults(plan), ...callFaults(plan), ...machineFaults(definition)]
  return { suite: await suiteOf(plan, null), mutants }
}
