import type { RuntimeView } from './runtime-view.ts'

/** Drops the rows of tasks that have ended, oldest first, until at most `limit` of them are left. */
export function forgetEnded(view: RuntimeView, limit: number): void {
  let ended = 0
  for (const { endedAt } of view.tasks.values()) if (endedAt !== null) ended += 1
  for (const [id, { endedAt }] of view.tasks) {
    if (ended <= limit) return
    if (endedAt === null) continue
    view.tasks.delete(id)
    ended -= 1
  }
}
