import { describeThrown, RefusedError } from '../model/errors.ts'
import type { TaskView } from '../model/task-view.ts'
import type { TaskHandle } from '../runtime/handle.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Command, CommandResult, Selection } from './protocol.ts'

type Bulk = Extract<Command, { tasks: Selection }>
type Done = CommandResult['done'][number]

/** Told of every command that was carried out or refused: who asked is known by the door. */
export interface CommandNote {
  readonly command: Command
  readonly result: CommandResult
}

/** Carries an operator's commands out on the runtime. What could not be done is in the result, task by task. */
export class Operator {
  readonly #runtime: Runtime
  readonly #noted: (note: CommandNote) => void

  constructor(runtime: Runtime, noted: (note: CommandNote) => void) {
    this.#runtime = runtime
    this.#noted = noted
  }

  async carryOut(command: Command): Promise<CommandResult> {
    const result = 'tasks' in command ? await this.#onMany(command) : await this.#onOne(command)
    if (!('dryRun' in command && command.dryRun)) this.#noted({ command, result })
    return result
  }

  async #onMany(command: Bulk): Promise<CommandResult> {
    const { matched, unknown } = this.#select(command)
    if (command.dryRun) return { matched: matched.length, done: [], refused: unknown }
    const done: Done[] = []
    const refused = [...unknown]
    for (const id of matched) {
      try {
        done.push(await this.#toTask(command, this.#handleOf(id)))
      } catch (thrown) {
        refused.push(refusal(id, thrown))
      }
    }
    return { matched: matched.length, done, refused }
  }

  async #toTask(command: Bulk, handle: TaskHandle): Promise<Done> {
    const { id: taskId } = handle
    switch (command.action) {
      case 'cancel':
        // Not waited for: an undo may take its time, and the page sees it happen.
        void handle.cancel(command.why || 'cancelled by an operator')
        return { taskId }
      case 'pause':
        handle.pause()
        return { taskId }
      case 'resume':
        handle.resume()
        return { taskId }
      case 'reprioritise':
        this.#runtime.reprioritise(taskId, command.priority)
        return { taskId }
      case 'retry': {
        const again = await this.#runtime.retry(taskId)
        return { taskId, newTaskId: again.id }
      }
    }
  }

  async #onOne(command: Exclude<Command, Bulk>): Promise<CommandResult> {
    const taskId = command.action === 'answer' ? command.taskId : null
    try {
      await this.#once(command)
      return { matched: 1, done: [{ taskId }], refused: [] }
    } catch (thrown) {
      return { matched: 1, done: [], refused: [refusal(taskId, thrown)] }
    }
  }

  async #once(command: Exclude<Command, Bulk>): Promise<void> {
    const runtime = this.#runtime
    switch (command.action) {
      case 'answer':
        return this.#handleOf(command.taskId).answer(command.answer, command.questionId)
      case 'resize':
        return runtime.resize(command.resource, command.capacity)
      case 'pauseAll':
        return runtime.pause()
      case 'resumeAll':
        return runtime.resume()
      case 'drain':
        // Not waited for: it lasts until the last task has ended.
        void runtime.drain()
    }
  }

  #handleOf(id: string): TaskHandle {
    const handle = this.#runtime.get(id)
    if (!handle) throw new RefusedError('UNKNOWN_TASK', `no task ${id}`)
    return handle
  }

  #select({ action, tasks }: Bulk): { matched: string[]; unknown: CommandResult['refused'] } {
    if ('ids' in tasks) {
      const ids = [...new Set(tasks.ids)]
      const isKnown = (id: string) => this.#runtime.get(id) !== undefined
      const unknown = ids
        .filter((id) => !isKnown(id))
        .map((id) => refusal(id, new RefusedError('UNKNOWN_TASK', `no task ${id}`)))
      return { matched: ids.filter(isKnown), unknown }
    }
    // Commands are for what lives, a retry for what has ended badly.
    const isMeant = ({ outcome }: TaskView) =>
      action === 'retry' ? outcome !== null && outcome.status !== 'completed' : outcome === null
    const matches = (view: TaskView) =>
      isMeant(view) &&
      (tasks.stages?.includes(view.stage) ?? true) &&
      (tasks.types?.includes(view.type) ?? true) &&
      (tasks.principals?.includes(view.principal) ?? true)
    return { matched: this.#runtime.list().flatMap((view) => (matches(view) ? [view.id] : [])), unknown: [] }
  }
}

function refusal(taskId: string | null, thrown: unknown): CommandResult['refused'][number] {
  const code = thrown instanceof RefusedError ? thrown.code : 'FAILED'
  return { taskId, code, message: describeThrown(thrown) }
}
