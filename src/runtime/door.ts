import type { TaskFacts } from '../actors/task-record.ts'
import { TaskSecrets } from '../actors/task-secrets.ts'
import type { Authority } from '../model/access.ts'
import type { TaskDefinition } from '../model/definition.ts'
import type { Environment } from '../model/environment.ts'
import { describeThrown, listProblems, RefusedError, refuse } from '../model/errors.ts'
import type { Limits } from '../model/limits.ts'
import { isLarger } from '../model/limits.ts'
import type { Parsed } from '../model/parse-once.ts'
import { parseOnce } from '../model/parse-once.ts'
import type { Demand } from '../model/resources.ts'
import { demandSchema } from '../model/resources.ts'
import type { ResolvedSubmitOptions, SubmitOptions } from '../model/submit-options.ts'
import { submitOptionsSchema } from '../model/submit-options.ts'
import type { DemandVector } from '../scheduling/demand-vector.ts'
import type { Ledger } from '../scheduling/ledger.ts'
import type { Redactor } from '../security/redactor.ts'
import { hasSecrets } from '../security/secret-fields.ts'

const noOptions: ResolvedSubmitOptions = { whenFull: 'refuse' }

/** @throws RefusedError `OPTIONS_INVALID` */
export function readSubmitOptions(options: SubmitOptions | undefined): ResolvedSubmitOptions {
  if (options === undefined) return noOptions
  const checked = submitOptionsSchema.safeParse(options)
  if (checked.success) return checked.data
  throw refuse('OPTIONS_INVALID', 'the submit options are not valid', listProblems(checked.error))
}

/** At once, without a turn of the event loop, if the schema is not asynchronous. */
function readInput(definition: TaskDefinition, input: unknown): Parsed | Promise<Parsed> {
  return parseOnce(definition.input, input, 'input')
}

const oneSlot: Demand = { slots: 1 }
const nothing: Demand = {}

function readDemand(
  definition: TaskDefinition,
  input: unknown,
  asked: Demand | undefined,
  ledger: Ledger,
): DemandVector {
  let demand: unknown
  try {
    demand = asked ?? definition.demandOf(input) ?? (ledger.has('slots') ? oneSlot : nothing)
    if (demand instanceof Promise) {
      demand.catch(() => undefined)
      throw new Error('it is async; work it out from the input alone')
    }
  } catch (thrown) {
    throw refuse('DEMAND_INVALID', `the demand of ${definition.type} threw for this input`, [describeThrown(thrown)])
  }
  const checked = demandSchema.safeParse(demand)
  if (!checked.success)
    throw refuse(
      'DEMAND_INVALID',
      `the demand of ${definition.type} is not valid`,
      listProblems(checked.error, 'demand'),
    )
  const vector = ledger.compile(checked.data)
  const unfit = ledger.unfit(vector)
  if (unfit.length > 0) throw refuse('DEMAND_UNFIT', `${definition.type} asks for more than there will ever be`, unfit)
  return vector
}

function readEstimate(definition: TaskDefinition, input: unknown): number | null {
  try {
    return definition.estimateMsOf(input)
  } catch (thrown) {
    throw refuse('OPTIONS_INVALID', `the estimate of ${definition.type} threw or is no duration`, [
      describeThrown(thrown),
    ])
  }
}

type Labels = Readonly<Record<string, string>>

/** Who submits, and what its parent is. */
export interface Submitter {
  readonly authority: Authority
  /** May name whom it acts for, without asking: the host, which hands principals in. */
  readonly isHost: boolean
  readonly parentId: string | null
  /** Which of the parent's submissions it is. */
  readonly childKey: string | null
  /** How many parents it has above it. */
  readonly depth: number
}

/** What the door has let in. */
export interface Accepted {
  readonly facts: TaskFacts
  readonly priority: number
  readonly whenFull: 'refuse' | 'wait'
}

export interface DoorParts {
  readonly environment: Environment
  readonly ledger: Ledger
  readonly redactor: Redactor
  readonly limits: Limits
  /** Definitions with secret fields are taken: what is written down is encrypted, or allowed. */
  readonly mayHaveSecrets: boolean
}

