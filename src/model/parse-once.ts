import { z } from 'zod'
import { describeThrown, listProblems } from './errors.ts'

/** What a schema makes of a value. `problems`: one sentence each; `cause`: Zod's error, or what the schema threw. */
export type Parsed<Data = unknown> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly problems: readonly string[]; readonly cause: unknown }

function threw(thrown: unknown): Parsed {
  return { ok: false, problems: [`the schema threw: ${describeThrown(thrown)}`], cause: thrown }
}

function concluded({ value, issues }: z.core.ParsePayload, at: string): Parsed {
  if (issues.length === 0) return { ok: true, data: value }
  const finished = issues.map((issue) => z.core.util.finalizeIssue(issue, {}, z.core.config()))
  const error = new z.ZodError(finished)
  return { ok: false, problems: listProblems(error, at), cause: error }
}

/**
 * Parses a value once: answers at once if the schema can, else promises to. Never throws or rejects.
 * `safeParse` with `safeParseAsync` behind it would run refinements and transforms twice, and leave the promise of an
 * asynchronous one to nobody: its rejection would end the host's process.
 * @param at what problems are of, in front of their paths
 */
export function parseOnce<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at?: string,
): Parsed<z.output<Schema>> | Promise<Parsed<z.output<Schema>>>
export function parseOnce(schema: z.ZodType, value: unknown, at = ''): Parsed | Promise<Parsed> {
  try {
    const run = schema._zod.run({ value, issues: [] }, { async: true })
    return run instanceof Promise ? run.then((payload) => concluded(payload, at)).catch(threw) : concluded(run, at)
  } catch (thrown) {
    return threw(thrown)
  }
}
