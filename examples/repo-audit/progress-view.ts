import type { SingleBar } from 'cli-progress'
import { MultiBar } from 'cli-progress'
import { duration, printable } from './format.ts'
import type { AgentProgress, Progress } from './progress.ts'

/** Shows progress while it happens, on standard error. */
export interface ProgressView {
  /** Something changed for an agent. */
  changed(agent: string): void
  /** An agent has something to say. */
  say(agent: string, text: string): void
  /** Makes room for a question; the next change shows progress again. */
  suspend(): void
  close(): void
}

const nameWidth = 10

function left({ leftMs, total, ended }: AgentProgress): string {
  if (total === 0) return 'waits'
  if (ended >= total) return 'done'
  return leftMs === null ? 'time left unknown' : `${duration(leftMs)} left`
}

/** The end of a long name is what tells it from others. */
function shorten(text: string, width: number): string {
  const plain = printable(text)
  return plain.length <= width ? plain : `…${plain.slice(plain.length - width + 1)}`
}

/** A bar for each agent, redrawn ten times a second at most. */
export class BarView implements ProgressView {
  readonly #progress: Progress
  readonly #now: () => number
  readonly #stream: NodeJS.WriteStream
  #bars: { readonly all: MultiBar; readonly byAgent: Map<string, SingleBar> } | null = null
  #closed = false

  constructor(progress: Progress, now: () => number, stream: NodeJS.WriteStream) {
    this.#progress = progress
    this.#now = now
    this.#stream = stream
  }

  changed(agent: string): void {
    if (this.#closed) return
    this.#bars ??= this.#open()
    const view = this.#progress.view(this.#now()).find((candidate) => candidate.agent === agent)
    if (view) this.#update(view)
  }

  say(agent: string): void {
    this.changed(agent)
  }

  suspend(): void {
    if (!this.#bars) return
    for (const view of this.#progress.view(this.#now())) this.#update(view)
    this.#bars.all.stop()
    this.#bars = null
  }

  close(): void {
    this.suspend()
    this.#closed = true
  }

  #open() {
    const all = new MultiBar({
      stream: this.#stream,
      format: '{agent} {bar} {percentage} %  {done}  {rate}/s  {left}  {note}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      fps: 10,
      hideCursor: true,
      autopadding: true,
      linewrap: false,
      gracefulExit: false,
      emptyOnZero: true,
    })
    const byAgent = new Map(
      this.#progress
        .view(this.#now())
        .map((view) => [view.agent, all.create(view.total, view.ended, this.#payload(view))]),
    )
    return { all, byAgent }
  }

  #update(view: AgentProgress): void {
    const bar = this.#bars?.byAgent.get(view.agent)
    bar?.setTotal(view.total)
    bar?.update(view.ended, this.#payload(view))
  }

  #payload(view: AgentProgress) {
    const room = Math.max(0, this.#stream.columns - 88)
    return {
      agent: view.agent.padEnd(nameWidth),
      done: `${view.ended}/${view.total}`.padStart(9),
      rate: view.rate.toFixed(0).padStart(4),
      left: left(view).padEnd(17),
      note: shorten(view.note, room),
    }
  }
}

/** Plain lines, for logs: what agents say, and each tenth of an agent's work, at most one line a second for each. */
export class LineView implements ProgressView {
  readonly #progress: Progress
  readonly #now: () => number
  readonly #write: (line: string) => void
  readonly #startedAt: number
  readonly #shown = new Map<string, { readonly tenth: number; readonly at: number }>()

  constructor(progress: Progress, now: () => number, write: (line: string) => void) {
    this.#progress = progress
    this.#now = now
    this.#write = write
    this.#startedAt = now()
  }

  changed(agent: string): void {
    const now = this.#now()
    const view = this.#progress.view(now).find((candidate) => candidate.agent === agent)
    if (!view || view.total === 0) return
    const tenth = Math.floor((view.ended / view.total) * 10)
    const shown = this.#shown.get(agent) ?? { tenth: 0, at: Number.NEGATIVE_INFINITY }
    const done = view.ended >= view.total
    if (tenth <= shown.tenth || (now - shown.at < 1_000 && !done)) return
    this.#shown.set(agent, { tenth, at: now })
    const share = `${Math.floor((view.ended / view.total) * 100)} %`.padStart(5)
    this.#line(agent, `${share}  ${view.ended}/${view.total} tasks  ${view.rate.toFixed(0)}/s  ${left(view)}`)
  }

  say(agent: string, text: string): void {
    this.#line(agent, printable(text))
  }

  suspend(): void {
    // A question goes on a line of its own as it is.
  }

  close(): void {
    // What was written stays.
  }

  #line(agent: string, text: string): void {
    const seconds = ((this.#now() - this.#startedAt) / 1_000).toFixed(1)
    this.#write(`${seconds.padStart(6)} s  ${agent.padEnd(nameWidth)}  ${text}`)
  }
}
