import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import type { HelloFrame, TickFrame } from '../../inspector/protocol.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import type { InspectorClient } from './inspector-client.ts'
import { RemoteError } from './inspector-client.ts'
import { serverSent } from './server-sent.ts'

export type LiveFrame =
  | { readonly form: 'hello'; readonly hello: HelloFrame }
  | { readonly form: 'events'; readonly events: readonly RuntimeEvent[] }
  | { readonly form: 'tick'; readonly tick: TickFrame }
  /** It ended; it is tried again. */
  | { readonly form: 'lost'; readonly reason: string }

function has(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value)
}

const helloSchema = z.custom<HelloFrame>((value) => has(value, 'base', 'lastSeq', 'resources'))
const eventsSchema = z.array(z.custom<RuntimeEvent>((value) => has(value, 'seq', 'at', 'type')))
const tickSchema = z.custom<TickFrame>((value) => has(value, 'now', 'resources'))

const againAfterMs = 1_000

function frameOf(event: string, data: string): LiveFrame | null {
  const value: unknown = JSON.parse(data)
  switch (event) {
    case 'hello':
      return { form: 'hello', hello: helloSchema.parse(value) }
    case 'events':
      return { form: 'events', events: eventsSchema.parse(value) }
    case 'tick':
      return { form: 'tick', tick: tickSchema.parse(value) }
    default:
      return null
  }
}

/**
 * Everything that an inspector tells, until `signal`. One that goes away is asked again each second, and goes on where it
 * was. @throws RemoteError if it cannot be reached at all
 */
export async function* liveFrames(client: InspectorClient, signal: AbortSignal): AsyncGenerator<LiveFrame, undefined> {
  let last: number | null = null
  let wasThere = false
  while (!signal.aborted) {
    try {
      const stream: ReadableStream<Uint8Array> = await client.stream(last)
      wasThere = true
      for await (const { event, data, id } of serverSent(stream)) {
        const frame = frameOf(event, data)
        if (id !== null) last = Number(id)
        if (frame) yield frame
      }
    } catch (thrown) {
      if (signal.aborted) return
      if (!wasThere) throw thrown
      // One that was started anew counts from the beginning, and says hello again.
      if (thrown instanceof RemoteError && thrown.code === 'REFUSED') throw thrown
    }
    if (signal.aborted) return
    yield { form: 'lost', reason: `${client.place.href} went away; trying again` }
    await setTimeout(againAfterMs, undefined, { signal }).catch(() => undefined)
  }
}
