import { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { Failure } from '../model/errors.ts'
import type { Parsed } from '../model/parse-once.ts'
import { parseOnce } from '../model/parse-once.ts'

export type OutputCheck =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly failure: Failure }

function refused(code: 'OUTPUT_INVALID' | 'OUTPUT_TOO_LARGE', message: string, cause?: unknown): OutputCheck {
  return { ok: false, failure: { code, message, retryable: false, cause } }
}

/** Bytes of the JSON of a value; `null` for what JSON cannot hold. */
function jsonBytes(value: unknown): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '')
  } catch {
    return null
  }
}

function withinSize({ maxOutputBytes: own }: TaskDefinition, output: unknown, limit: number | null): OutputCheck {
  const maxOutputBytes = own === null || limit === null ? (own ?? limit) : Math.min(own, limit)
  if (maxOutputBytes === null) return { ok: true, output }
  const bytes = jsonBytes(output)
  if (bytes === null)
    return refused('OUTPUT_INVALID', 'the output cannot be written as JSON, which its size limit needs')
  if (bytes <= maxOutputBytes) return { ok: true, output }
  return refused(
    'OUTPUT_TOO_LARGE',
    `the output has ${bytes} bytes, over the limit of ${maxOutputBytes}; return less, or raise maxOutputBytes`,
  )
}

function judge(definition: TaskDefinition, parsed: Parsed, limit: number | null): OutputCheck {
  if (parsed.ok) return withinSize(definition, parsed.data, limit)
  const message = `the output does not fit its schema: ${parsed.problems.join('; ')}`
  return refused('OUTPUT_INVALID', message, parsed.cause)
}

/**
 * Checks what a handler returned against the definition: its schema, then its size. Answers at once if the schema
 * can. @param limit the largest output of any definition, in bytes of its JSON; `null`: none
 */
export function checkOutput(
  definition: TaskDefinition,
  output: unknown,
  limit: number | null,
  then: (result: OutputCheck) => void,
): void {
  const { output: schema } = definition
  if (schema instanceof z.ZodUnknown && !schema.def.checks?.length) {
    then(withinSize(definition, output, limit))
    return
  }
  const parsed = parseOnce(schema, output)
  if (parsed instanceof Promise) void parsed.then((late) => then(judge(definition, late, limit)))
  else then(judge(definition, parsed, limit))
}
