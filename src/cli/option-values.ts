import { z } from 'zod'

/** What commander hands over for an option: text, `true` if its value was left out, `undefined` if it was not given. */
function numberFrom(what: string, fits: (value: number) => boolean) {
  return z.unknown().transform((given, context): number => {
    const value = typeof given === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : NaN
    if (fits(value)) return value
    const got = typeof given === 'string' ? `not ${JSON.stringify(given)}` : 'its value is missing'
    context.addIssue({
      code: 'custom',
      message: given === undefined ? `is required: ${what}` : `must be ${what}; ${got}`,
    })
    return z.NEVER
  })
}

export function wholeNumber(min: number, max: number) {
  return numberFrom(
    `a whole number from ${min} to ${max}`,
    (value) => Number.isInteger(value) && value >= min && value <= max,
  )
}

export function positiveNumber() {
  return numberFrom('a number above 0', (value) => Number.isFinite(value) && value > 0)
}

export function oneOf<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, {
    error: ({ input }) =>
      `must be ${choices.join(' or ')}; ${typeof input === 'string' ? `not ${JSON.stringify(input)}` : 'its value is missing'}`,
  })
}

export const flag = z.boolean().default(false)

export const percent = numberFrom('a number from 0 to 100', (value) => value >= 0 && value <= 100)

/** Several names, with commas between. */
export const names = z
  .string({ error: 'must be names, with commas between' })
  .transform((text) => text.split(',').filter(Boolean))
