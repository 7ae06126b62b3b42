import { z } from 'zod'
import { listProblems } from './errors.ts'
import type { RuntimeEvent } from './events.ts'
import { taskKindSchema } from './kind.ts'
import { attributesSchema, principalRecordSchema } from './principal.ts'
import { demandSchema } from './resources.ts'
import { taskStages } from './stage.ts'
import { traceContextSchema } from './trace-context.ts'

const time = z.number()
const count = z.int().min(0)
const id = z.string().min(1)
const failure = z.looseObject({ code: z.string(), message: z.string(), retryable: z.boolean() })
const step = z.looseObject({ step: z.string(), attempt: count })
const rollback = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('none') }),
  z.looseObject({ status: z.literal('complete'), undone: z.array(z.string()) }),
  z.looseObject({
    status: z.literal('incomplete'),
    undone: z.array(z.string()),
    standing: z.array(z.looseObject({ step: z.string(), message: z.string() })),
  }),
])
const nothing = z.looseObject({})
const lease = z.looseObject({ leaseId: z.string(), epoch: count })
const ended = z.looseObject({ failure, attempts: count, rollback })

/** What recovery reads of each event, beside its envelope. What it does not read may look as it likes. */
const fields: Readonly<Record<RuntimeEvent['type'], z.ZodObject>> = {
  'task.created': z.looseObject({
    kind: taskKindSchema,
    version: count,
    principal: z.string(),
    priority: z.number(),
    parentId: id.nullable(),
  }),
  'task.validating': nothing,
  'task.waiting': z.looseObject({ conditions: z.array(z.string()) }),
  'task.queued': z.looseObject({ demand: demandSchema }),
  'task.allocating': lease,
  'task.reclaimed': lease,
  'task.executing': z.looseObject({ attempt: count, epoch: count }),
  'task.completing': nothing,
  'task.retrying': z.looseObject({ failure, attempt: count, delayMs: z.number() }),
  'task.rollingBack': z.looseObject({ failure }),
  'task.completed': z.looseObject({ attempts: count }),
  'task.failed': ended,
  'task.cancelled': ended,
  'task.rejected': z.looseObject({ failure }),
  'task.running': nothing,
  'task.paused': nothing,
  'task.stopping': z.looseObject({
    cause: z.enum(['cancel', 'timeout', 'deadline', 'leaseLost', 'budget', 'shutdown']),
  }),
  'task.overdue': nothing,
  'task.suspect': nothing,
  'task.alive': nothing,
  'task.asked': nothing,
  'task.answered': nothing,
  'task.progress': nothing,
  'task.used': z.looseObject({ usage: demandSchema }),
  'task.log': nothing,
  'task.held': z.looseObject({ held: z.boolean() }),
  'task.reprioritised': z.looseObject({ priority: z.number() }),
  'task.recovered': z.looseObject({ stage: z.enum(taskStages), crashes: count, lost: count }),
  'task.parked': nothing,
  'task.migrated': z.looseObject({ fromVersion: count, version: count }),
  'task.step.started': step,
  'task.step.completed': step,
  'task.step.failed': step,
  'task.undo.started': step,
  'task.undo.completed': z.looseObject({ step: z.string() }),
  'task.undo.failed': step,
  'task.handler': nothing,
  'task.dropped': nothing,
  'task.compensated': z.looseObject({ rollback }),
  'supervisor.state': z.looseObject({ state: z.string() }),
  'supervisor.crash': nothing,
  'pool.resized': nothing,
  'type.paused': z.looseObject({ name: z.string() }),
  'type.resumed': z.looseObject({ name: z.string() }),
  'ledger.spent': z.looseObject({
    spent: demandSchema,
    ofDay: z.looseObject({ day: z.int(), byPrincipal: z.record(z.string(), demandSchema) }).optional(),
  }),
  'operator.action': z.looseObject({ by: z.string(), action: z.string(), taskId: id.nullable() }),
  alert: z.looseObject({ taskId: id.nullable() }),
}

const payload = z.looseObject({
  accepted: z
    .looseObject({
      order: count,
      principalKind: z.enum(['agent', 'person', 'system']),
      principalWeight: z.number().positive(),
      principalTenant: id.optional(),
      principalAttributes: attributesSchema.optional(),
      within: z.array(principalRecordSchema).optional(),
      rule: z.string().optional(),
      depth: count.optional(),
      demand: demandSchema,
      labels: z.record(z.string(), z.string()).optional(),
      estimateMs: z.number().optional(),
      startAt: time.optional(),
      deadlineAt: time.optional(),
      dedupeKey: z.string().optional(),
      after: z.array(id).optional(),
      childKey: z.string().optional(),
      traceContext: traceContextSchema.optional(),
      machineHash: z.string().optional(),
    })
    .optional(),
  doneBy: id.optional(),
  hasUndo: z.boolean().optional(),
  hasUndoInDoubt: z.boolean().optional(),
  lateOf: count.optional(),
  stillRuns: z.literal(true).optional(),
  answer: z.looseObject({ key: z.string() }).optional(),
  ending: z.enum(['failed', 'cancelled']).optional(),
  attempt: count.optional(),
  migrated: z.looseObject({ version: count, machineHash: z.string().optional() }).optional(),
})

const envelope = z.looseObject({ seq: z.int().min(1), at: time, payload: payload.optional() })
const ofTask = z.looseObject({ taskId: id, taskType: id })

function isType(type: unknown): type is RuntimeEvent['type'] {
  return typeof type === 'string' && Object.hasOwn(fields, type)
}

function schemaOf(type: RuntimeEvent['type']): z.ZodObject {
  const event = envelope.extend(fields[type].shape)
  return type.startsWith('task.') ? event.extend(ofTask.shape) : event
}

const schemas = new Map<string, z.ZodObject>()

/** What is wrong with a line of a journal that somebody brings, as sentences. None: recovery can read it. */
export function problemsOfLine(line: unknown): string[] {
  if (typeof line !== 'object' || line === null || !('type' in line)) return ['it is no event: it has no type']
  const { type } = line
  if (!isType(type)) return [`${JSON.stringify(type)} is no type of event`]
  let schema = schemas.get(type)
  if (!schema) {
    schema = schemaOf(type)
    schemas.set(type, schema)
  }
  const read = schema.safeParse(line)
  return read.success ? [] : listProblems(read.error, type)
}
