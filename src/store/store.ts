import type { RuntimeEvent } from '../model/events.ts'

/**
 * Where the journal goes. Events come in the order of their `seq`.
 * What `append` was given is durable once a `flush` called after it has returned, or its promise has resolved.
 */
export interface Store {
  append(event: RuntimeEvent): void
  /** Nothing to wait for: returns nothing. */
  flush(): void | Promise<void>
  /** The events that are kept, oldest first. */
  events(): Iterable<RuntimeEvent>
  close(): void | Promise<void>
}
