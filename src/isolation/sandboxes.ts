import { RefusedError } from '../model/errors.ts'
import type { IsolatedHandler, IsolationLevel, SandboxUsage } from '../model/isolation.ts'
import { raisedLevel } from '../model/isolation.ts'
import { AttemptHistory } from './attempt-history.ts'
import type { SecretProvider } from './capability-desk.ts'
import { CapabilityDesk } from './capability-desk.ts'
import { ProcessSandboxes } from './process-sandbox.ts'
import type { ProcessOptions } from './process-support.ts'
import type { OpenSandbox } from './sandbox.ts'
import { Session } from './session.ts'
import type { SessionTask } from './session-task.ts'
import type { UndoGoal } from './undo-task.ts'
import { UndoTask } from './undo-task.ts'
import { WorkerSandboxes } from './worker-sandbox.ts'

export interface SandboxOptions {
  /** Nothing runs at a lower level. */
  readonly floor: IsolationLevel
  readonly secrets: SecretProvider | null
  readonly process: ProcessOptions
}

/** A handler that runs in a sandbox. */
interface SandboxedRun {
  readonly done: Promise<unknown>
  readonly usage: SandboxUsage
  kill(): void
}

/** Runs the isolated handlers of one runtime. */
export class Sandboxes {
  readonly #floor: IsolationLevel
  readonly #desk: CapabilityDesk
  readonly #workers = new WorkerSandboxes()
  readonly #processes: ProcessSandboxes
  readonly #running = new Set<Session>()

  constructor({ floor, secrets, process }: SandboxOptions) {
    this.#floor = floor
    this.#desk = new CapabilityDesk(secrets)
    this.#processes = new ProcessSandboxes(process)
  }

  /** Starts a handler on an attempt, or on the replay of one. */
  run(asked: IsolatedHandler, task: SessionTask, input: unknown): SandboxedRun {
    const level = raisedLevel(asked, this.#floor)
    if (level === null)
      throw new RefusedError(
        'ISOLATION_TOO_LOW',
        `a handler at the level ${asked.level} does not run above ${this.#floor}`,
      )
    const handler = { ...asked, level }
    const history = new AttemptHistory()
    const takeBack = (goal: UndoGoal) => this.#takeBack(handler, task, input, { goal, history })
    return this.#start(handler, task, { input, history, takeBack })
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    for (const session of [...this.#running]) session.kill()
    await this.#workers.close()
  }

  async #takeBack(
    handler: IsolatedHandler,
    task: SessionTask,
    input: unknown,
    { goal, history }: { goal: UndoGoal; history: AttemptHistory },
  ): Promise<void> {
    const again = new UndoTask(task, goal, history)
    const session = this.#start(handler, again, { input, history: new AttemptHistory(), takeBack: null })
    const { signal } = goal.run
    const giveUp = () => session.kill()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await session.done
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  #start(
    handler: IsolatedHandler,
    task: SessionTask,
    rest: {
      input: unknown
      history: AttemptHistory
      takeBack: ((goal: UndoGoal) => Promise<void>) | null
    },
  ): Session {
    const open: OpenSandbox = (what, listener) =>
      what.level === 'process' ? this.#processes.open(what, listener) : this.#workers.open(what, listener)
    const session = new Session({ handler, task, open, desk: this.#desk, ...rest })
    this.#running.add(session)
    const forget = () => this.#running.delete(session)
    session.done.then(forget, forget)
    return session
  }
}
