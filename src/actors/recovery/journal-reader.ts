import type { RuntimeEvent, TaskEvent } from '../../model/events.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import type { Demand } from '../../model/resources.ts'
import type { TaskHistory } from './task-history.ts'
import { beginHistory, endLease, follow } from './task-history.ts'

export interface Grant {
  readonly at: number
  readonly demand: Demand
}

/** Reads a journal from its beginning: what became of each task, and what was spent. */
export class JournalReader {
  readonly tasks = new Map<string, TaskHistory>()
  /** Grants since `grantsSince`: what rates may not have got back yet. */
  readonly grants: Grant[] = []
  /** Nothing of these types may start. */
  readonly pausedTypes = new Set<string>()
  lastSeq = 0
  /** The highest order of arrival. */
  lastOrder = 0
  /** The last process ended in good order: nothing that was executing then can have ended it. */
  wasStopped = true
  readonly #budgets: ReadonlySet<string>
  readonly #grantsSince: number
  readonly #spentByForgotten = new Map<string, number>()
  readonly #forgottenByDay: { principal: string; day: number; amounts: ReadonlyMap<string, number> }[] = []
  #lastAt = 0

  /**
   * @param budgets the resources that are spent for good
   * @param grantsSince time in ms; older grants are not kept
   */
  constructor(budgets: ReadonlySet<string> = new Set(), grantsSince = Number.POSITIVE_INFINITY) {
    this.#budgets = budgets
    this.#grantsSince = grantsSince
  }

  read({ event, payload }: JournalRecord): void {
    this.lastSeq = event.seq
    this.#lastAt = event.at
    if (!('taskType' in event)) {
      this.#ofRuntime(event)
      return
    }
    const history = this.tasks.get(event.taskId)
    if (!history) {
      const begun = beginHistory(event, payload)
      if (!begun) return
      this.tasks.set(begun.id, begun)
      this.lastOrder = Math.max(this.lastOrder, begun.accepted.order)
      return
    }
    if (event.type === 'task.allocating' && event.at >= this.#grantsSince)
      this.grants.push({ at: event.at, demand: history.accepted.demand })
    follow(history, event, payload, this.#budgets)
  }

  #ofRuntime(event: Exclude<RuntimeEvent, TaskEvent>): void {
    switch (event.type) {
      case 'supervisor.state':
        this.wasStopped = event.state === 'stopped'
        return
      case 'type.paused':
        this.pausedTypes.add(event.name)
        return
      case 'type.resumed':
        this.pausedTypes.delete(event.name)
        return
      case 'ledger.spent':
        this.#noteForgotten(event)
    }
  }

  /** No more comes: leases that are open are those of a dead process. */
  finish(): void {
    for (const history of this.tasks.values()) endLease(history, this.#budgets, this.#lastAt)
  }

  #noteForgotten({ spent, ofDay }: Extract<RuntimeEvent, { type: 'ledger.spent' }>): void {
    add(this.#spentByForgotten, Object.entries(spent))
    for (const [principal, amounts] of Object.entries(ofDay?.byPrincipal ?? {}))
      this.#forgottenByDay.push({ principal, day: ofDay?.day ?? 0, amounts: new Map(Object.entries(amounts)) })
  }

  /** What each principal spent of budgets on a day (UTC, days since the epoch). */
  *spentOn(day: number): Generator<{ readonly principal: string; readonly amounts: ReadonlyMap<string, number> }> {
    for (const forgotten of this.#forgottenByDay) if (forgotten.day === day) yield forgotten
    for (const { principal, spentToday } of this.tasks.values())
      if (spentToday?.day === day) yield { principal, amounts: spentToday.amounts }
  }

  /** Spent of each budget, in all. */
  spent(): Map<string, number> {
    const spent = new Map(this.#spentByForgotten)
    for (const history of this.tasks.values()) if (history.spent) add(spent, history.spent)
    return spent
  }
}

function add(sums: Map<string, number>, amounts: Iterable<readonly [string, number]>): void {
  for (const [resource, amount] of amounts) sums.set(resource, (sums.get(resource) ?? 0) + amount)
}
