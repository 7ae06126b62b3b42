import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { TaskQuery } from './task-query.ts'
import { selectRows } from './task-query.ts'

const leastMs = 250
/** A list that takes long to make is made less often: a twentieth of the time at most. */
const timesCost = 20

/** The list as it was made last; made again when something else is asked for, and as events come in now and then. */
export class TaskList {
  #rows: readonly TaskRow[] = []
  #query: TaskQuery | null = null
  #view: RuntimeView | null = null
  #seq = -1
  #nextAt = 0

  read(view: RuntimeView, query: TaskQuery): readonly TaskRow[] {
    const startedAt = performance.now()
    const isSame = query === this.#query && view === this.#view
    if (isSame && (view.seq === this.#seq || startedAt < this.#nextAt)) return this.#rows
    this.#rows = selectRows(view.tasks.values(), query)
    this.#query = query
    this.#view = view
    this.#seq = view.seq
    const endedAt = performance.now()
    this.#nextAt = endedAt + Math.max(leastMs, timesCost * (endedAt - startedAt))
    return this.#rows
  }
}
