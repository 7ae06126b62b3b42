import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { AnyActorRef, InspectionEvent, Subscription } from 'xstate'
import type { Runtime } from '../../runtime/runtime.ts'
import type { StatelyFrame } from './frames.ts'
import { Frames } from './frames.ts'

/** Where the inspector serves it. */
export const statelyPath = '/stately'

/** Frames that wait for a client that is slow; one more, and it begins anew with the actors that live then. */
const pendingMax = 5_000
/** Bytes that may be on their way to a client. */
const bufferedMax = 1024 * 1024
const againAfterMs = 50

function* actorsOf(runtime: Runtime): Generator<AnyActorRef, undefined> {
  yield runtime.actor
  for (const { id, outcome } of runtime.list()) {
    const handle = outcome === null ? runtime.get(id) : undefined
    if (!handle) continue
    yield handle.actor
    if (handle.handlerActor) yield handle.handlerActor
  }
}

/** `null`: it holds what JSON cannot. */
function textOf(frame: StatelyFrame): string | null {
  try {
    return JSON.stringify(frame)
  } catch {
    return null
  }
}

/** One client: first every actor that lives, then what happens. Costs what it has room for, and no more. */
class StatelyClient {
  readonly #socket: WebSocket
  readonly #live: () => Generator<StatelyFrame, undefined>
  #first: Generator<StatelyFrame, undefined>
  #pending: StatelyFrame[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(socket: WebSocket, live: () => Generator<StatelyFrame, undefined>) {
    this.#socket = socket
    this.#live = live
    this.#first = live()
    this.#send()
  }

  take(frame: StatelyFrame): void {
    if (this.#pending.length >= pendingMax) {
      this.#pending = []
      this.#first = this.#live()
    } else this.#pending.push(frame)
    if (this.#timer === null) this.#send()
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#pending = []
  }

  #send(): void {
    this.#timer = null
    let sent = 0
    while (this.#socket.readyState === this.#socket.OPEN && this.#socket.bufferedAmount < bufferedMax) {
      const first = this.#first.next()
      const frame = first.done ? this.#pending[sent++] : first.value
      if (!frame) break
      const text = textOf(frame)
      if (text !== null) this.#socket.send(text)
    }
    this.#pending.splice(0, sent)
    if (this.#pending.length > 0 || this.#socket.bufferedAmount >= bufferedMax)
      this.#timer = setTimeout(() => this.#send(), againAfterMs)
  }
}

/** What somebody else's value throws must not reach the actor that is looked at. */
function frameOf(frames: Frames, inspected: InspectionEvent): StatelyFrame | null {
  try {
    return frames.of(inspected)
  } catch {
    return null
  }
}

/** Speaks the format of the official Stately Inspector, over a WebSocket. Costs nothing while nobody listens. */
export class StatelyFeed {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1_024 })
  readonly #runtime: Runtime
  readonly #clients = new Set<StatelyClient>()
  #frames: Frames | null = null
  #subscription: Subscription | null = null

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** @param request has been let in */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#join(opened))
  }

  close(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = null
    for (const client of this.#clients) client.end()
    this.#clients.clear()
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
  }

  #join(socket: WebSocket): void {
    const { actor } = this.#runtime
    const frames = this.#frames ?? new Frames(actor.sessionId, () => this.#runtime.now())
    this.#frames = frames
    const client = new StatelyClient(socket, () => this.#live(frames))
    this.#clients.add(client)
    this.#subscription ??= actor.system.inspect((inspected) => {
      const frame = frameOf(frames, inspected)
      if (frame) for (const one of this.#clients) one.take(frame)
    })
    const leave = () => {
      client.end()
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      this.#subscription?.unsubscribe()
      this.#subscription = null
    }
    socket.on('close', leave)
    // What closes it tells.
    socket.on('error', () => socket.terminate())
  }

  *#live(frames: Frames): Generator<StatelyFrame, undefined> {
    for (const ref of actorsOf(this.#runtime)) yield frames.actor(ref)
  }
}
