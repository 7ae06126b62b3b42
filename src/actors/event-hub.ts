import { describeThrown } from '../model/errors.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { HostLog } from './host-log.ts'

type Segments<Type extends string> = Type extends `${infer Head}.${infer Tail}`
  ? `${Head}.*` | `${Head}.${Segments<Tail>}`
  : never

/** `task.completed`, a family such as `task.*` or `task.step.*`, or `*` for everything. */
export type EventPattern = RuntimeEvent['type'] | Segments<RuntimeEvent['type']> | '*'

/** The events that a pattern stands for. */
export type EventsOf<Pattern extends EventPattern> = Pattern extends '*'
  ? RuntimeEvent
  : Pattern extends `${infer Prefix}.*`
    ? Extract<RuntimeEvent, { type: `${Prefix}.${string}` }>
    : Extract<RuntimeEvent, { type: Pattern }>

type Listener = (event: RuntimeEvent) => unknown

function matches(pattern: string, type: string): boolean {
  return pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)))
}

function isOf<Pattern extends EventPattern>(pattern: Pattern, event: RuntimeEvent): event is EventsOf<Pattern> {
  return matches(pattern, event.type)
}

/** Tells listeners of events. What a listener throws or rejects with is logged and reaches nobody else. */
export class EventHub {
  readonly #log: HostLog
  readonly #listeners = new Set<Listener>()

  constructor(log: HostLog) {
    this.#log = log
  }

  on<Pattern extends EventPattern>(pattern: Pattern, listener: (event: EventsOf<Pattern>) => unknown): () => void {
    const filtered: Listener = (event) => (isOf(pattern, event) ? listener(event) : undefined)
    this.#listeners.add(filtered)
    return () => {
      this.#listeners.delete(filtered)
    }
  }

  emit(event: RuntimeEvent): void {
    if (this.#listeners.size === 0) return
    // As `guarded`, and without a function for each event and listener: this is done for every event.
    for (const listener of this.#listeners) {
      try {
        const answer = listener(event)
        if (answer instanceof Promise) answer.catch((thrown: unknown) => this.#note(thrown, event))
      } catch (thrown) {
        this.#note(thrown, event)
      }
    }
  }

  #note(thrown: unknown, { type }: RuntimeEvent): void {
    this.#log.error({ problem: describeThrown(thrown), what: type }, 'a listener or hook failed')
  }
}

/** Runs somebody else's code: a throw or a rejection ends in the log. @param scrub what it throws may tell of secrets */
export function guarded(
  call: () => unknown,
  log: HostLog,
  what: string,
  scrub: (text: string) => string = (text) => text,
): void {
  const note = (thrown: unknown) =>
    log.error({ problem: scrub(describeThrown(thrown)), what }, 'a listener or hook failed')
  try {
    const answer = call()
    if (answer instanceof Promise) answer.catch(note)
  } catch (thrown) {
    note(thrown)
  }
}
