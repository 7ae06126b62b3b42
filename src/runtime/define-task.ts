import { z } from 'zod'
import type { TaskDefinition, TaskSpec } from '../model/definition.ts'
import { toMs } from '../model/duration.ts'
import { listProblems, refuse } from '../model/errors.ts'
import { capabilitiesSchema, isHandlerSource, sandboxLimitsSchema, unfitFor } from '../model/isolation.ts'
import type { Demand } from '../model/resources.ts'
import { taskSpecSchema } from '../model/task-spec-schema.ts'

type AnySpec = TaskSpec<z.ZodType, z.ZodType>
type CheckedSpec = z.output<typeof taskSpecSchema>

const defaultLevel = { file: 'process', script: 'wasm' } as const

function problemsOfIsolation(run: AnySpec['run'], { isolation, can, sandbox }: CheckedSpec): string[] {
  if (isHandlerSource(run)) {
    const problem = isolation === undefined ? null : unfitFor(run, isolation)
    return problem === null ? [] : [problem]
  }
  const problems: string[] = []
  if (isolation !== undefined && isolation !== 'inline')
    problems.push(
      `isolation: a function cannot leave the host's thread, so it cannot run at the level '${isolation}'; export it from a ` +
        "module of its own and give run: handlerFile(new URL('./work.ts', import.meta.url), 'work'), or for 'wasm' " +
        'run: scriptHandler(text)',
    )
  if (can)
    problems.push('can: an inline handler reaches whatever the host can; only isolated handlers are given capabilities')
  if (sandbox) problems.push('sandbox: an inline handler has no limits of its own; only isolated handlers have')
  return problems
}

function handlerOf(spec: AnySpec, { isolation, can, sandbox }: CheckedSpec): TaskDefinition['handler'] {
  const { run } = spec
  if (typeof run === 'function') return { form: 'function', run: run.bind(spec) }
  if ('transition' in run) return { form: 'actor', logic: run }
  const level = isolation === 'thread' ? isolation : defaultLevel[run.form]
  return Object.freeze({
    form: 'isolated',
    level,
    source: run,
    can: can ?? capabilitiesSchema.parse({}),
    limits: sandbox ?? sandboxLimitsSchema.parse({}),
  })
}

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
  const isolationProblems = problemsOfIsolation(spec.run, data)
  if (isolationProblems.length > 0)
    throw refuse(
      'DEFINITION_INVALID',
      `the definition of task ${JSON.stringify(data.type)} is not valid`,
      isolationProblems,
    )
  const { demand, estimate, validate, rollback, migrate } = spec
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
    handler: handlerOf(spec, data),
  })
}

/** For hosts without types. */
export function isDefinition(value: unknown): value is TaskDefinition {
  return typeof value === 'object' && value !== null && 'handler' in value && 'demandOf' in value
}
