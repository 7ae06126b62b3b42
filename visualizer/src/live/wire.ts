import type { EventSourceMessage } from 'eventsource-parser/stream'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { HelloFrame, TickFrame } from '../../../src/inspector/protocol.ts'
import type { RuntimeEvent } from '../../../src/model/events.ts'
import { request } from './request.ts'

/** What a stream tells, in the order of its arrival. */
export interface WireListener {
  hello(frame: HelloFrame): void
  events(events: readonly RuntimeEvent[]): void
  tick(frame: TickFrame): void
  /** The server cannot be heard. It is called again and again until it can. */
  lost(): void
  /** The server shows itself only to those it knows. @returns when there is a token to try */
  refused(): Promise<void>
}

const silenceMs = 6_000
const firstPauseMs = 400
const longestPauseMs = 4_000

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/**
 * The stream of server-sent events, opened again after each drop at the place it had come to; the server says hello
 * again if it cannot go on from there. By `fetch`, as `EventSource` can send no token, and cannot tell silence.
 */
export class Wire {
  readonly #listener: WireListener
  #place = ''
  #pauseMs = firstPauseMs

  constructor(listener: WireListener) {
    this.#listener = listener
  }

  /** Listens for as long as the page lives. */
  async run(): Promise<never> {
    for (;;) {
      const over = new AbortController()
      try {
        const after = this.#place ? `?after=${encodeURIComponent(this.#place)}` : ''
        const response = await request(`/stream${after}`, { signal: over.signal })
        if (response.status === 401 || response.status === 403) {
          await this.#listener.refused()
          continue
        }
        if (response.ok && response.body) await this.#read(response.body, over)
      } catch {
        // Whatever it was: the server is not heard any more, and is called again.
      }
      over.abort()
      this.#listener.lost()
      await pause(this.#pauseMs)
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
    }
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, over: AbortController): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
    for (;;) {
      const silence = setTimeout(() => over.abort(), silenceMs)
      const { done, value } = await reader.read()
      clearTimeout(silence)
      if (done) return
      this.#pauseMs = firstPauseMs
      this.#take(value)
    }
  }

  #take({ event, id, data }: EventSourceMessage): void {
    if (id) this.#place = id
    if (event === 'hello') this.#listener.hello(JSON.parse(data))
    else if (event === 'events') this.#listener.events(JSON.parse(data))
    else if (event === 'tick') this.#listener.tick(JSON.parse(data))
  }
}
