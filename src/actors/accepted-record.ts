import { createHash } from 'node:crypto'
import type { AnyActorLogic } from 'xstate'
import type { TaskDefinition } from '../model/definition.ts'
import { describeThrown } from '../model/errors.ts'
import type { AcceptedTask } from '../model/journal-record.ts'
import { encodeValue } from '../store/value-codec.ts'
import type { TaskFacts } from './task-record.ts'

const hashes = new WeakMap<AnyActorLogic, string | null>()

/** Functions have no text: the structure and the names count. `null`: there is no structure, as of a promise's logic. */
function textOf(config: unknown): string | null {
  try {
    return JSON.stringify(config) ?? null
  } catch {
    // It holds something that has no text, and cannot be told from another.
    return null
  }
}

/** What tells whether the machine that is a definition's handler was changed; `null` for what is no machine. */
export function machineHashOf({ handler }: TaskDefinition): string | null {
  if (handler.form !== 'actor' || !('config' in handler.logic)) return null
  const { logic } = handler
  let hash = hashes.get(logic)
  if (hash === undefined) {
    const text = textOf(logic.config)
    hash = text === null ? null : createHash('sha256').update(text).digest('base64url').slice(0, 16)
    hashes.set(logic, hash)
  }
  return hash
}

/** Why a value cannot be written down; `null`: it can. */
export function unwritable(value: unknown): string | null {
  try {
    encodeValue(value)
    return null
  } catch (thrown) {
    return `it cannot be written down, as the store needs it: ${describeThrown(thrown)}; give plain data`
  }
}

/** All that recovery needs of what was accepted. */
export function acceptedRecord(facts: TaskFacts): AcceptedTask {
  const {
    principal,
    authority,
    rule,
    labels,
    estimateMs,
    startAt,
    deadlineAt,
    dedupeKey,
    after,
    childKey,
    traceContext,
    depth,
  } = facts
  const machineHash = machineHashOf(facts.definition)
  return {
    order: facts.seq,
    input: encodeValue(facts.input),
    principalKind: principal.kind,
    principalWeight: principal.weight,
    ...(principal.tenant !== undefined && { principalTenant: principal.tenant }),
    ...(principal.attributes !== undefined && { principalAttributes: principal.attributes }),
    ...(rule !== null && { rule }),
    ...(authority.within.length > 0 && { within: authority.within }),
    demand: facts.vector.demand,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(estimateMs !== null && { estimateMs }),
    ...(startAt !== null && { startAt }),
    ...(deadlineAt !== null && { deadlineAt }),
    ...(dedupeKey !== null && { dedupeKey }),
    ...(after.length > 0 && { after }),
    ...(childKey !== null && { childKey }),
    ...(depth > 0 && { depth }),
    ...(traceContext !== null && { traceContext }),
    ...(machineHash !== null && { machineHash }),
  }
}
