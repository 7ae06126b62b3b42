import type { AnyEventObject, InspectionEvent } from 'xstate'
import type { Runtime } from '../../runtime/runtime.ts'
import { actorId, supervisorId } from '../actor-names.ts'
import type { InspectionHub } from '../inspection-hub.ts'
import type { MailboxLine, MessageFrame, MessageLine } from '../view/chart/chart-protocol.ts'
import { senderOf } from './sender.ts'

/** Messages of one frame that are kept; of more the newest. */
const kept = 2_000

interface Mailbox {
  waiting: number
  received: number
  deepest: number
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function textOf(value: unknown, name: string): string | null {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : null
}

/** In few words: never what a user's message carries, which may be secret. */
function detailOf(event: AnyEventObject): string {
  const words: string[] = []
  const epoch = fieldOf(event, 'epoch')
  if (typeof epoch === 'number') words.push(`epoch ${epoch}`)
  const priority = event.type === 'task.reprioritise' ? fieldOf(event, 'priority') : null
  if (typeof priority === 'number') words.push(`priority ${priority}`)
  const code = textOf(fieldOf(event, 'failure'), 'code') ?? textOf(fieldOf(event, 'error'), 'code')
  if (code !== null) words.push(code)
  const status = event.type.startsWith('xstate.done.actor.') ? textOf(fieldOf(event, 'output'), 'status') : null
  if (status !== null) words.push(status)
  return words.join(', ')
}

/** What the actors of a runtime tell each other, between two frames: for one client that listens. */
export class MessageRing {
  readonly #runtime: Runtime
  /** Only what is about this task; `null`: everything. */
  readonly #only: string | null
  readonly #leases = new Map<string, string>()
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #end: () => void
  #messages: MessageLine[] = []
  #dropped = 0
  #n = 0

  constructor(runtime: Runtime, hub: InspectionHub, only: string | null) {
    this.#runtime = runtime
    this.#only = only
    for (const event of runtime.journal())
      if (event.type === 'task.allocating') this.#leases.set(event.leaseId, event.taskId)
    this.#end = hub.watch((event) => this.#note(event))
  }

  end(): void {
    this.#end()
  }

  /** What was said since the last call; `null`: nothing. */
  frame(): MessageFrame | null {
    if (this.#mailboxes.size === 0) return null
    const mailboxes: Record<string, MailboxLine> = {}
    for (const [id, { received, deepest }] of this.#mailboxes) mailboxes[id] = { received, deepest }
    const frame = { now: this.#runtime.now(), messages: this.#messages, dropped: this.#dropped, mailboxes }
    this.#messages = []
    this.#dropped = 0
    // Between two turns of the event loop every mailbox is empty: what still counts was sent to an actor that has ended.
    this.#mailboxes.clear()
    return frame
  }

  #note(event: InspectionEvent): void {
    const to = actorId(event.actorRef)
    if (to === null) return
    if (event.type === '@xstate.snapshot') {
      const mailbox = this.#mailboxes.get(to)
      if (mailbox && mailbox.waiting > 0) mailbox.waiting -= 1
    } else if (event.type === '@xstate.event') this.#noteMessage(to, event.event, actorId(event.sourceRef))
  }

  #noteMessage(to: string, event: AnyEventObject, source: string | null): void {
    const taskId = this.#taskOf(to, event, source)
    if (this.#only !== null && taskId !== this.#only) return
    const mailbox = this.#mailboxes.get(to) ?? { waiting: 0, received: 0, deepest: 0 }
    this.#mailboxes.set(to, mailbox)
    mailbox.received += 1
    mailbox.waiting += 1
    mailbox.deepest = Math.max(mailbox.deepest, mailbox.waiting)
    this.#n += 1
    const { type } = event
    this.#messages.push({
      n: this.#n,
      at: this.#runtime.now(),
      from: senderOf(type, to, source, taskId),
      to,
      type,
      taskId,
      detail: detailOf(event),
      depth: mailbox.waiting,
    })
    if (this.#messages.length <= kept) return
    this.#messages.shift()
    this.#dropped += 1
  }

  #taskOf(to: string, event: AnyEventObject, source: string | null): string | null {
    const [task = to] = to.split('/')
    if (to !== supervisorId) {
      const leaseId = event.type === 'lease.granted' ? textOf(event, 'leaseId') : null
      if (leaseId !== null) this.#leases.set(leaseId, task)
      return task
    }
    const named = textOf(event, 'taskId') ?? textOf(fieldOf(fieldOf(event, 'submission'), 'facts'), 'id')
    if (named !== null) return named
    const leaseId = textOf(event, 'leaseId')
    if (leaseId !== null) return this.#leases.get(leaseId) ?? null
    return textOf(event, 'actorId') ?? source
  }
}
