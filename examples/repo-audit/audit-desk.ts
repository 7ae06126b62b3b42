import type { Runtime, TaskHandle, TaskView } from 'taskwright'
import { TaskEndedError } from 'taskwright'
import { agents } from './agents.ts'
import type { Commission, defineAuditTask, Published } from './audit-task.ts'
import { moment } from './format.ts'
import { PublicationRefusedError } from './publishing-tasks.ts'

/** The refusal in the chain of causes of an error, if that is what it comes from. */
export function refusalIn(error: unknown): PublicationRefusedError | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof PublicationRefusedError) return at
  return null
}

function reasonOf(error: unknown): string {
  return error instanceof TaskEndedError ? error.outcome.failure.message : String(error)
}

/** The audit itself, and all that was submitted for it: a parent comes before its children. */
function familyOf(id: string, tasks: readonly TaskView[]): TaskView[] {
  const ids = new Set([id])
  return tasks.filter((task) => {
    const belongs = task.id === id || (task.parentId !== null && ids.has(task.parentId))
    if (belongs) ids.add(task.id)
    return belongs
  })
}

export interface DeskOptions {
  readonly runtime: Runtime
  readonly audit: ReturnType<typeof defineAuditTask>
  readonly commission: Commission
  say(text: string): void
  /** Told of every task of an audit that is taken up. */
  takenUp(task: TaskView): void
}

/** Has an audit done. One that an earlier process has left unfinished is taken up if it is the same, and else undone. */
export class AuditDesk {
  readonly #options: DeskOptions
  /** What tells an audit from another in one journal. */
  readonly #key: string
  #handle: TaskHandle<Published> | null = null
  #isCancelled = false

  constructor(options: DeskOptions) {
    this.#options = options
    this.#key = JSON.stringify(options.commission)
  }

  /** @throws what the audit ended with, if not well */
  async result(): Promise<Published> {
    const { say } = this.#options
    const isTakenUp = await this.#lookForOthers()
    try {
      return await this.#submit()
    } catch (error) {
      if (!isTakenUp || this.#isCancelled || refusalIn(error)) throw error
      say(`that audit is given up and rolled back, and it begins anew: ${reasonOf(error)}`)
      return await this.#submit()
    }
  }

  /** The audit is cancelled and rolled back: by a later process, should this one end meanwhile. */
  cancel(): void {
    this.#isCancelled = true
    void this.#handle?.cancel('interrupted')
  }

  async #submit(): Promise<Published> {
    const { runtime, audit, commission } = this.#options
    // The same key finds the audit that was left, if there is one.
    const options = { principal: agents.editor, dedupeKey: this.#key, labels: { commission: this.#key } }
    this.#handle = await runtime.submit(audit, commission, options)
    if (this.#isCancelled) void this.#handle.cancel('interrupted')
    return this.#handle.result()
  }

  /** @returns whether the same audit was left unfinished; another one that was is undone. */
  async #lookForOthers(): Promise<boolean> {
    const { runtime, say, takenUp } = this.#options
    const tasks = runtime.list()
    let isTakenUp = false
    for (const task of tasks.filter(({ type, outcome }) => type === 'audit' && outcome === null)) {
      const family = familyOf(task.id, tasks)
      for (const one of family) takenUp(one)
      const begun = moment(task.createdAt)
      if (task.labels['commission'] === this.#key && task.parked === null) {
        isTakenUp = true
        const ended = family.filter(({ outcome }) => outcome !== null).length
        say(`takes up the audit of ${begun}, which was cut short: ${ended} of ${family.length} tasks are done`)
      } else {
        say(
          `rolls back another audit, of ${begun}, which was cut short${task.parked === null ? '' : `: ${task.parked}`}`,
        )
        await runtime.get(task.id)?.cancel('given up for another audit')
      }
    }
    return isTakenUp
  }
}
