import { z } from 'zod'

/** What a step does in each attempt: the last entry holds for all later ones. */
const stepPlanSchema = z.object({
  name: z.string(),
  /** How long it takes, ms. */
  takesMs: z.number(),
  faults: z.array(z.enum(['none', 'throwBefore', 'throwAfter', 'hang'])),
  /** How its undo goes wrong, try by try. */
  undoFaults: z.array(z.enum(['none', 'throw', 'hang'])),
})

/** What a simulated handler does. Plain data: it goes through the journal as the task's input. */
export const taskPlanSchema = z.object({
  steps: z.array(stepPlanSchema),
  /** How each attempt ends. */
  ends: z.array(z.enum(['return', 'throw', 'permanent', 'hang', 'late', 'twice', 'badOutput', 'ask'])),
  /** Dollars that it reports to have spent. */
  spends: z.number(),
})

export type StepPlan = z.infer<typeof stepPlanSchema>
export type TaskPlan = z.infer<typeof taskPlanSchema>

/** The entry for an attempt, from 1. */
export function inAttempt<Item>(items: readonly Item[], attempt: number, otherwise: Item): Item {
  return items[Math.min(attempt, items.length) - 1] ?? otherwise
}
