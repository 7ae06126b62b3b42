import type { EventObject } from 'xstate'
import { plantedMessage } from './faults.ts'
import { activityOf } from './life-walks.ts'
import type { World } from './world.ts'

/** What makes a machine go on: an event, time, or the end of a promise that it has invoked. */
export type MachineMove =
  | { readonly kind: 'send'; readonly event: EventObject }
  | { readonly kind: 'time' }
  | { readonly kind: 'settle'; readonly actor: string; readonly how: 'resolves' | 'fails' }

export function moveWords(move: MachineMove): string {
  switch (move.kind) {
    case 'send':
      return `on ${move.event.type}`
    case 'time':
      return 'as time passes'
    case 'settle':
      return `as ${move.actor} ${move.how}`
  }
}

/** Brings a move about, and does not wait for what comes of it. Time needs nothing but to pass. */
export function trigger({ handler, pilot }: World, move: MachineMove): void {
  if (move.kind === 'send') handler.send(move.event)
  if (move.kind !== 'settle') return
  const isIt = ({ kind, name }: { kind: string; name: string }) => kind === 'actor' && name === move.actor
  if (move.how === 'resolves') pilot.release(isIt)
  else pilot.fail(new Error(plantedMessage), isIt)
}

/** Whether the machine of the first attempt can still be told something. */
export function isUnderWay({ root, handler, isDone }: World): boolean {
  const activity = activityOf(root.model.value)
  return !isDone && handler.starts === 1 && handler.place?.status === 'active' && activity !== 'stopping'
}

/** Brings a move about, and lets pass what it takes until the machine has answered. @returns whether it has */
export async function perform(world: World, move: MachineMove): Promise<boolean> {
  const before = world.handler.messages
  trigger(world, move)
  await world.settle()
  const hasAnswered = () => world.handler.messages > before
  if (move.kind !== 'send') {
    if (move.kind === 'time' && !hasAnswered() && world.environment.clock.nextAt() === null) return false
    await world.until(() => hasAnswered() || !isUnderWay(world), `an answer ${moveWords(move)}`)
  }
  return hasAnswered()
}

/** The promises that the machine waits for and that are held. */
export function heldActors({ pilot }: World): string[] {
  return pilot.standing.flatMap(({ kind, name, path }) => (kind === 'actor' && path === '' ? [name] : []))
}
