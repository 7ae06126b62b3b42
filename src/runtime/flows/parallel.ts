import { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { defineTask } from '../define-task.ts'
import { asFlow } from './flow-mark.ts'
import type { BranchingOptions } from './flow-options.ts'
import { assertMembers, ownSpec, readBranching } from './flow-options.ts'
import type { FailurePolicy, MemberOutcome } from './run-members.ts'
import { runMembers } from './run-members.ts'

type Members = Readonly<Record<string, TaskDefinition>>

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never

/** What every member takes. */
type CommonInput<All extends Members> = Intersection<z.input<All[keyof All]['input']>>

export type OutputsOf<All extends Members, Policy extends FailurePolicy> = {
  readonly [Name in keyof All]: Policy extends 'settle-all'
    ? MemberOutcome<z.output<All[Name]['output']>>
    : z.output<All[Name]['output']>
}

/** Runs members side by side, each on the same input. The output has theirs by name. */
export function parallel<const All extends Members, Policy extends FailurePolicy = 'fail-fast'>(
  options: BranchingOptions<Policy> & { members: All },
): TaskDefinition<z.ZodType<CommonInput<All>, CommonInput<All>>, z.ZodType<OutputsOf<All, Policy>>>
export function parallel(options: BranchingOptions<FailurePolicy> & { members: Members }): TaskDefinition {
  const policy = readBranching(options)
  const members = Object.entries(options.members)
  assertMembers(
    options.type,
    members.map(([name]) => name),
  )
  return asFlow(
    defineTask({
      ...ownSpec(options),
      uses: members.map(([, definition]) => definition),
      input: z.unknown(),
      run: async (task, input) => {
        const outcomes = await runMembers(
          task,
          members.map(([name, definition]) => ({ name, definition, after: [], inputOf: () => input })),
          policy,
        )
        return Object.fromEntries(members.map(([name]) => [name, shown(outcomes.get(name), policy.onFailure)]))
      },
    }),
  )
}

/** A member's outcome in the flow's output: whole if all are settled, else its output alone. */
export function shown(outcome: MemberOutcome | undefined, policy: FailurePolicy): unknown {
  if (policy === 'settle-all') return outcome
  return outcome?.status === 'completed' ? outcome.output : undefined
}
