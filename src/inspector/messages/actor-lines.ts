import type { AnyActorRef } from 'xstate'
import type { Runtime } from '../../runtime/runtime.ts'
import { actorId, supervisorId } from '../actor-names.ts'
import type { ActorLine } from '../view/chart/chart-protocol.ts'

interface Standing {
  readonly status: string
  readonly state: string | null
  readonly children: readonly AnyActorRef[]
}

function standingOf(actor: AnyActorRef): Standing {
  const snapshot: unknown = actor.getSnapshot()
  if (typeof snapshot !== 'object' || snapshot === null) return { status: 'unknown', state: null, children: [] }
  const value: unknown = Reflect.get(snapshot, 'value')
  const children: unknown = Reflect.get(snapshot, 'children')
  return {
    status: String(Reflect.get(snapshot, 'status')),
    state: value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value),
    children: typeof children === 'object' && children !== null ? Object.values(children) : [],
  }
}

/** The actors that live: the supervisor, its tasks, their handlers that are actors, and what these invoke. */
export function actorLines(runtime: Runtime, limit: number): ActorLine[] {
  const lines: ActorLine[] = []
  const add = (actor: AnyActorRef, kind: ActorLine['kind'], parent: string | null) => {
    const { status, state, children } = standingOf(actor)
    const id = actorId(actor) ?? actor.id
    lines.push({ id, kind, parent, status, state })
    if (kind === 'handler' || kind === 'invoked') for (const child of children) add(child, 'invoked', id)
  }
  const { root, tasks } = runtime.actors()
  add(root, 'supervisor', null)
  for (const { id, actor, handlerActor } of tasks) {
    if (lines.length >= limit) break
    add(actor, 'task', supervisorId)
    if (handlerActor) add(handlerActor, 'handler', id)
  }
  return lines
}
