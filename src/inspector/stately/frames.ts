import type { AnyActorRef, InspectionEvent } from 'xstate'
import { TaskActorLogic } from '../../actors/task-actor.ts'
import { supervisorMachine } from '../../machines/supervisor-machine.ts'
import { taskMachine } from '../../machines/task-machine.ts'
import { redact } from '../../security/redaction.ts'

/** What the frames say that they are of. */
const version = '0.7.2'

interface Envelope {
  readonly id: string
  readonly sessionId: string
  readonly rootId: string
  /** ms since the epoch. */
  readonly createdAt: string
  readonly _version: string
}

interface ShownSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
}

/** Source: the types of @statelyai/inspect 0.7, to which a test holds them. */
export type StatelyFrame = Envelope &
  (
    | {
        readonly type: '@xstate.actor'
        readonly name: string
        readonly definition: string
        readonly parentId: string | undefined
        readonly snapshot: ShownSnapshot
      }
    | {
        readonly type: '@xstate.event'
        readonly event: { readonly type: string }
        readonly sourceId: string | undefined
      }
    | {
        readonly type: '@xstate.snapshot'
        readonly event: { readonly type: string }
        readonly snapshot: ShownSnapshot
      }
  )

const definitions = new WeakMap<object, string>()

/** Functions have no text: only their names go. */
function textOf(config: object): string {
  let text = definitions.get(config)
  if (text === undefined) {
    text = JSON.stringify(config, (_, value: unknown) => (typeof value === 'function' ? { type: value.name } : value))
    definitions.set(config, text)
  }
  return text
}

function configOf(ref: AnyActorRef): object | null {
  const logic: unknown = 'logic' in ref ? ref.logic : null
  // Ours run from tables; what they run is the machine.
  if (logic instanceof TaskActorLogic) return taskMachine.config
  if (ref._parent === undefined) return supervisorMachine.config
  if (typeof logic !== 'object' || logic === null || !('config' in logic)) return null
  return typeof logic.config === 'object' ? logic.config : null
}

function definitionOf(ref: AnyActorRef): string {
  try {
    return textOf(configOf(ref) ?? { id: ref.id })
  } catch {
    // Something that has no text is in it.
    return JSON.stringify({ id: ref.id })
  }
}

const statuses: ReadonlySet<unknown> = new Set(['active', 'done', 'error', 'stopped'])
const isStatus = (status: unknown): status is ShownSnapshot['status'] => statuses.has(status)

/** Without what only this process can use: machines, actors, nodes. */
function shown(snapshot: unknown): ShownSnapshot {
  if (typeof snapshot !== 'object' || snapshot === null) return { status: 'active' }
  const fields: Record<string, unknown> = {}
  for (const name of ['value', 'context', 'output'] as const) {
    const value: unknown = Reflect.get(snapshot, name)
    if (value !== undefined) fields[name] = redact(value)
  }
  const status: unknown = Reflect.get(snapshot, 'status')
  return { ...fields, status: isStatus(status) ? status : 'active' }
}

function snapshotOf(ref: AnyActorRef): unknown {
  try {
    return ref.getSnapshot()
  } catch {
    // It is being made, and XState tells of it before it can be asked.
    return null
  }
}

function shownEvent(event: { readonly type: string }): { type: string } {
  const plain = redact(event)
  return typeof plain === 'object' && plain !== null ? { ...plain, type: event.type } : { type: event.type }
}

/** Makes the frames of one runtime. */
export class Frames {
  readonly #rootId: string
  readonly #now: () => number
  #count = 0

  constructor(rootId: string, now: () => number) {
    this.#rootId = rootId
    this.#now = now
  }

  actor(ref: AnyActorRef): StatelyFrame {
    return {
      ...this.#envelope(ref),
      type: '@xstate.actor',
      name: ref.id,
      definition: definitionOf(ref),
      parentId: ref._parent?.sessionId,
      snapshot: shown(snapshotOf(ref)),
    }
  }

  /** `null`: the format does not know of it. */
  of(inspected: InspectionEvent): StatelyFrame | null {
    const { actorRef } = inspected
    if (!('sessionId' in actorRef) || !('getSnapshot' in actorRef)) return null
    switch (inspected.type) {
      case '@xstate.actor':
        return isActor(actorRef) ? this.actor(actorRef) : null
      case '@xstate.event':
        return {
          ...this.#envelope(actorRef),
          type: '@xstate.event',
          event: shownEvent(inspected.event),
          sourceId: inspected.sourceRef?.sessionId,
        }
      case '@xstate.snapshot':
        return {
          ...this.#envelope(actorRef),
          type: '@xstate.snapshot',
          event: shownEvent(inspected.event),
          snapshot: shown(inspected.snapshot),
        }
      default:
        return null
    }
  }

  #envelope({ sessionId }: { readonly sessionId: string }): Envelope {
    this.#count += 1
    return {
      id: String(this.#count),
      sessionId,
      rootId: this.#rootId,
      createdAt: String(this.#now()),
      _version: version,
    }
  }
}

function isActor(ref: object): ref is AnyActorRef {
  return 'id' in ref && 'send' in ref && 'system' in ref
}
