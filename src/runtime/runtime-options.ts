import { KeyObject } from 'node:crypto'
import type { TracerProvider } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { pino } from 'pino'
import type { ActorOptions, AnyActorLogic } from 'xstate'
import { z } from 'zod'
import type { SandboxOptions } from '../isolation/sandboxes.ts'
import type { TaskDefinition } from '../model/definition.ts'
import type { Duration } from '../model/duration.ts'
import { durationSchema } from '../model/duration.ts'
import type { Environment } from '../model/environment.ts'
import { listProblems, refuse } from '../model/errors.ts'
import type { Limits, LimitsInput } from '../model/limits.ts'
import { limitsSchema } from '../model/limits.ts'
import type { Principal, PrincipalInput } from '../model/principal.ts'
import { hostPrincipal, principalSchema } from '../model/principal.ts'
import type { QuotasInput, QuotasOf } from '../model/quotas.ts'
import { quotasSchema } from '../model/quotas.ts'
import type { Pools, PoolsInput } from '../model/resources.ts'
import { poolsSchema } from '../model/resources.ts'
import type { BackfillPolicy } from '../scheduling/policies/backfill.ts'
import type { OrderPolicy } from '../scheduling/policies/order.ts'
import { agedPriority, strictPriority } from '../scheduling/policies/order.ts'
import type { SharePolicy } from '../scheduling/policies/share.ts'
import type { EncryptionOptions } from '../security/keyring.ts'
import { encryptionSchema, Keyring } from '../security/keyring.ts'
import type { Policy } from '../security/policy.ts'
import type { SecretsOptions } from '../security/redactor.ts'
import type { TokenOptions } from '../security/tokens.ts'
import type { AuditStore } from '../store/audit-store.ts'
import type { Store } from '../store/store.ts'
import type { TaskTemplate } from './define-template.ts'
import type { IsolationOptions } from './isolation-options.ts'
import { isolationOptionsSchema } from './isolation-options.ts'
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

export interface AuditOptions {
  /** Signs checkpoints: an Ed25519 private key. Without one only the chain protects the log. */
  key?: KeyObject
  /** Names the log in its checkpoints. Default `taskwright`. */
  origin?: string
  /** A checkpoint is made each time so many entries have been added, and at the end. Default 1,000. */
  every?: number
  /** Told of each checkpoint once it is on disk: keep it where whoever may write the store may not. */
  onCheckpoint?: (note: string) => unknown
}

