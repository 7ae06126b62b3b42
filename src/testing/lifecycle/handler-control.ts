import type { AnyActorRef } from 'xstate'
import type { HandlerControl } from './life-driver.ts'
import { failEvent, goEvent } from './piloted-logic.ts'
import type { Rehearsed } from './plain-life.ts'
import type { World } from './world.ts'

/** Logic that is a handler and has not been told to begin. */
function heldActor({ handle, isDone }: World): AnyActorRef | null {
  const actor = isDone ? null : handle.handlerActor
  return actor?.getSnapshot().value === 'held' ? actor : null
}

/** How the handler of a walked task is held, and made to go on. */
export function handlerControl(world: World, { surroundings, autopilot }: Rehearsed): HandlerControl {
  const { pilot } = world
  if (surroundings.subject.handler.form === 'function')
    return {
      isFunction: true,
      goOn: () => pilot.release(),
      hold: () => undefined,
      fail: (reason) => pilot.fail(reason),
    }
  pilot.holdsActors = autopilot !== null
  const goOn = () => {
    const inner = autopilot?.pilot()
    world.autopilot = () => {
      const held = heldActor(world)
      held?.send({ type: goEvent })
      return held !== null || (inner?.(world) ?? false)
    }
  }
  return {
    isFunction: false,
    goOn,
    hold: () => {
      world.autopilot = null
    },
    fail: (reason) => {
      const held = heldActor(world)
      held?.send({ type: failEvent, reason })
      return held !== null
    },
  }
}
