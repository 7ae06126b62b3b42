import { z } from 'zod'
import type { Clock } from '../model/environment.ts'
import { RefusedError, refuse } from '../model/errors.ts'
import { isLarger } from '../model/limits.ts'
import { parseOnce } from '../model/parse-once.ts'
import type { OpenQuestion } from '../model/task-view.ts'
import type { Timer, Timers } from './timers.ts'

/** What ended a question: an answer, its default, its time without either, or the end of its attempt. */
export type ClosingOfQuestion = 'answer' | 'default' | 'unanswered' | 'withdrawn'

interface Asked {
  readonly view: OpenQuestion
  readonly timer: Timer | null
  /** Checks an answer and takes it if it fits. @returns what is wrong with it. */
  take(answer: unknown): Promise<readonly string[]>
  reject(reason: unknown): void
}

export interface Asking<Schema extends z.ZodType> {
  readonly id: string
  readonly taskId: string
  readonly schema: Schema
  readonly prompt: string
  readonly timeoutMs: number | null
  /** The largest answer, in bytes of its JSON; `null`: any. */
  readonly maxBytes: number | null
  readonly fallback: { readonly answer: z.output<Schema> } | null
  /** Makes an answer durable. Neither who asked nor who answered goes on before. `null`: nothing is kept. */
  readonly record: ((answer: z.output<Schema>) => Promise<void>) | null
}

/** The open questions of one attempt. */
export class Questions {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #closed: (questionId: string, how: ClosingOfQuestion) => void
  readonly #open = new Map<string, Asked>()

  /** @param closed is told of each question that is answered, runs out or is withdrawn. */
  constructor(clock: Clock, timers: Timers, closed: (questionId: string, how: ClosingOfQuestion) => void) {
    this.#clock = clock
    this.#timers = timers
    this.#closed = closed
  }

  ask<Schema extends z.ZodType>(asking: Asking<Schema>): Promise<z.output<Schema>> {
    const { id, taskId, schema, prompt, timeoutMs, maxBytes, fallback, record } = asking
    const { promise, resolve, reject } = Promise.withResolvers<z.output<Schema>>()
    const askedAt = this.#clock.now()
    const expiresAt = timeoutMs === null ? null : askedAt + timeoutMs
    const settle = async (answer: z.output<Schema>) => {
      try {
        if (record) await record(answer)
        resolve(answer)
      } catch (thrown) {
        reject(thrown)
        throw thrown
      }
    }
    const runOut = () => {
      if (!this.#close(id, fallback ? 'default' : 'unanswered')) return
      if (fallback) settle(fallback.answer).catch(() => undefined)
      else reject(new RefusedError('QUESTION_UNANSWERED', `nobody answered "${prompt}" in time, and it has no default`))
    }
    this.#open.set(id, {
      view: {
        id,
        taskId,
        prompt,
        schema: z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }),
        askedAt,
        expiresAt,
        fallback,
      },
      timer: expiresAt === null ? null : this.#timers.arm(expiresAt, runOut),
      take: async (answer) => {
        if (maxBytes !== null && isLarger(answer, maxBytes)) return [`it is larger than ${maxBytes} bytes`]
        const checked = await parseOnce(schema, answer)
        if (!checked.ok) return checked.problems
        if (!this.#close(id, 'answer'))
          throw new RefusedError('QUESTION_UNKNOWN', `"${prompt}" was answered or withdrawn before`)
        await settle(checked.data)
        return []
      },
      reject,
    })
    return promise
  }

  /** @throws RefusedError `QUESTION_UNKNOWN`, or `ANSWER_INVALID` with every problem listed; the question stays open. */
  async answer(answer: unknown, questionId?: string): Promise<void> {
    const asked = questionId === undefined ? this.#only() : this.#open.get(questionId)
    if (!asked) {
      throw new RefusedError('QUESTION_UNKNOWN', `no open question ${questionId ?? ''}: ${this.#describeOpen()}`)
    }
    const problems = await asked.take(answer)
    if (problems.length > 0)
      throw refuse('ANSWER_INVALID', `the answer to "${asked.view.prompt}" does not fit`, problems)
  }

  list(): OpenQuestion[] {
    return [...this.#open.values()].map(({ view }) => view)
  }

  /** Ends every question: the attempt is over. */
  withdraw(reason: unknown): void {
    for (const [id, { reject }] of [...this.#open]) if (this.#close(id, 'withdrawn')) reject(reason)
  }

  #only(): Asked | undefined {
    const [first, second] = this.#open.values()
    return second ? undefined : first
  }

  #describeOpen(): string {
    const ids = [...this.#open.keys()]
    return ids.length === 0 ? 'the task asks nothing now' : `open are ${ids.join(', ')}; name one`
  }

  #close(id: string, how: ClosingOfQuestion): boolean {
    const asked = this.#open.get(id)
    if (!asked) return false
    this.#open.delete(id)
    this.#timers.disarm(asked.timer)
    this.#closed(id, how)
    return true
  }
}
