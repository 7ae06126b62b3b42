/** What was spent of budgets on one day (UTC, days since the epoch), by resource. */
export interface SpentToday {
  readonly day: number
  readonly amounts: Map<string, number>
}

/** With that much more on that day; what was spent on another is no longer of interest. */
export function spentAlso(before: SpentToday | null, day: number, resource: string, amount: number): SpentToday {
  const spent = before?.day === day ? before : { day, amounts: new Map<string, number>() }
  spent.amounts.set(resource, (spent.amounts.get(resource) ?? 0) + amount)
  return spent
}
