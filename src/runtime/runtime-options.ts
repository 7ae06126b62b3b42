import type { Logger } from 'pino'
import { pino } from 'pino'
import type { ActorOptions, AnyActorLogic } from 'xstate'
import { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { Duration } from '../model/duration.ts'
import { durationSchema } from '../model/duration.ts'
import type { Environment } from '../model/environment.ts'
import { listProblems, refuse } from '../model/errors.ts'
import type { Principal, PrincipalInput } from '../model/principal.ts'
import { hostPrincipal, principalSchema } from '../model/principal.ts'
import type { Pools, PoolsInput } from '../model/resources.ts'
import { poolsSchema } from '../model/resources.ts'
import type { BackfillPolicy } from '../scheduling/policies/backfill.ts'
import type { OrderPolicy } from '../scheduling/policies/order.ts'
import { agedPriority, strictPriority } from '../scheduling/policies/order.ts'
import type { SharePolicy } from '../scheduling/policies/share.ts'
import type { Store } from '../store/store.ts'
import type { TaskTemplate } from './define-template.ts'
import { openStore } from './open-store.ts'
import { createSystemEnvironment } from './system-environment.ts'

type Inspector = NonNullable<ActorOptions<AnyActorLogic>['inspect']>

export interface SchedulingOptions {
  /** Which waiting task goes first. Default: priority with ageing. */
  order?: OrderPolicy
  /** Which principal goes first. Default: weighted dominant-resource fairness. */
  share?: SharePolicy
  /** What may overtake a task that waits for resources. Default: what does not delay its reserved start. */
  backfill?: BackfillPolicy
  /** How long a task must wait to count as one level of priority higher; `'off'`: priority alone decides. Default 30 s. */
  ageing?: Duration | 'off'
  /** How many tasks of one principal may hold resources at a time. */
  principalConcurrency?: number
}

export interface RuntimeOptions {
  tasks?: readonly TaskDefinition[]
  templates?: readonly TaskTemplate[]
  /** Resources by pool. Default: one pool with 32 slots. */
  pools?: PoolsInput
  /**
   * Where the journal goes: `'memory'` (the default: tasks end with the process), `'file:PATH'` (an SQLite file: nothing
   * that was accepted is lost), or a store of your own.
   */
  store?: 'memory' | `file:${string}` | Store
  environment?: Environment
  scheduling?: SchedulingOptions
  /** How many tasks may wait for their turn. Default 100,000. */
  queueLimit?: number
  /** How many ended tasks are remembered for `list`, `get` and `after`. Default 10,000. */
  retain?: number
  /** For how long ended tasks are remembered. Default: 7 days with a store that keeps them, else as long as there is room. */
  retainFor?: Duration
  /** Who acts when a submission names nobody. */
  principal?: PrincipalInput
  /** Crashes of actors that are borne before the runtime degrades. Default: 5 within 10 s. */
  restartIntensity?: { restarts: number; within: Duration }
  /** Told of every actor, message and snapshot: XState's `inspect`, as `@statelyai/inspect` makes it. */
  inspect?: Inspector
  /** Default: warnings and errors to standard error, as JSON lines. */
  logger?: Logger
}

export interface ResolvedRuntimeOptions {
  readonly tasks: readonly TaskDefinition[]
  readonly templates: readonly TaskTemplate[]
  readonly pools: Pools
  readonly store: Store
  readonly environment: Environment
  readonly order: OrderPolicy
  readonly share: SharePolicy | undefined
  readonly backfill: BackfillPolicy | undefined
  readonly principalConcurrency: number | null
  readonly queueLimit: number
  readonly retain: number
  readonly retainForMs: number | null
  readonly principal: Principal
  readonly restarts: number
  readonly restartsWithinMs: number
  readonly inspect: Inspector | undefined
  readonly logger: Logger
}

const aPolicy = <Policy>() =>
  z.custom<Policy>((value) => typeof value === 'function', 'not a policy: give a function').optional()

/** What an object lacks to be a store. */
function lackingOfStore(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['everything']
  const members = new Map<string, unknown>(storeMembers.map(([name]) => [name, Reflect.get(value, name)]))
  return storeMembers.filter(([name, type]) => typeof members.get(name) !== type).map(([name]) => name)
}

const storeMembers = [
  ['isVolatile', 'boolean'],
  ['append', 'function'],
  ['flush', 'function'],
  ['load', 'function'],
  ['forget', 'function'],
  ['close', 'function'],
] as const

function lacks(value: unknown): string {
  return typeof value === 'object' && value !== null ? `; it lacks ${lackingOfStore(value).join(', ')}` : ''
}

const optionsSchema = z.strictObject({
  tasks: z
    .array(
      z.custom<TaskDefinition>(
        (value) => typeof value === 'object' && value !== null && 'handler' in value,
        'not a definition; make it with defineTask',
      ),
    )
    .default([]),
  templates: z
    .array(
      z.custom<TaskTemplate>(
        (value) => typeof value === 'object' && value !== null && 'definition' in value,
        'not a template; make it with defineTemplate',
      ),
    )
    .default([]),
  pools: poolsSchema.prefault({ default: { slots: 32 } }),
  store: z
    .union(
      [
        z.literal('memory'),
        z.templateLiteral(['file:', z.string().min(1)]),
        z.custom<Store>((value) => lackingOfStore(value).length === 0),
      ],
      {
        error: ({ input }) =>
          `not a store; give 'memory', 'file:PATH', or an object that implements Store${lacks(input)}`,
      },
    )
    .default('memory'),
  environment: z
    .custom<Environment>(
      (value) => typeof value === 'object' && value !== null && 'clock' in value,
      'not an environment',
    )
    .optional(),
  scheduling: z
    .strictObject({
      order: aPolicy<OrderPolicy>(),
      share: aPolicy<SharePolicy>(),
      backfill: aPolicy<BackfillPolicy>(),
      ageing: z.union([z.literal('off'), durationSchema]).default(30_000),
      principalConcurrency: z.int().min(1).optional(),
    })
    .prefault({}),
  queueLimit: z.int().min(1).default(100_000),
  retain: z.int().min(0).default(10_000),
  retainFor: durationSchema.optional(),
  principal: principalSchema.default(hostPrincipal),
  restartIntensity: z
    .strictObject({ restarts: z.int().min(0), within: durationSchema })
    .prefault({ restarts: 5, within: 10_000 }),
  inspect: z
    .custom<Inspector>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'not an inspector: give a function or an observer',
    )
    .optional(),
  logger: z
    .custom<Logger>((value) => typeof value === 'object' && value !== null && 'child' in value, 'not a pino logger')
    .optional(),
})