export interface ResolvedAudit {
  readonly store: AuditStore
  readonly key: KeyObject | null
  readonly origin: string
  readonly every: number
  readonly onCheckpoint: (note: string) => unknown
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
  /** How much one task may be, do and say. */
  limits?: LimitsInput
  /** How many tasks may wait for their turn. Default 100,000. */
  queueLimit?: number
  /** How many ended tasks are remembered for `list`, `get` and `after`. Default 10,000. */
  retain?: number
  /** For how long ended tasks are remembered. Default: 7 days with a store that keeps them, else as long as there is room. */
  retainFor?: Duration
  /** Who acts when a submission names nobody. */
  principal?: PrincipalInput
  /** Who may do what. Without one everybody may do everything; with one, what no rule allows is refused. */
  policy?: Policy
  /** How much each principal may have: the same for all, or by principal. */
  quotas?: QuotasInput | QuotasOf
  /**
   * Writes who did what to which task, in the same transaction as what it records; what cannot be recorded does not
   * happen. Needs a store that keeps it. `true`: a log without signed checkpoints.
   */
  audit?: boolean | AuditOptions
  /** Whose tokens `authenticate` believes. */
  tokens?: TokenOptions
  /** Crashes of actors that are borne before the runtime degrades. Default: 5 within 10 s. */
  restartIntensity?: { restarts: number; within: Duration }
  /** Told of every actor, message and snapshot: XState's `inspect`, as `@statelyai/inspect` makes it. */
  inspect?: Inspector
  /**
   * Encrypts inputs, outputs, results of steps and answers in the store, with AES-256-GCM and keys of the host's. Events
   * stay readable: they hold no values.
   */
  encryption?: EncryptionOptions
  /** Where handlers may run: the lowest level, secrets, and what the level `process` may do without. */
  isolation?: IsolationOptions
  /** What is hidden in events, journal, log and views, beyond what is recognised anyway. */
  secrets?: SecretsOptions
  /** Spans of tasks and attempts, to the OpenTelemetry SDK that the host registers, or to that provider. Default: none. */
  traces?: boolean | { tracerProvider: TracerProvider }
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
  readonly limits: Limits
  readonly queueLimit: number
  readonly retain: number
  readonly retainForMs: number | null
  readonly principal: Principal
  readonly policy: Policy | undefined
  readonly quotasOf: QuotasOf | null
  readonly tokens: TokenOptions | undefined
  readonly audit: ResolvedAudit | null
  readonly restarts: number
  readonly restartsWithinMs: number
  readonly inspect: Inspector | undefined
  readonly logger: Logger
  readonly isolation: SandboxOptions
  /** `null`: none. Without a provider, the one that is registered globally. */
  readonly traces: { readonly tracerProvider: TracerProvider | null } | null
  readonly secrets: Required<SecretsOptions>
  readonly keyring: Keyring | null
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
  limits: limitsSchema.prefault({}),
  queueLimit: z.int().min(1).default(100_000),
  retain: z.int().min(0).default(10_000),
  retainFor: durationSchema.optional(),
  principal: principalSchema.default(hostPrincipal),
  policy: z
    .custom<Policy>(
      (value) => typeof value === 'object' && value !== null && 'decide' in value && typeof value.decide === 'function',
      'not a policy; make it with caslPolicy, or give an object that implements Policy',
    )
    .optional(),
  quotas: z.union([quotasSchema, z.custom<QuotasOf>((value) => typeof value === 'function')]).optional(),
  audit: z
    .union([
      z.boolean(),
      z.strictObject({
        key: z
          .custom<KeyObject>(
            (value) => value instanceof KeyObject && value.type === 'private' && value.asymmetricKeyType === 'ed25519',
            'not an Ed25519 private key',
          )
          .optional(),
        origin: z
          .string()
          .regex(/^[^\s+]+$/, 'must be one word, without a plus sign')
          .default('taskwright'),
        every: z.int().min(1).default(1_000),
        onCheckpoint: z.custom<AuditOptions['onCheckpoint']>((value) => typeof value === 'function').optional(),
      }),
    ])
    .default(false),
  tokens: z
    .strictObject({
      issuer: z.string().min(1),
      audience: z.string().min(1),
      keys: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1, 'give at least one public key') }),
      toleranceMs: z.number().min(0).default(0),
    })
    .optional(),
  restartIntensity: z
    .strictObject({ restarts: z.int().min(0), within: durationSchema })
    .prefault({ restarts: 5, within: 10_000 }),
  inspect: z
    .custom<Inspector>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'not an inspector: give a function or an observer',
    )
    .optional(),
  encryption: encryptionSchema.optional(),
  isolation: isolationOptionsSchema.prefault({}),
  secrets: z
    .strictObject({
      names: z.array(z.string().min(1)).default([]),
      patterns: z.array(z.instanceof(RegExp)).default([]),
      values: z.array(z.string()).default([]),
      unencrypted: z.enum(['refuse', 'allow']).default('refuse'),
    })
    .prefault({}),
  traces: z
    .union([
      z.boolean().transform((isAsked) => (isAsked ? { tracerProvider: null } : null)),
      z.strictObject({
        tracerProvider: z.custom<TracerProvider>(
          (value) => typeof value === 'object' && value !== null && 'getTracer' in value,
          'not a tracer provider',
        ),
      }),
    ])
    .default(null),
  logger: z
    .custom<Logger>((value) => typeof value === 'object' && value !== null && 'child' in value, 'not a pino logger')
    .optional(),
})

function quotasFunction(quotas: QuotasInput | QuotasOf | undefined): QuotasOf | null {
  if (quotas === undefined) return null
  return typeof quotas === 'function' ? quotas : () => quotas
}

/** @throws RefusedError `OPTIONS_INVALID` for a store that keeps no audit log */
function resolveAudit(audit: z.output<typeof optionsSchema>['audit'], { audit: store }: Store): ResolvedAudit | null {
  if (audit === false) return null
  if (!store)
    throw refuse('OPTIONS_INVALID', 'the runtime options are not valid', [
      "audit: this store keeps no audit log; use store: 'file:PATH', or one that implements Store.audit",
    ])
  const { key, origin = 'taskwright', every = 1_000, onCheckpoint = () => undefined } = audit === true ? {} : audit
  return { store, key: key ?? null, origin, every, onCheckpoint }
}

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
  const audit = resolveAudit(rest.audit, opened)
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
    limits: rest.limits,
    queueLimit: rest.queueLimit,
    retain: rest.retain,
    retainForMs: rest.retainFor ?? (opened.isVolatile ? null : weekMs),
    principal: rest.principal,
    policy: rest.policy,
    quotasOf: quotasFunction(options.quotas),
    tokens: rest.tokens,
    audit,
    restarts: restartIntensity.restarts,
    restartsWithinMs: restartIntensity.within,
    inspect: rest.inspect,
    isolation: rest.isolation,
    secrets: rest.secrets,
    keyring: rest.encryption ? new Keyring(rest.encryption) : null,
    traces: rest.traces,
    logger: rest.logger ?? pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  }
}
