import type { RuntimeEvent } from '../model/events.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { EventHistory } from './event-history.ts'
import type { HelloFrame, Subject, TickFrame } from './protocol.ts'
import type { ViewData } from './view/runtime-view.ts'

/** What a stream is read from. */
export interface StreamSource {
  readonly history: EventHistory
  /** Whoever reads it may do so no longer. */
  readonly isOver: boolean
  subject(): Subject
  resources(): readonly ResourceUsage[]
  /** Those that may be seen. */
  seen(events: readonly RuntimeEvent[]): readonly RuntimeEvent[]
  /** `seq` of the last event that may be seen. */
  lastSeen(): number
  /** The view before the first event that is kept, as it may be seen. */
  base(): ViewData
}

/** How often events are sent, and how many in a frame at most. */
const everyMs = 100
const tickMs = 1_000
const frameSize = 5_000

/** `id` of an event frame: where a client that comes back goes on. */
function placeIn({ id }: EventHistory, seq: number): string {
  return `${id}.${seq}`
}

/** The `seq` after which a client goes on that was at `place`; `null`: from the beginning, its place is no place here. */
export function seqOfPlace(history: EventHistory, place: string | undefined): number | null {
  const [id, text] = place?.split('.') ?? []
  const seq = Number(text)
  return id === history.id && Number.isSafeInteger(seq) && seq >= 0 && seq <= history.lastSeq ? seq : null
}

/**
 * One client's stream of server-sent events. Nothing is kept for a client but its place in the history: one that is slow
 * gets larger frames, one that is too slow begins anew. Nothing is made before the client has taken what came before.
 */
export function streamEvents(
  source: StreamSource,
  after: number | null,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const { history } = source
  let sent = after
  let ticked = performance.now() - tickMs / 2
  let timer: NodeJS.Timeout | null = null
  let isEnded = false
  const end = () => {
    isEnded = true
    if (timer) clearTimeout(timer)
  }
  const frame = (event: string, data: unknown, id?: string) =>
    encoder.encode(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

  const next = (): Uint8Array | null => {
    const events = sent === null ? null : history.after(sent, frameSize)
    if (events === null) {
      sent = history.base.seq
      return frame('hello', hello(source))
    }
    const now = performance.now()
    if (now - ticked >= tickMs) {
      ticked = now
      const tick: TickFrame = { now: source.subject().now, resources: source.resources() }
      return frame('tick', tick)
    }
    const last = events.at(-1)
    if (!last) return null
    sent = last.seq
    const seen = source.seen(events)
    if (seen.length > 0) return frame('events', seen, placeIn(history, last.seq))
    // Nothing for this reader; what comes next may be.
    return sent < history.lastSeq ? next() : null
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener('abort', () => {
          if (isEnded) return
          end()
          controller.close()
        })
      },
      pull(controller) {
        return new Promise<void>((resolve) => {
          const send = () => {
            if (isEnded) return resolve()
            if (source.isOver) {
              end()
              controller.close()
              return resolve()
            }
            const bytes = next()
            if (!bytes) {
              timer = setTimeout(send, everyMs)
              return
            }
            controller.enqueue(bytes)
            resolve()
          }
          // Not at once: what happens within a tenth of a second goes together.
          if (sent !== null && sent >= history.lastSeq) timer = setTimeout(send, everyMs)
          else send()
        })
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

function hello(source: StreamSource): HelloFrame {
  const { history } = source
  return {
    subject: source.subject(),
    resources: source.resources(),
    base: source.base(),
    dropped: history.dropped,
    lastSeq: source.lastSeen(),
  }
}
