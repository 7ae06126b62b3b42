import { z } from 'zod'
import type { TaskDefinition, TaskSpec } from '../model/definition.ts'
import { toMs } from '../model/duration.ts'
import { listProblems, refuse } from '../model/errors.ts'
import type { Demand } from '../model/resources.ts'
import { taskSpecSchema } from '../model/task-spec-schema.ts'

/**
 * Makes a task definition: checks the spec and fills in every default.
 * @throws RefusedError `DEFINITION_INVALID` with every problem listed.
 */
export function defineTask<Input extends z.ZodType, Output extends z.ZodType = z.ZodUnknown>(
  spec: TaskSpec<Input, Output>,
): TaskDefinition<Input, Output>
export function defineTask(spec: TaskSpec<z.ZodType, z.ZodType>): TaskDefinition {
  const checked = taskSpecSchema.safeParse(spec)
  if (!checked.success) {
    throw refuse(
      'DEFINITION_INVALID',
      `the definition of task ${JSON.stringify(spec?.type)} is not valid`,
      listProblems(checked.error),
    )
  }
  const { data } = checked
  const { demand, estimate, validate, rollback, migrate, run } = spec
  return Object.freeze({
    type: data.type,
    kind: data.kind,
    version: data.version,
    description: data.description,
    input: data.input,
    output: data.output ?? z.unknown(),
    priority: data.priority,
    timeoutMs: data.timeout,
    heartbeatMs: data.heartbeat,
    retry: data.retry,
    rollbackRetry: data.rollbackRetry,
    rollbackTimeoutMs: data.rollbackTimeout,
    graceMs: data.grace,
    concurrency: data.concurrency,
    maxOutputBytes: data.maxOutputBytes,
    hooks: spec.hooks ?? {},
    onCrash: data.onCrash,
    crashLimit: data.crashLimit,
    uses: data.uses,
    demandOf: (input: unknown): Demand | null => (typeof demand === 'function' ? demand(input) : (demand ?? null)),
    estimateMsOf: (input: unknown): number | null =>
      estimate === undefined ? null : toMs(typeof estimate === 'function' ? estimate(input) : estimate),
    ...(validate && { validate: validate.bind(spec) }),
    ...(rollback && { rollback: rollback.bind(spec) }),
    ...(migrate && { migrate: migrate.bind(spec) }),
    handler:
      typeof run === 'function'
        ? { form: 'function' as const, run: run.bind(spec) }
        : { form: 'actor' as const, logic: run },
  })
}

/** For hosts without types. */
export function isDefinition(value: unknown): value is TaskDefinition {
  return typeof value === 'object' && value !== null && 'handler' in value && 'demandOf' in value
}
