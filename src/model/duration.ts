import { z } from 'zod'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time: a number of milliseconds, or a number with a unit such as `'250ms'`, `'30s'`, `'1.5h'`. */
export type Duration = number | `${number}${keyof typeof unitMs}`

const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

function isUnit(unit: string | undefined): unit is keyof typeof unitMs {
  return unit !== undefined && unit in unitMs
}

/** Milliseconds in `text`, or `null` if it is not a duration. */
function parse(text: string): number | null {
  const match = pattern.exec(text)
  const unit = match?.[2]
  return match && isUnit(unit) ? Number(match[1]) * unitMs[unit] : null
}

/** Reads a {@link Duration} into milliseconds; refuses negatives, NaN and units it does not know. */
export const durationSchema = z.union([z.number(), z.string()]).transform((value, context): number => {
  const ms = typeof value === 'number' ? value : parse(value)
  if (ms === null || !Number.isFinite(ms) || ms < 0) {
    context.addIssue({
      code: 'custom',
      message: `not a duration: ${JSON.stringify(value)}; give milliseconds, or a number with ms, s, m, h or d ('30s')`,
    })
    return z.NEVER
  }
  return ms
})

/** Milliseconds in a duration. @throws ZodError if it is none. */
export function toMs(duration: Duration): number {
  return durationSchema.parse(duration)
}
