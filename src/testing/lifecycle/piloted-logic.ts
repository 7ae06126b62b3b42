import type { AnyActorLogic } from 'xstate'
import type { Pilot } from './pilot.ts'

/** A machine, or other actor logic, with a pilot on board. */
export function pilotedLogic(logic: AnyActorLogic, _pilot: Pilot, _path: string): AnyActorLogic {
  return logic
}
