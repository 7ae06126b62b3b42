import { JournalReader } from '../../actors/recovery/journal-reader.ts'
import type { TaskHistory } from '../../actors/recovery/task-history.ts'
import { dayOf } from '../../scheduling/quota-book.ts'
import { lineOf } from '../../store/record-line.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { storedRecords } from './open-file.ts'

export interface Retention {
  readonly retain: number
  readonly retainForMs: number
  readonly now: number
}

/** What has ended and may be forgotten: not the children of a parent that may still have to undo them. */
function forgettable(tasks: ReadonlyMap<string, TaskHistory>, { retain, retainForMs, now }: Retention): TaskHistory[] {
  const isNeeded = ({ parentId }: TaskHistory) => parentId !== null && tasks.get(parentId)?.endedAt === null
  const ended = [...tasks.values()]
    .filter((task) => task.endedAt !== null && !isNeeded(task))
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
  return ended.filter(({ endedAt }, index) => index >= retain || (endedAt ?? 0) <= now - retainForMs)
}

/** Forgets tasks that ended long ago. What they spent stays on record. @returns how many were forgotten */
export function compactJournal(file: SqliteFile, retention: Retention): number {
  const resources = new Set<string>()
  for (const { payload } of storedRecords(file))
    for (const resource of Object.keys(payload?.accepted?.demand ?? {})) resources.add(resource)
  // Which of them are budgets the file does not say: what is kept of the others harms nobody.
  const reader = new JournalReader(resources)
  for (const record of storedRecords(file)) reader.read(record)
  const forgotten = forgettable(reader.tasks, retention)
  const spent: Record<string, number> = {}
  const day = dayOf(retention.now)
  const byPrincipal: Record<string, Record<string, number>> = {}
  for (const { spent: all, spentToday, principal } of forgotten) {
    for (const [resource, amount] of all ?? []) spent[resource] = (spent[resource] ?? 0) + amount
    if (spentToday?.day !== day) continue
    const today = byPrincipal[principal] ?? {}
    byPrincipal[principal] = today
    for (const [resource, amount] of spentToday.amounts) today[resource] = (today[resource] ?? 0) + amount
  }
  if (forgotten.length === 0) return 0
  const event = {
    seq: reader.lastSeq + 1,
    at: retention.now,
    type: 'ledger.spent',
    spent,
    ofDay: { day, byPrincipal },
  } as const
  const row = { seq: event.seq, taskId: null, line: lineOf({ event, payload: null }) }
  file.commit({
    rows: Object.keys(spent).length > 0 ? [row] : [],
    forgotten: forgotten.map(({ id }) => id),
  })
  return forgotten.length
}
