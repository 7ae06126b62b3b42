import type { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { Failure } from '../model/errors.ts'
import { cutText, isLarger } from '../model/limits.ts'
import type { RollbackReport, TaskOutcome } from '../model/outcome.ts'
import type { Redactor } from '../security/redactor.ts'
import { eachSecret, maskFields } from '../security/secret-fields.ts'
import { SecretValues } from '../security/secret-values.ts'

/** What must not be told of one task: what its schemas mark as secret, wherever that turns up, and what looks secret. */
export class TaskSecrets {
  readonly #redactor: Redactor
  readonly #textBytes: number
  readonly #values = new SecretValues()
  readonly #output: z.ZodType

  /** @param textBytes what is longer is cut */
  constructor(
    { definition, input }: { definition: TaskDefinition; input: unknown },
    redactor: Redactor,
    textBytes: number,
  ) {
    this.#textBytes = textBytes
    this.#redactor = redactor
    this.#output = definition.output
    this.learn(definition.input, input)
  }

  /** Another value of which the schema says what is secret. */
  learn(schema: z.ZodType, value: unknown): void {
    eachSecret(schema, value, (secret) => this.#values.add(secret))
  }

  text(text: string): string {
    if (text === '') return text
    // Cut again afterwards: of a secret that the first cut went through, nothing is left.
    const within = text.length <= this.#textBytes ? text : text.slice(0, 2 * this.#textBytes)
    return cutText(this.#redactor.text(within, this.#values), this.#textBytes)
  }

  /** Plain data; what is no record gives an empty one. */
  record(data: unknown): Readonly<Record<string, unknown>> {
    if (isLarger(data, this.#textBytes)) return { cut: `the data is larger than ${this.#textBytes} bytes` }
    const shown = this.#redactor.data(data, this.#values)
    return typeof shown === 'object' && shown !== null ? { ...shown } : {}
  }

  /** A value as it may leave the process. */
  value(value: unknown): unknown {
    return this.#redactor.data(value, this.#values)
  }

  /** An output as it may leave the process: plain data in which nothing is left that is known, or looks, to be secret. */
  output(output: unknown): unknown {
    return this.#redactor.data(maskFields(this.#output, output), this.#values)
  }

  failure<Some extends Omit<Failure, 'cause'>>(failure: Some): Some {
    return { ...failure, message: this.text(failure.message) }
  }

  rollback(report: RollbackReport): RollbackReport {
    if (report.status !== 'incomplete') return report
    const standing = report.standing.map(({ step, message }) => ({ step, message: this.text(message) }))
    return { ...report, standing }
  }

  /** As views show it: what was thrown stays behind, and so does what the output's schema marks. */
  outcome(outcome: TaskOutcome): TaskOutcome {
    if (outcome.status === 'completed') return { ...outcome, output: maskFields(this.#output, outcome.output) }
    const { cause: _, ...failure } = outcome.failure
    return { ...outcome, failure }
  }
}