/** Everything that a caller gives, checked: the door of the runtime. */
export class Door {
  readonly #parts: DoorParts
  #seq = 0

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  /** Orders of arrival go on behind those of an earlier process. */
  continueAfter(order: number): void {
    this.#seq = order
  }

  /** The same task once more, under its own id: as its input was read then, in the name that it was submitted in. */
  again(facts: TaskFacts): TaskFacts {
    this.#seq += 1
    return {
      ...facts,
      id: this.#parts.environment.ids.next('task'),
      seq: this.#seq,
      parentId: null,
      startAt: null,
      deadlineAt: null,
      dedupeKey: null,
      after: [],
      childKey: null,
      depth: 0,
      createdAt: this.#parts.environment.clock.now(),
    }
  }

  /** @throws RefusedError `SECRET_UNPROTECTED` if what it marks as secret would be written down as it is */
  assertProtected(definitions: readonly TaskDefinition[]): void {
    if (this.#parts.mayHaveSecrets) return
    const exposed = definitions.filter(({ input, output }) => hasSecrets(input) || hasSecrets(output))
    if (exposed.length === 0) return
    throw refuse(
      'SECRET_UNPROTECTED',
      "the store would write secret fields down as they are; give createRuntime a key (encryption), or say secrets: { unencrypted: 'allow' }",
      exposed.map(({ type, version }) => `${type} version ${version} has secret fields`),
    )
  }

  /**
   * Reads a request. Nothing is half-accepted: it is whole, or an error lists what is wrong with it.
   * @throws RefusedError `INPUT_INVALID`, `DEMAND_INVALID`, `POOL_UNKNOWN`, `DEMAND_UNFIT`,
   * `SECRET_UNPROTECTED`, `LIMIT_EXCEEDED`
   */
  async read(
    definition: TaskDefinition,
    input: unknown,
    options: ResolvedSubmitOptions,
    by: Submitter,
  ): Promise<Accepted> {
    this.assertProtected([definition])
    this.#assertLimits(definition, input, options, by)
    const reading = readInput(definition, input)
    const read = reading instanceof Promise ? await reading : reading
    if (!read.ok)
      throw refuse('INPUT_INVALID', `the input of ${definition.type} does not fit its schema`, read.problems)
    const { data } = read
    const vector = readDemand(definition, data, options.demand, this.#parts.ledger)
    const estimateMs = options.estimate ?? readEstimate(definition, data)
    const { principal, within, expiresAt, why } = by.authority
    const now = this.#parts.environment.clock.now()
    this.#seq += 1
    return {
      priority: options.priority ?? definition.priority,
      whenFull: options.whenFull,
      facts: {
        id: this.#parts.environment.ids.next('task'),
        seq: this.#seq,
        definition,
        input: data,
        // The end of a token does not end what was submitted with it, and what it does later has reasons of its own.
        authority: expiresAt === undefined && why === undefined ? by.authority : { principal, within },
        rule: null,
        principal,
        parentId: by.parentId,
        labels: options.labels ? this.#scrubbed(options.labels, definition, data) : {},
        vector,
        estimateMs,
        startAt: options.startAt ?? (options.delay === undefined ? null : now + options.delay),
        deadlineAt: options.deadlineAt ?? null,
        dedupeKey: options.dedupeKey ?? null,
        after: options.after ?? [],
        childKey: by.childKey,
        depth: by.depth,
        createdAt: now,
        traceContext: options.traceContext ?? null,
      },
    }
  }

  #assertLimits({ type }: TaskDefinition, input: unknown, options: ResolvedSubmitOptions, { depth }: Submitter): void {
    const { limits } = this.#parts
    if (depth > limits.depth)
      throw new RefusedError('LIMIT_EXCEEDED', `${type} would be ${depth} tasks deep, and ${limits.depth} are allowed`)
    // Before the schema has to read it.
    if (limits.inputBytes !== null && isLarger([input, options], limits.inputBytes))
      throw new RefusedError('LIMIT_EXCEEDED', `the input of ${type} is larger than ${limits.inputBytes} bytes`)
  }

  #scrubbed(labels: Labels, definition: TaskDefinition, input: unknown): Labels {
    const { redactor, limits } = this.#parts
    const secrets = new TaskSecrets({ definition, input }, redactor, limits.textBytes)
    return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, secrets.text(value)]))
  }
}
