import { z } from 'zod'
import { demandSchema } from '../model/resources.ts'

/** What a host says to the sandbox of a handler. */
export type HostMessage =
  | { type: 'start'; task: StartedTask; input: unknown; href: string | null; exportName: string }
  /** The answer to a call: of an ask, a sleep, a fetch, a read, a secret; or the result of a step that has finished. */
  | { type: 'answer'; id: number; value?: unknown }
  | { type: 'refused'; id: number; code: string; message: string }
  /** The step has to be run: what its function is told. */
  | { type: 'runStep'; id: number; run: StepFacts }
  /** The handler was run up to this step to have it undone, and for nothing else. */
  | { type: 'takeBack'; id: number; how: 'undo' | 'undoInDoubt'; value?: unknown; run: StepFacts }
  | { type: 'stop'; code: string; message: string }

export interface StepFacts {
  readonly attempt: number
  readonly idempotencyKey: string
  readonly inDoubt: boolean
}

export interface StartedTask {
  readonly id: string
  readonly type: string
  readonly principal: unknown
  readonly attempt: number
  /** The host's time. */
  readonly now: number
}

const id = z.int().min(1)
const text = z.string()
/** What JSON can hold, which is all that comes through the parser. */
const json = z.unknown()

/** What a sandbox may say: everything else is a breach, and ends it. */
export const guestMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), value: json.optional() }),
  z.strictObject({ type: z.literal('failed'), message: text, permanent: z.boolean() }),
  z.strictObject({
    type: z.literal('step'),
    id,
    name: text.min(1).max(1_000),
    hasUndo: z.boolean(),
    hasUndoInDoubt: z.boolean(),
  }),
  z.strictObject({ type: z.literal('stepEnded'), id, value: json.optional() }),
  z.strictObject({ type: z.literal('stepFailed'), id, message: text, permanent: z.boolean() }),
  z.strictObject({ type: z.literal('progress'), fraction: z.number(), message: text }),
  z.strictObject({ type: z.literal('used'), usage: demandSchema }),
  z.strictObject({ type: z.literal('heartbeat') }),
  z.strictObject({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: text,
    data: z.record(text, json),
  }),
  z.strictObject({
    type: z.literal('ask'),
    id,
    question: text.max(200),
    prompt: text,
    timeoutMs: z.number().min(0).optional(),
    default: z.strictObject({ answer: json }).optional(),
  }),
  z.strictObject({ type: z.literal('sleep'), id, ms: z.number().min(0) }),
  z.strictObject({
    type: z.literal('fetch'),
    id,
    url: text.max(16_384),
    request: z.strictObject({
      method: z
        .string()
        .regex(/^[A-Z]{1,20}$/)
        .optional(),
      headers: z.record(z.string().regex(/^[\w-]{1,200}$/), text.max(16_384)).optional(),
      body: text.optional(),
    }),
  }),
  z.strictObject({ type: z.literal('read'), id, path: text.max(4_096) }),
  z.strictObject({ type: z.literal('secret'), id, name: text.max(200) }),
])

export type GuestMessage = z.output<typeof guestMessageSchema>
export type Called = Extract<GuestMessage, { id: number }>
