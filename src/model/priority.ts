import { z } from 'zod'

/** The named priorities and their levels. Any finite number is a priority too: higher goes first. */
export const priorityLevels = { background: 0, low: 1, normal: 2, high: 3, critical: 4 } as const

export type PriorityName = keyof typeof priorityLevels

export type Priority = PriorityName | number

const names = Object.keys(priorityLevels)

function isPriorityName(value: unknown): value is PriorityName {
  return typeof value === 'string' && Object.hasOwn(priorityLevels, value)
}

/** Reads a {@link Priority} into its level, a finite number. */
export const prioritySchema = z.custom<Priority>().transform((value, context): number => {
  if (isPriorityName(value)) return priorityLevels[value]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  context.addIssue({
    code: 'custom',
    message: `not a priority: ${String(value)}; give one of ${names.join(', ')}, or a finite number (higher goes first)`,
  })
  return z.NEVER
})
