import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import { hasLateStep } from '../../actors/recovery/step-history.ts'
import type { TaskHistory } from '../../actors/recovery/task-history.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import { dayOf } from '../../scheduling/quota-book.ts'
import { taskIdOf } from '../../store/record-line.ts'
import type { Row } from '../../store/sqlite/rows.ts'
import { rowOf } from '../../store/sqlite/rows.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { storedRecords } from './open-file.ts'

export interface Retention {
  /** How many ended tasks are kept, and for how long. */
  readonly retain: number
  readonly retainForMs: number
  readonly now: number
}

type Tasks = ReadonlyMap<string, TaskHistory>

/** Somebody above it may still have to undo it. */
function isOfUnfinished({ parentId }: TaskHistory, tasks: Tasks): boolean {
  const parent = parentId === null ? undefined : tasks.get(parentId)
  return parent !== undefined && (parent.endedAt === null || isOfUnfinished(parent, tasks))
}

/** What has ended, and is nothing to what has not: nobody waits for it, and nothing of it is still to be undone. */
function forgettable(tasks: Tasks, { retain, retainForMs, now }: Retention): TaskHistory[] {
  const awaited = new Set<string>()
  for (const { endedAt, accepted } of tasks.values())
    if (endedAt === null) for (const id of accepted.after ?? []) awaited.add(id)
  const ended = [...tasks.values()]
    .filter((task) => task.endedAt !== null)
    .filter((task) => !awaited.has(task.id) && !hasLateStep(task) && !isOfUnfinished(task, tasks))
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
  return ended.filter(({ endedAt }, index) => index >= retain || (endedAt ?? 0) <= now - retainForMs)
}

/** Which budgets there are the file does not say: what is kept of other resources harms nobody. */
function resourcesOf(file: SqliteFile): Set<string> {
  const resources = new Set<string>()
  for (const { event, payload } of storedRecords(file)) {
    const named = event.type === 'task.used' ? event.usage : payload?.accepted?.demand
    for (const resource of Object.keys(named ?? {})) resources.add(resource)
  }
  return resources
}

/** Of the runtime's own events: those of which nothing is needed any more. The last state says how the process ended. */
function outdated(events: readonly RuntimeEvent[], { now, retainForMs }: Retention): Set<number> {
  const last = events.findLast(({ type }) => type === 'supervisor.state')
  const gone = events.filter(
    (event) => event.type === 'ledger.spent' || (event.at <= now - retainForMs && event !== last),
  )
  return new Set(gone.map(({ seq }) => seq))
}

function sum(forgotten: readonly TaskHistory[], events: readonly RuntimeEvent[]): Record<string, number> {
  const spent: Record<string, number> = {}
  const add = (resource: string, amount: number) => {
    spent[resource] = (spent[resource] ?? 0) + amount
  }
  for (const history of forgotten) for (const [resource, amount] of history.spent ?? []) add(resource, amount)
  for (const event of events)
    if (event.type === 'ledger.spent') for (const [name, amount] of Object.entries(event.spent)) add(name, amount)
  return spent
}

/** The part of it that still counts against the quotas of the day. */
function spentOn(day: number, forgotten: readonly TaskHistory[], events: readonly RuntimeEvent[]) {
  const byPrincipal: Record<string, Record<string, number>> = {}
  const add = (principal: string, amounts: Iterable<readonly [string, number]>) => {
    const sums = byPrincipal[principal] ?? {}
    for (const [resource, amount] of amounts) sums[resource] = (sums[resource] ?? 0) + amount
    byPrincipal[principal] = sums
  }
  for (const { principal, spentToday } of forgotten) if (spentToday?.day === day) add(principal, spentToday.amounts)
  for (const event of events) {
    if (event.type !== 'ledger.spent' || event.ofDay?.day !== day) continue
    for (const [principal, amounts] of Object.entries(event.ofDay.byPrincipal)) add(principal, Object.entries(amounts))
  }
  return { day, byPrincipal }
}

/** Forgets tasks that ended long ago, in one commit. What they spent stays on record. @returns how many were forgotten */
export function compactJournal(file: SqliteFile, retention: Retention): number {
  const reader = new JournalReader(resourcesOf(file))
  const events: RuntimeEvent[] = []
  for (const record of storedRecords(file)) {
    reader.read(record)
    if (taskIdOf(record) === null) events.push(record.event)
  }
  const forgotten = forgettable(reader.tasks, retention)
  const spent = sum(forgotten, events)
  const rows: Row[] = []
  if (Object.keys(spent).length > 0) {
    const ofDay = spentOn(dayOf(retention.now), forgotten, events)
    const hasDay = Object.keys(ofDay.byPrincipal).length > 0
    const said = { type: 'ledger.spent', spent, ...(hasDay && { ofDay }) } as const
    const event = { seq: reader.lastSeq + 1, at: retention.now, ...said }
    rows.push(rowOf({ event, payload: null }))
  }
  const ids = forgotten.map(({ id }) => id)
  file.commit({ rows, forgotten: ids, dropped: outdated(events, retention) })
  return ids.length
}
