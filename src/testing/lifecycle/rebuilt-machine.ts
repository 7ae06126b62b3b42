import type { AnyStateMachine } from 'xstate'
import { StateMachine } from 'xstate'
import { z } from 'zod'

const configSchema = z.custom<ConstructorParameters<typeof StateMachine>[0]>()
const partsSchema = z.custom<ConstructorParameters<typeof StateMachine>[1]>()

/** A machine of a config and implementations that another one had, with something changed in them. */
export function rebuiltMachine(config: unknown, implementations: unknown): AnyStateMachine {
  return new StateMachine(configSchema.parse(config), partsSchema.parse(implementations))
}
