import type { StateValue } from 'xstate'
import type { CompiledMachine } from '../../machines/compiled-machine.ts'

interface Standing<Context> {
  readonly value: StateValue
  readonly context: Context
}

/**
 * Which transitions a machine that we run from tables takes. Worked out once more by the same tables, from what the
 * actor is told and where it stood: the machines are pure, and the actors pay nothing for it.
 */
export class FollowedMachine<
  Context extends object,
  Event extends { type: string },
  Snapshot extends { readonly context: Context },
> {
  readonly #machine: CompiledMachine<Context, Event, Snapshot>
  #before: Standing<Context> | null

  /** @param snapshot where the actor stands now */
  constructor(machine: CompiledMachine<Context, Event, Snapshot>, snapshot: unknown) {
    this.#machine = machine
    this.#before = this.#isStanding(snapshot) ? snapshot : null
  }

  /** @returns names of the transitions that led to `snapshot`: `source : event : position on the event` */
  step(event: { readonly type: string }, snapshot: unknown): readonly string[] {
    const before = this.#before
    this.#before = this.#isStanding(snapshot) ? snapshot : null
    if (!before || !this.#isEvent(event)) return []
    const step = this.#machine.step(this.#machine.configurationOf(before.value), before.context, event)
    return step?.transitions.map(({ id }) => id) ?? []
  }

  /** What the machine's own actor stands at is of the machine's form. */
  #isStanding(snapshot: unknown): snapshot is Standing<Context> {
    return typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot && 'context' in snapshot
  }

  /** And what it is told is a message of the machine's; XState's own first event is not. */
  #isEvent(event: { readonly type: string }): event is Event {
    return event.type !== 'xstate.init'
  }
}
