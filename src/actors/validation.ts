import type { ValidationVerdict } from '../model/definition.ts'
import type { Failure } from '../model/errors.ts'
import { describeThrown } from '../model/errors.ts'
import type { TaskFacts } from './task-record.ts'

function unfit(message: string, cause?: unknown): Failure {
  return { code: 'VALIDATION_FAILED', message, retryable: false, cause }
}

function judge(verdict: ValidationVerdict): Failure | null {
  // `null` too, for hosts without types.
  if (verdict === undefined || verdict === null || verdict === true) return null
  if (verdict === false) return unfit('validate() answered false')
  const problems = typeof verdict === 'string' ? [verdict] : verdict
  return problems.length === 0 ? null : unfit(problems.join('; '))
}

/** Runs the definition's own check. Answers once: `null`, or why the task is rejected. */
export function validateInput(
  { id, definition, input }: TaskFacts,
  signal: AbortSignal,
  then: (failure: Failure | null) => void,
): void {
  const threw = (thrown: unknown) => then(unfit(`validate() threw: ${describeThrown(thrown)}`, thrown))
  let failure: Failure | null
  try {
    const verdict = definition.validate?.(input, { id, signal })
    if (typeof verdict === 'object' && verdict !== null && 'then' in verdict) {
      // Judged inside the chain: a verdict that cannot be judged is a throw like any other.
      Promise.resolve(verdict).then(judge).then(then, threw)
      return
    }
    failure = judge(verdict)
  } catch (thrown) {
    threw(thrown)
    return
  }
  then(failure)
}
