import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'

/**
 * The chain of members that a flow's length comes from, the first one first: from the member that ended last, back to
 * whichever ended just before it came, and so on; a member that is a flow gives its own chain. Worked out from the times: the
 * events do not say what a member waited for.
 */
export function criticalPath(
  flow: string,
  members: ReadonlyMap<string, readonly TaskRow[]>,
  now: number,
): readonly string[] {
  const own = members.get(flow) ?? []
  const end = ({ endedAt }: TaskRow) => endedAt ?? now
  const path: string[] = []
  let left = [...own]
  let at = latest(left, end)
  while (at) {
    const { createdAt, id } = at
    path.unshift(...(members.has(id) ? [id, ...criticalPath(id, members, now)] : [id]))
    left = left.filter((row) => row !== at && row.endedAt !== null && row.endedAt <= createdAt)
    at = latest(left, end)
  }
  return path
}

function latest(rows: readonly TaskRow[], end: (row: TaskRow) => number): TaskRow | null {
  return rows.reduce<TaskRow | null>((last, row) => (last === null || end(row) > end(last) ? row : last), null)
}
