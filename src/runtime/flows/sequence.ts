import type { z } from 'zod'
import { z as zod } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { defineTask } from '../define-task.ts'
import { asFlow } from './flow-mark.ts'
import type { FlowOptions } from './flow-options.ts'
import { assertMembers, checkedBy, ownSpec } from './flow-options.ts'
import type { Member } from './run-members.ts'
import { runMembers } from './run-members.ts'

type Members = readonly [TaskDefinition, ...TaskDefinition[]]

/** The members as they are, if each one's output is the next one's input; else what does not fit. */
type Chained<All extends readonly TaskDefinition[]> = All extends readonly [
  infer First extends TaskDefinition,
  infer Second extends TaskDefinition,
  ...infer Rest extends TaskDefinition[],
]
  ? z.output<First['output']> extends z.input<Second['input']>
    ? readonly [First, ...Chained<readonly [Second, ...Rest]>]
    : readonly [First, { 'the output of the member before does not fit the input of this one': never }]
  : All

type LastOf<All extends readonly TaskDefinition[]> = All extends readonly [
  ...TaskDefinition[],
  infer Last extends TaskDefinition,
]
  ? Last
  : never

/** Runs members one after the other; each one's output is the next one's input. */
export function sequence<const All extends Members>(
  options: FlowOptions & { members: All & Chained<All> },
): TaskDefinition<
  z.ZodType<z.input<All[0]['input']>, z.input<All[0]['input']>>,
  z.ZodType<z.output<LastOf<All>['output']>>
>
export function sequence(options: FlowOptions & { members: readonly TaskDefinition[] }): TaskDefinition {
  const { members } = options
  const [first] = members
  const names = members.map(({ type }, index) => `${index + 1} ${type}`)
  assertMembers(options.type, names)
  return asFlow(
    defineTask({
      ...ownSpec(options),
      uses: members,
      input: first ? checkedBy(first.input) : zod.unknown(),
      run: async (task, input) => {
        const steps = members.map((definition, index): Member => {
          const before = names[index - 1]
          return {
            name: names[index] ?? '',
            definition,
            after: before === undefined ? [] : [before],
            inputOf: (outputs) => (before === undefined ? input : outputs.get(before)),
          }
        })
        const outcomes = await runMembers(task, steps, { onFailure: 'fail-fast', concurrency: 1 })
        const last = outcomes.get(names.at(-1) ?? '')
        return last?.status === 'completed' ? last.output : undefined
      },
    }),
  )
}
