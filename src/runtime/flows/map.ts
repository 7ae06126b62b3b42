import { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { defineTask } from '../define-task.ts'
import { asFlow } from './flow-mark.ts'
import type { BranchingOptions } from './flow-options.ts'
import { ownSpec, readBranching } from './flow-options.ts'
import { shown } from './parallel.ts'
import type { FailurePolicy, MemberOutcome } from './run-members.ts'
import { runMembers } from './run-members.ts'

/** Runs one definition over many inputs. The outputs stand in the order of the inputs. */
export function map<Input extends z.ZodType, Output extends z.ZodType, Policy extends FailurePolicy = 'fail-fast'>(
  options: BranchingOptions<Policy> & { member: TaskDefinition<Input, Output> },
): TaskDefinition<
  z.ZodType<readonly z.input<Input>[], readonly z.input<Input>[]>,
  z.ZodType<readonly (Policy extends 'settle-all' ? MemberOutcome<z.output<Output>> : z.output<Output>)[]>
>
export function map(options: BranchingOptions<FailurePolicy> & { member: TaskDefinition }): TaskDefinition {
  const policy = readBranching(options)
  const { member } = options
  return asFlow(
    defineTask({
      ...ownSpec(options),
      uses: [member],
      input: z.array(z.unknown()),
      run: async (task, inputs) => {
        const names = inputs.map((_, index) => `${index + 1} ${member.type}`)
        const outcomes = await runMembers(
          task,
          names.map((name, index) => ({ name, definition: member, after: [], inputOf: () => inputs[index] })),
          policy,
        )
        return names.map((name) => shown(outcomes.get(name), policy.onFailure))
      },
    }),
  )
}
