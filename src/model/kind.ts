import { z } from 'zod'

/** What a task does: transforms data, draws conclusions, talks to the outside, or directs other tasks. */
export const taskKinds = ['processing', 'analysis', 'integration', 'control'] as const

export type TaskKind = (typeof taskKinds)[number]

export const taskKindSchema = z.enum(taskKinds)
