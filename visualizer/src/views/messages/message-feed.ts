import type { MailboxLine, MessageFrame, MessageLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { FrameSource } from '../../live/frames.ts'
import { openFrames } from '../../live/frames.ts'
import { repaint } from '../../live/painter.ts'

const kept = 20_000
const droppedAtOnce = 5_000

/** What the mailbox of an actor went through since we listen. */
export interface MailboxSums extends MailboxLine {
  /** When it was last told something, runtime's time. */
  readonly lastAt: number
}

/** The messages between the actors of a runtime, while somebody looks at them: the last of them. */
export class MessageFeed {
  readonly mailboxes = new Map<string, MailboxSums>()
  /** When we began to listen, runtime's time; `null`: nothing was heard yet. */
  since: number | null = null
  /** Messages that the server did not keep, and those that the page has let go. */
  dropped = 0
  #messages: MessageLine[] = []
  readonly #source: FrameSource

  constructor() {
    this.#source = openFrames<MessageFrame>('/messages', (frame) => this.#take(frame))
  }

  /** Oldest first. */
  get messages(): readonly MessageLine[] {
    return this.#messages
  }

  get problem(): string | null {
    return this.#source.problem
  }

  close(): void {
    this.#source.close()
  }

  #take({ now, messages, dropped, mailboxes }: MessageFrame): void {
    this.since ??= messages[0]?.at ?? now
    this.dropped += dropped
    this.#messages.push(...messages)
    if (this.#messages.length > kept + droppedAtOnce) {
      this.#messages = this.#messages.slice(-kept)
      this.dropped += droppedAtOnce
    }
    for (const [id, { received, deepest }] of Object.entries(mailboxes)) {
      const known = this.mailboxes.get(id)
      this.mailboxes.set(id, {
        received: (known?.received ?? 0) + received,
        deepest: Math.max(known?.deepest ?? 0, deepest),
        lastAt: now,
      })
    }
    repaint()
  }
}

/** Index of the first message that is later than `at`, by bisection. */
export function messagesUntil(messages: readonly MessageLine[], at: number): number {
  let [low, high] = [0, messages.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((messages[middle]?.at ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}
