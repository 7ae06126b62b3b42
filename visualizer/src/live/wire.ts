import type { apiBase, HelloFrame, StreamFrames, TickFrame } from '../../../src/inspector/protocol.ts'
import type { RuntimeEvent } from '../../../src/model/events.ts'

/** Checked against the server's own constant; importing that itself would bring its schemas along. */
export const api: typeof apiBase = '/api/v1'

/** What a stream tells, in the order of its arrival. */
export interface WireListener {
  hello(frame: HelloFrame): void
  events(events: readonly RuntimeEvent[]): void
  tick(frame: TickFrame): void
  /** The server cannot be heard. It is called again and again until it can. */
  lost(): void
}

const silenceMs = 6_000
const firstPauseMs = 400
const longestPauseMs = 4_000

/**
 * The stream of events, opened again after each drop at the place it had come to; the server says hello again if it
 * cannot go on from there. Own reconnection, since `EventSource` gives up after some errors and cannot tell silence.
 */
export class Wire {
  readonly #listener: WireListener
  #source: EventSource | null = null
  #place = ''
  #pauseMs = firstPauseMs
  #watch = 0
  #retry = 0

  constructor(listener: WireListener) {
    this.#listener = listener
  }

  open(): void {
    const source = new EventSource(`${api}/stream${this.#place ? `?after=${encodeURIComponent(this.#place)}` : ''}`)
    this.#source = source
    const on = <Name extends keyof StreamFrames>(name: Name, take: (frame: StreamFrames[Name]) => void) => {
      source.addEventListener(name, (message) => {
        const frame: StreamFrames[Name] = JSON.parse(message.data)
        if (message.lastEventId) this.#place = message.lastEventId
        this.#pauseMs = firstPauseMs
        this.#listen()
        take(frame)
      })
    }
    on('hello', (frame) => this.#listener.hello(frame))
    on('events', (events) => this.#listener.events(events))
    on('tick', (frame) => this.#listener.tick(frame))
    source.onerror = () => this.#drop()
    this.#listen()
  }

  close(): void {
    clearTimeout(this.#watch)
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = null
  }

  #listen(): void {
    clearTimeout(this.#watch)
    this.#watch = window.setTimeout(() => this.#drop(), silenceMs)
  }

  #drop(): void {
    this.close()
    this.#listener.lost()
    this.#retry = window.setTimeout(() => this.open(), this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
  }
}
