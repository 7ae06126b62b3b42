import { Worker } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { StoreError } from '../../model/store-error.ts'
import type { SqliteAnswer, SqliteRequest, SqliteThreadData } from './sqlite-protocol.ts'

type Answer = Exclude<SqliteAnswer, { type: 'failed' }>

interface Waiting {
  resolve(answer: Answer): void
  reject(error: StoreError): void
}

/** The thread that has the file open. Lets go of it when it ends, however that comes. */
export class SqliteThread {
  readonly #path: string
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  /** Answers that came before anybody waited for them: the batches of a load. */
  readonly #early: SqliteAnswer[] = []
  #lost: StoreError | null = null

  /** Its first answer says whether it could open the file. */
  constructor(data: SqliteThreadData) {
    this.#path = data.path
    // Run from source, by a Node that strips types, or as built.
    const file = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js'
    // Of what the host was started with nothing is for a thread, and some of it breaks one: `--input-type`.
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: data, execArgv: [] })
    this.#worker.on('message', (answer: SqliteAnswer) => this.#take(answer))
    this.#worker.on('error', (thrown: unknown) => this.#lose(`crashed (${describeThrown(thrown)})`, thrown))
    this.#worker.on('exit', () => this.#lose('has ended', undefined))
  }

  get isLost(): boolean {
    return this.#lost !== null
  }

  /** @throws (rejects) StoreError what the thread answers, or that it has ended */
  ask(request: SqliteRequest): Promise<Answer> {
    if (!this.#lost) this.#worker.postMessage(request)
    return this.answered()
  }

  /** The next answer. @throws (rejects) StoreError */
  async answered(): Promise<Answer> {
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
    const early = this.#early.shift()
    if (early) this.#take(early)
    else if (this.#lost) this.#rejectAll(this.#lost)
    // An idle store must not keep the host's process alive; one that is waited for does.
    this.#worker.ref()
    try {
      return await answered
    } finally {
      if (this.#waiting.length === 0) this.#worker.unref()
    }
  }

  async end(): Promise<void> {
    this.#lose('was ended', undefined)
    await this.#worker.terminate()
  }

  #take(answer: SqliteAnswer): void {
    const waiting = this.#waiting.shift()
    if (!waiting) this.#early.push(answer)
    else if (answer.type === 'failed') waiting.reject(new StoreError(answer.code, answer.message))
    else waiting.resolve(answer)
  }

  #lose(what: string, cause: unknown): void {
    this.#lost ??= new StoreError(
      'STORE_FAILED',
      `${this.#path}: the thread that writes it ${what}; what was acknowledged is safe`,
      { cause },
    )
    this.#rejectAll(this.#lost)
  }

  #rejectAll(error: StoreError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