const weekMs = 7 * 24 * 3_600_000

/**
 * @throws RefusedError `OPTIONS_INVALID` with every problem listed
 * @throws StoreError if the store cannot be opened
 */
export async function resolveRuntimeOptions(options: RuntimeOptions): Promise<ResolvedRuntimeOptions> {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success)
    throw refuse('OPTIONS_INVALID', 'the runtime options are not valid', listProblems(checked.error))
  const { scheduling, restartIntensity, store, ...rest } = checked.data
  const { ageing } = scheduling
  const opened = await openStore(store)
  return {
    tasks: rest.tasks,
    templates: rest.templates,
    pools: rest.pools,
    store: opened,
    environment: rest.environment ?? createSystemEnvironment(),
    order: scheduling.order ?? (ageing === 'off' ? strictPriority() : agedPriority({ ageingMs: ageing })),
    share: scheduling.share,
    backfill: scheduling.backfill,
    principalConcurrency: scheduling.principalConcurrency ?? null,
    queueLimit: rest.queueLimit,
    retain: rest.retain,
    retainForMs: rest.retainFor ?? (opened.isVolatile ? null : weekMs),
    principal: rest.principal,
    restarts: restartIntensity.restarts,
    restartsWithinMs: restartIntensity.within,
    inspect: rest.inspect,
    logger: rest.logger ?? pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  }
}
