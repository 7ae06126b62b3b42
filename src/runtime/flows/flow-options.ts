import { z } from 'zod'
import type { TaskSpec } from '../../model/definition.ts'
import { durationSchema } from '../../model/duration.ts'
import { listProblems, RefusedError, refuse } from '../../model/errors.ts'
import type { Parsed } from '../../model/parse-once.ts'
import { parseOnce } from '../../model/parse-once.ts'
import type { FailurePolicy } from './run-members.ts'

/** What every flow takes beside its members. A flow holds no resources unless it is given a demand: its members do. */
export interface FlowOptions
  extends Pick<
    TaskSpec<z.ZodType, z.ZodType>,
    'version' | 'description' | 'priority' | 'timeout' | 'retry' | 'demand' | 'grace'
  > {
  type: string
}

export interface BranchingOptions<Policy extends FailurePolicy> extends FlowOptions {
  /** `'fail-fast'` (the default): the first that does not complete cancels the rest and fails the flow. */
  onFailure?: Policy
  /** How many members may run at a time. Default: all. */
  concurrency?: number
}

const branchingSchema = z.looseObject({
  type: z.string().min(1),
  onFailure: z.enum(['fail-fast', 'settle-all']).default('fail-fast'),
  concurrency: z.int().min(1).optional(),
  timeout: durationSchema.optional(),
})

/** @throws RefusedError `FLOW_INVALID` with every problem listed. */
export function readBranching(options: { type: string }): { onFailure: FailurePolicy; concurrency: number } {
  const checked = branchingSchema.safeParse(options)
  if (!checked.success)
    throw refuse('FLOW_INVALID', `the flow ${JSON.stringify(options?.type)} is not valid`, listProblems(checked.error))
  return { onFailure: checked.data.onFailure, concurrency: checked.data.concurrency ?? Number.POSITIVE_INFINITY }
}

/** The part of the options that a task definition takes as it is. */
export function ownSpec(options: FlowOptions) {
  const { type, version, description, priority, timeout, retry, grace, demand } = options
  return {
    type,
    kind: 'control' as const,
    demand: demand ?? {},
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    ...(priority !== undefined && { priority }),
    ...(timeout !== undefined && { timeout }),
    ...(retry !== undefined && { retry }),
    ...(grace !== undefined && { grace }),
  }
}

/**
 * A schema that checks like `schema` and changes nothing: the member that gets the value parses it itself,
 * and parsing what has been transformed already could refuse it.
 */
export function checkedBy<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.input<Schema>, z.input<Schema>> {
  return z.custom<z.input<Schema>>().superRefine((value, context) => {
    const note = (parsed: Parsed) => {
      if (parsed.ok) return
      if (!(parsed.cause instanceof z.ZodError))
        context.addIssue({ code: 'custom', message: parsed.problems.join('; ') })
      else
        for (const { message, path } of parsed.cause.issues)
          context.addIssue({ code: 'custom', message, path: [...path] })
    }
    const parsed = parseOnce(schema, value)
    return parsed instanceof Promise ? parsed.then(note) : note(parsed)
  })
}

export function assertMembers(type: string, names: readonly string[]): void {
  if (names.length === 0)
    throw new RefusedError('FLOW_INVALID', `the flow ${type} has no members; give it at least one`)
}
