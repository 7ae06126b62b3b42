import { z } from 'zod'

const principalShape = {
  id: z.string(),
  kind: z.enum(['agent', 'person', 'system']),
  tenant: z.string().optional(),
}

/**
 * Who did what to which task with which outcome. `prev` is the hash of the entry before, in hex, so that entries form a
 * chain; `seq` counts from 1 without gaps; `at` is in ms since the epoch.
 */
export const auditEntrySchema = z.strictObject({
  seq: z.int().min(1),
  at: z.number(),
  prev: z.string().regex(/^[0-9a-f]{64}$/),
  by: z.strictObject({ ...principalShape, within: z.array(z.strictObject(principalShape)).optional() }),
  /** An action of a policy, or what the runtime itself did: `start`, `grant`, `end`, `export` … */
  action: z.string(),
  on: z.looseObject({ kind: z.enum(['task', 'pool', 'principal', 'runtime']) }),
  outcome: z.enum(['allowed', 'denied', 'granted', 'completed', 'failed', 'cancelled', 'rejected', 'done']),
  /** The rule of the policy that decided. */
  rule: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
})

export type AuditEntry = z.output<typeof auditEntrySchema>

/** What is to be written down: the chain adds the rest. */
export type AuditNote = Omit<AuditEntry, 'seq' | 'prev'>

/** An entry as it is stored: its canonical JSON (RFC 8785), and the hash of that, in hex. */
export interface AuditLine {
  readonly seq: number
  readonly taskId: string | null
  readonly line: string
  readonly hash: string
}

/** Where the log stood when it had `size` entries. */
export interface AuditCheckpoint {
  readonly size: number
  /** The signed note; `null`: there is no key to sign with. */
  readonly note: string | null
  /** Hash of the last entry, in hex. */
  readonly head: string
  /** The roots of the complete subtrees, in hex, the largest first: enough to go on. */
  readonly frontier: readonly string[]
}
