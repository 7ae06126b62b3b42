import type { RuntimeEvent, TaskView } from 'taskwright'

/** How far one agent is. Times in ms. */
export interface AgentProgress {
  readonly agent: string
  readonly ended: number
  /** Tasks that are known or expected. */
  readonly total: number
  /** Tasks that ended per second, over the agent's time so far. */
  readonly rate: number
  /** Time left at that rate; `null` while it cannot be told. */
  readonly leftMs: number | null
  readonly note: string
}

interface Tally {
  expected: number
  created: number
  /** Ended in this process, and in earlier ones. */
  ended: number
  before: number
  note: string
  startedAt: number | null
  lastAt: number
}

const ends: ReadonlySet<string> = new Set(['task.completed', 'task.failed', 'task.cancelled', 'task.rejected'])

/** Follows the runtime's events, and counts for each agent what is done and what is still to do. */
export class Progress {
  readonly #tallies = new Map<string, Tally>()
  readonly #agentOf = new Map<string, string>()

  /** @param agents in the order to show them in */
  constructor(agents: readonly string[]) {
    for (const agent of agents) {
      this.#tallies.set(agent, { expected: 0, created: 0, ended: 0, before: 0, note: '', startedAt: null, lastAt: 0 })
    }
  }

  /** An agent is going to submit so many tasks more. */
  expect(agent: string, tasks: number): void {
    const tally = this.#tallies.get(agent)
    if (tally) tally.expected += tasks
  }

  say(agent: string, note: string): void {
    const tally = this.#tallies.get(agent)
    if (tally) tally.note = note
  }

  /** A task of an earlier process. `at`: when this one took it up, ms. */
  takeUp({ id, principal, outcome }: TaskView, at: number): void {
    const tally = this.#tallies.get(principal)
    if (tally === undefined) return
    tally.created += 1
    tally.startedAt ??= at
    if (outcome === null) this.#agentOf.set(id, principal)
    else tally.before += 1
  }

  /** @returns the agent whose progress the event is, if it is one's. */
  observe(event: RuntimeEvent): string | null {
    if (!('taskId' in event) || event.taskId === null) return null
    if (event.type === 'task.created') this.#agentOf.set(event.taskId, event.principal)
    const agent = this.#agentOf.get(event.taskId)
    const tally = agent === undefined ? undefined : this.#tallies.get(agent)
    if (agent === undefined || tally === undefined) return null
    tally.lastAt = event.at
    if (event.type === 'task.created') {
      tally.created += 1
      tally.startedAt ??= event.at
    } else if (event.type === 'task.progress') {
      tally.note = event.message
    } else if (ends.has(event.type)) {
      tally.ended += 1
      this.#agentOf.delete(event.taskId)
    }
    return agent
  }

  /** How far everybody is at `at`, ms on the clock of the events. */
  view(at: number): AgentProgress[] {
    return [...this.#tallies].map(([agent, { expected, created, ended: now, before, note, startedAt, lastAt }]) => {
      const ended = before + now
      const total = Math.max(expected, created)
      const done = total > 0 && ended >= total
      const elapsed = startedAt === null ? 0 : (done ? lastAt : at) - startedAt
      const rate = elapsed > 0 ? (now / elapsed) * 1_000 : 0
      const leftMs = done ? 0 : rate > 0 ? ((total - ended) / rate) * 1_000 : null
      return { agent, ended, total, rate, leftMs, note }
    })
  }
}
