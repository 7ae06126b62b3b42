import { useEffect, useState } from 'preact/hooks'
import type { MessageLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { RuntimeEvent } from '../../../../src/model/events.ts'
import { firstLaterThan } from '../../live/recording.ts'
import type { Shown } from '../../live/session.ts'
import { shown } from '../../live/session.ts'
import { Empty } from '../../parts/empty.tsx'
import { formatCount, formatMoment } from '../../parts/format.ts'
import { seqAt } from '../../replay/player.ts'
import { address, go, hrefTo } from '../../shell/address.ts'
import { ActorTree } from './actor-tree.tsx'
import { columnsOf } from './columns.ts'
import { inferredMessages } from './inferred.ts'
import { MessageFeed, messagesUntil } from './message-feed.ts'
import { messageName, Sequence } from './sequence.tsx'

/** How many messages are worked out from events that came before we listened. */
const guessedAtMost = 2_000
const drawnAtMost = 10_000

/** Goes on listening when somebody looks elsewhere for a moment: what was heard is there when they come back. */
let feed: MessageFeed | null = null
let closing = 0
const lingerMs = 60_000

function useFeed(isLive: boolean): MessageFeed | null {
  useEffect(() => {
    if (!isLive) return
    clearTimeout(closing)
    feed ??= new MessageFeed()
    return () => {
      closing = window.setTimeout(() => {
        feed?.close()
        feed = null
      }, lingerMs)
    }
  }, [isLive])
  return isLive ? feed : null
}

interface Said {
  readonly messages: readonly MessageLine[]
  /** Where hearing begins, runtime's time; `null`: nothing was heard. */
  readonly since: number | null
}

interface Guess {
  /** Of which events, up to which. */
  readonly of: readonly RuntimeEvent[]
  readonly last: number
  readonly messages: readonly MessageLine[]
}

let guess: Guess | null = null

/** Worked out once for as long as it is the same: it is asked for with each paint. */
function guessedBefore(events: readonly RuntimeEvent[], end: number): readonly MessageLine[] {
  const last = events[end - 1]?.seq ?? 0
  if (guess?.of !== events || guess.last !== last)
    guess = { of: events, last, messages: inferredMessages(events.slice(Math.max(0, end - guessedAtMost), end)) }
  return guess.messages
}

/** What was heard, and before that what the events tell; of one task, or of all. */
function saidBy(now: Shown, listening: MessageFeed | null, picked: string | null): Said {
  const { recording } = now
  const since = listening?.since ?? null
  const events = picked === null ? recording.events : recording.eventsOf(picked)
  const end = firstLaterThan(events, Math.min(now.now, since === null ? now.now : since - 0.001))
  const guessed = guessedBefore(events, end)
  const all = listening?.messages ?? []
  const heard = all.slice(0, messagesUntil(all, now.isPast ? now.now : Number.POSITIVE_INFINITY))
  const own = picked === null ? heard : heard.filter(({ taskId }) => taskId === picked)
  return { messages: [...guessed, ...own].slice(-drawnAtMost), since }
}

/** What comes within this of a message is taken for what it led to, ms. */
const atOnceMs = 20

/** The event after which the page shows what a message led to. */
function seqAfter({ recording }: Shown, { at, taskId }: MessageLine): number {
  const events = taskId === null ? [] : recording.eventsOf(taskId)
  const next = events.find((event) => event.at >= at)
  return next && next.at <= at + atOnceMs ? next.seq : seqAt(recording, at)
}

function Chosen({ message, now }: { message: MessageLine; now: Shown }) {
  const at = seqAfter(now, message)
  const { taskId: task } = message
  return (
    <div class="tl-picked">
      <strong>{messageName(message)}</strong>
      <span class="mono hint">{formatMoment(message.at)}</span>
      <span class="hint">
        {message.from} to {message.to}
        {message.detail && `, ${message.detail}`}
        {message.n > 0 && `, ${message.depth === 1 ? 'read at once' : `${message.depth} in the mailbox`}`}
      </span>
      <span class="tl-links">
        <a href={hrefTo({ at })}>This moment</a>
        {task !== null && <a href={hrefTo({ view: 'timeline', task, filters: {} })}>Timeline</a>}
        {task !== null && <a href={hrefTo({ view: 'chart', task, at, filters: {} })}>Statechart then</a>}
      </span>
    </div>
  )
}

function Note({ now, listening, since }: { now: Shown; listening: MessageFeed | null; since: number | null }) {
  if (now.subject.source === 'file')
    return <p class="hint sq-note">A journal keeps no messages: these are worked out from its events.</p>
  if (listening?.problem) return <p class="sq-note is-bad">Cannot listen: {listening.problem}</p>
  const dropped = listening?.dropped ?? 0
  return (
    <p class="hint sq-note">
      {since === null
        ? 'Listening; nothing was said yet.'
        : `Heard since ${formatMoment(since)}; dashed ones are worked out from events before.`}
      {dropped > 0 && ` ${formatCount(dropped)} were not kept.`}
    </p>
  )
}

function Messages({ now }: { now: Shown }) {
  const { task: picked } = address.value
  const listening = useFeed(now.subject.source === 'live')
  const [follows, setFollows] = useState(true)
  const [chosen, setChosen] = useState<MessageLine | null>(null)
  const { messages, since } = saidBy(now, listening, picked)
  const columns = columnsOf(messages, picked, now.view)
  const pick = (message: MessageLine) => {
    setChosen(chosen?.n === message.n ? null : message)
    setFollows(false)
  }
  return (
    <div class="messages">
      <div class="view-head">
        <h1>Messages</h1>
        <button type="button" class="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
          Follow
        </button>
        {picked !== null && (
          <button type="button" class="button" onClick={() => go({ task: null })}>
            Of all actors
          </button>
        )}
        <Note now={now} listening={listening} since={since} />
      </div>
      {chosen && <Chosen message={chosen} now={now} />}
      <div class="messages-body">
        <aside class="messages-actors" aria-label="Actors">
          <ActorTree now={now} feed={listening} picked={picked} onPick={(task) => go({ task }, 'replace')} />
        </aside>
        {messages.length === 0 ? (
          <Empty icon="messages" title="Nothing was said yet">
            Each message from one actor to another is drawn as an arrow.
          </Empty>
        ) : (
          <Sequence
            messages={messages}
            columns={columns}
            picked={picked}
            view={now.view}
            follows={follows}
            onFollow={setFollows}
            onPick={pick}
            chosen={chosen}
          />
        )}
      </div>
    </div>
  )
}

/** What the actors tell each other. */
export function MessagesView() {
  const now = shown()
  return now && <Messages now={now} />
}
