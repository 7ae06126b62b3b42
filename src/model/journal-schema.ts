import { z } from 'zod'
import type { RuntimeHappening, TaskHappening } from './events.ts'
import { taskKindSchema } from './kind.ts'
import { demandSchema } from './resources.ts'
import { taskStages } from './stage.ts'

// What a journal may hold that comes from elsewhere: an import. What the runtime has written itself is guarded by
// checksums, and not read through these.

const count = z.int().min(0)
const number = z.number()
const text = z.string()
const name = z.string().min(1)
const failure = z.strictObject({ code: text, message: text, retryable: z.boolean() })
const step = { step: text }
const attempt = { attempt: count }

const rollback = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('none') }),
  z.strictObject({ status: z.literal('complete'), undone: z.array(text) }),
  z.strictObject({
    status: z.literal('incomplete'),
    undone: z.array(text),
    standing: z.array(z.strictObject({ step: text, message: text })),
  }),
])

const stopCause = z.enum(['cancel', 'timeout', 'deadline', 'leaseLost', 'budget', 'shutdown'])

const ofTask = {
  'task.created': {
    kind: taskKindSchema,
    version: z.int().min(1),
    principal: name,
    priority: number,
    parentId: name.nullable(),
  },
  'task.validating': {},
  'task.waiting': { conditions: z.array(text) },
  'task.queued': { demand: demandSchema },
  'task.allocating': { leaseId: text, epoch: count },
  'task.reclaimed': { leaseId: text, epoch: count },
  'task.executing': { ...attempt, epoch: count },
  'task.completing': {},
  'task.retrying': { failure, ...attempt, delayMs: z.number().min(0) },
  'task.rollingBack': { failure },
  'task.completed': { attempts: count },
  'task.failed': { failure, attempts: count, rollback },
  'task.cancelled': { failure, attempts: count, rollback },
  'task.rejected': { failure },
  'task.running': {},
  'task.paused': {},
  'task.stopping': { cause: stopCause },
  'task.overdue': {},
  'task.suspect': {},
  'task.alive': {},
  'task.asked': { questionId: text, prompt: text },
  'task.answered': { questionId: text },
  'task.progress': { fraction: number, message: text },
  'task.used': { usage: demandSchema },
  'task.log': {
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: text,
    data: z.record(text, z.unknown()),
  },
  'task.held': { held: z.boolean() },
  'task.reprioritised': { priority: number },
  'task.recovered': { stage: z.enum(taskStages), crashes: count, lost: count },
  'task.parked': { reason: text },
  'task.migrated': { fromVersion: z.int().min(1), version: z.int().min(1) },
  'task.step.started': { ...step, ...attempt },
  'task.step.completed': { ...step, ...attempt },
  'task.step.failed': { ...step, ...attempt, message: text },
  'task.undo.started': { ...step, ...attempt },
  'task.undo.completed': step,
  'task.undo.failed': { ...step, ...attempt, message: text },
  'task.handler': { state: text },
  'task.dropped': { message: text, epoch: number },
  'task.compensated': { rollback },
} as const satisfies Readonly<Record<TaskHappening['type'], z.core.$ZodLooseShape>>

const ofRuntime = {
  'supervisor.state': {
    state: z.enum(['starting', 'running', 'paused', 'degraded', 'draining', 'stopping', 'stopped']),
  },
  'supervisor.crash': { actor: text, message: text },
  'pool.resized': { pool: text, resource: text, from: number, to: number },
  'ledger.spent': {
    spent: demandSchema,
    ofDay: z.strictObject({ day: z.int(), byPrincipal: z.record(text, demandSchema) }).optional(),
  },
  alert: { code: text, message: text, taskId: text.nullable() },
} as const satisfies Readonly<Record<RuntimeHappening['type'], z.core.$ZodLooseShape>>

const principal = z.strictObject({
  id: name,
  kind: z.enum(['agent', 'person', 'system']),
  weight: z.number().positive(),
  tenant: name.optional(),
  attributes: z.record(text, z.union([text, number, z.boolean(), z.array(text)])).optional(),
})

const accepted = z.strictObject({
  order: count,
  input: z.unknown().optional(),
  principalKind: principal.shape.kind,
  principalWeight: principal.shape.weight,
  principalTenant: principal.shape.tenant,
  principalAttributes: principal.shape.attributes,
  within: z.array(principal).optional(),
  rule: text.optional(),
  demand: demandSchema,
  labels: z.record(text, text).optional(),
  estimateMs: z.number().min(0).optional(),
  startAt: number.optional(),
  deadlineAt: number.optional(),
  dedupeKey: text.optional(),
  after: z.array(name).optional(),
  childKey: text.optional(),
  depth: count.optional(),
  machineHash: text.optional(),
})

const payload = z.strictObject({
  accepted: accepted.optional(),
  output: z.unknown().optional(),
  result: z.unknown().optional(),
  hasUndo: z.boolean().optional(),
  hasUndoInDoubt: z.boolean().optional(),
  lateOf: count.optional(),
  stillRuns: z.literal(true).optional(),
  answer: z.strictObject({ key: text, value: z.unknown().optional() }).optional(),
  ending: z.enum(['failed', 'cancelled']).optional(),
  attempt: count.optional(),
  migrated: z
    .strictObject({ version: z.int().min(1), input: z.unknown().optional(), machineHash: text.optional() })
    .optional(),
})

const envelope = { seq: z.int().min(1), at: z.number().min(0), payload: payload.nullable().optional() }

const schemas: ReadonlyMap<string, z.ZodType> = new Map([
  ...Object.entries(ofTask).map(([type, shape]) => {
    const schema: z.ZodType = z.strictObject({
      ...envelope,
      type: z.literal(type),
      taskId: name,
      taskType: name,
      ...shape,
    })
    return [type, schema] as const
  }),
  ...Object.entries(ofRuntime).map(([type, shape]) => {
    const schema: z.ZodType = z.strictObject({ ...envelope, type: z.literal(type), ...shape })
    return [type, schema] as const
  }),
])

const typed = z.looseObject({ type: z.string() })

/** What is wrong with a record as it stands in an export; empty: nothing. */
export function problemsOfRecord(value: unknown): readonly z.core.$ZodIssue[] {
  const kind = typed.safeParse(value)
  if (!kind.success) return kind.error.issues
  const schema = schemas.get(kind.data.type)
  if (schema) return schema.safeParse(value).error?.issues ?? []
  const message = `there are no events of type ${JSON.stringify(kind.data.type).slice(0, 80)}`
  return [{ code: 'custom', path: ['type'], message, input: value }]
}
