import { z } from 'zod'
import type { SecretProvider } from '../isolation/capability-desk.ts'
import type { DispensableMeasure } from '../isolation/process-support.ts'
import { dispensableMeasures } from '../isolation/process-support.ts'
import type { SandboxOptions } from '../isolation/sandboxes.ts'
import type { TaskDefinition } from '../model/definition.ts'
import { RefusedError } from '../model/errors.ts'
import type { IsolationLevel } from '../model/isolation.ts'
import { isolationLevels, raisedLevel } from '../model/isolation.ts'
import { isFlow } from './flows/flow-mark.ts'

/** Where handlers may run, and with what. */
export interface IsolationOptions {
  /**
   * The lowest level at which a handler may run. Handler files below it are raised to it; what cannot be raised is
   * refused. Flows, whose code is the runtime's own, are not held to it. Default `inline`.
   */
  floor?: IsolationLevel
  /** Where isolated handlers get the secrets of their `can.secrets`. */
  secrets?: SecretProvider
  /** How the level `process` is had on this machine. */
  process?: {
    /** Where bubblewrap is. Default: `bwrap` on the PATH. */
    bubblewrap?: string
    /** What it may start without; see the guide before you say so. Default: nothing. */
    without?: readonly DispensableMeasure[]
  }
}

export const isolationOptionsSchema = z
  .strictObject({
    floor: z.enum(isolationLevels).default('inline'),
    secrets: z.custom<SecretProvider>((value) => typeof value === 'function', 'secrets is a function').optional(),
    process: z
      .strictObject({
        bubblewrap: z.string().startsWith('/', 'give an absolute path').optional(),
        without: z.array(z.enum(dispensableMeasures)).optional(),
      })
      .prefault({}),
  })
  .transform(({ secrets, ...rest }): SandboxOptions => ({ ...rest, secrets: secrets ?? null }))

/** @throws RefusedError `ISOLATION_TOO_LOW` for a definition whose handler cannot run at the floor */
export function assertIsolation(definition: TaskDefinition, floor: IsolationLevel): void {
  if (floor === 'inline' || isFlow(definition)) return
  const { handler, type } = definition
  if (handler.form === 'isolated' && raisedLevel(handler, floor) !== null) return
  const now =
    handler.form === 'isolated' ? `a ${handler.source.form} does not run that high` : 'its handler runs inline'
  throw new RefusedError(
    'ISOLATION_TOO_LOW',
    `task type ${type}: nothing may run below the level '${floor}' here, and ${now}; give run: ${floor === 'wasm' ? '' : 'handlerFile(…) or '}scriptHandler(…)`,
  )
}
