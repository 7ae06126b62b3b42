import type { TaskFacts } from '../actors/task-record.ts'
import type { TaskDefinition } from '../model/definition.ts'
import type { Environment } from '../model/environment.ts'
import { describeThrown, listProblems, refuse } from '../model/errors.ts'
import type { Parsed } from '../model/parse-once.ts'
import { parseOnce } from '../model/parse-once.ts'
import type { Principal } from '../model/principal.ts'
import type { Demand } from '../model/resources.ts'
import { demandSchema } from '../model/resources.ts'
import type { ResolvedSubmitOptions, SubmitOptions } from '../model/submit-options.ts'
import { submitOptionsSchema } from '../model/submit-options.ts'
import type { DemandVector } from '../scheduling/demand-vector.ts'
import type { Ledger } from '../scheduling/ledger.ts'

const noOptions: ResolvedSubmitOptions = { whenFull: 'refuse' }

function readOptions(options: SubmitOptions | undefined): ResolvedSubmitOptions {
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

/** Who submits, and what its parent is. */
export interface Submitter {
  readonly principal: Principal
  readonly parentId: string | null
  /** Which of the parent's submissions it is. */
  readonly childKey: string | null
}

/** Everything that a caller gives, checked: the door of the runtime. */
export class Door {
  readonly #environment: Environment
  readonly #ledger: Ledger
  #seq = 0

  constructor(environment: Environment, ledger: Ledger) {
    this.#environment = environment
    this.#ledger = ledger
  }

  /** Orders of arrival go on behind those of an earlier process. */
  continueAfter(order: number): void {
    this.#seq = order
  }

  /** The same task once more, under its own id: as its input was read then, on nobody's behalf but its principal's. */
  again(facts: TaskFacts): TaskFacts {
    this.#seq += 1
    return {
      ...facts,
      id: this.#environment.ids.next('task'),
      seq: this.#seq,
      parentId: null,
      startAt: null,
      deadlineAt: null,
      dedupeKey: null,
      after: [],
      childKey: null,
      createdAt: this.#environment.clock.now(),
    }
  }

  /**
   * Reads a request. Nothing is half-accepted: it is whole, or an error lists what is wrong with it.
   * @throws RefusedError `OPTIONS_INVALID`, `INPUT_INVALID`, `DEMAND_INVALID`, `POOL_UNKNOWN`, `DEMAND_UNFIT`
   */
  async read(
    definition: TaskDefinition,
    input: unknown,
    given: SubmitOptions | undefined,
    by: Submitter,
  ): Promise<{ facts: TaskFacts; priority: number; whenFull: 'refuse' | 'wait' }> {
    const options = readOptions(given)
    const reading = readInput(definition, input)
    const read = reading instanceof Promise ? await reading : reading
    if (!read.ok)
      throw refuse('INPUT_INVALID', `the input of ${definition.type} does not fit its schema`, read.problems)
    const { data } = read
    const vector = readDemand(definition, data, options.demand, this.#ledger)
    const estimateMs = options.estimate ?? readEstimate(definition, data)
    const now = this.#environment.clock.now()
    this.#seq += 1
    return {
      priority: options.priority ?? definition.priority,
      whenFull: options.whenFull,
      facts: {
        id: this.#environment.ids.next('task'),
        seq: this.#seq,
        definition,
        input: data,
        principal: options.principal ?? by.principal,
        parentId: by.parentId,
        labels: options.labels ?? {},
        vector,
        estimateMs,
        startAt: options.startAt ?? (options.delay === undefined ? null : now + options.delay),
        deadlineAt: options.deadlineAt ?? null,
        dedupeKey: options.dedupeKey ?? null,
        after: options.after ?? [],
        childKey: by.childKey,
        createdAt: now,
      },
    }
  }
}
