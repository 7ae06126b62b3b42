import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import { parseOnce } from '../../model/parse-once.ts'
import { decodeValue, encodeValue } from '../../store/value-codec.ts'
import { machineHashOf } from '../accepted-record.ts'
import type { TaskHistory } from './task-history.ts'

/** The definitions that a runtime knows. */
export interface Definitions {
  /** The definition of that type and version, if it is known. */
  find(type: string, version: number): TaskDefinition | undefined
  /** The highest version of a type. */
  latest(type: string): TaskDefinition | undefined
}

/** What a recovered task goes on with, or why it cannot. */
export type DefinitionMatch =
  | { readonly ok: true; readonly definition: TaskDefinition; readonly migratedFrom: number | null }
  | { readonly ok: false; readonly reason: string }

/** Why the definition that is there cannot go on with the task as it is; `null`: it can. */
function mismatch(history: TaskHistory, found: TaskDefinition | undefined, known: TaskDefinition): string | null {
  const { type, version, machineHash } = history
  if (!found) return `it is of version ${version} of ${type}, which is not known any more; there is ${known.version}`
  if (machineHashOf(found) === machineHash) return null
  return `the machine of ${type} version ${version} was changed since it was accepted`
}

/** Finds the definition of a task; where it has changed, asks the definition to migrate the task. */
export function matchDefinition(
  history: TaskHistory,
  definitions: Definitions,
): DefinitionMatch | Promise<DefinitionMatch> {
  const { type, version } = history
  const found = definitions.find(type, version)
  const known = found ?? definitions.latest(type)
  if (!known)
    return { ok: false, reason: `no definition of ${type} is known; give it to createRuntime as one of tasks` }
  const reason = mismatch(history, found, known)
  if (reason === null) return { ok: true, definition: known, migratedFrom: null }
  if (!known.migrate) return { ok: false, reason: `${reason}; give back the old one, or a migrate() to the new` }
  return migrate(history, known).then(
    (fromVersion): DefinitionMatch => ({ ok: true, definition: known, migratedFrom: fromVersion }),
    (thrown: unknown): DefinitionMatch => ({
      ok: false,
      reason: `${reason}, and migrate() did not make an input of it: ${describeThrown(thrown)}`,
    }),
  )
}

/** @returns the version that it came from */
async function migrate(history: TaskHistory, definition: TaskDefinition): Promise<number> {
  const fromVersion = history.version
  const steps = [...history.steps].flatMap(([name, { state, result }]) =>
    state === 'finished' ? [[name, decodeValue(result)] as const] : [],
  )
  const migrated = await definition.migrate?.(history.version, {
    stage: history.stage,
    input: decodeValue(history.input),
    steps: Object.fromEntries(steps),
  })
  const checked = await parseOnce(definition.input, migrated, 'input')
  if (!checked.ok) throw new Error(checked.problems.join('; '))
  history.input = encodeValue(checked.data)
  history.version = definition.version
  history.machineHash = machineHashOf(definition)
  return fromVersion
}
