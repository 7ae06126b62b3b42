import type { KeyObject } from 'node:crypto'
import type { Action, Authority, Resource } from '../model/access.ts'
import type { AuditEntry, AuditNote } from '../model/audit.ts'
import type { Clock } from '../model/environment.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { RecordPayload } from '../model/journal-record.ts'
import type { Principal } from '../model/principal.ts'
import { AuditChain } from '../security/audit/audit-chain.ts'
import type { Decision } from '../security/policy.ts'
import type { Redactor } from '../security/redactor.ts'
import type { AuditStore } from '../store/audit-store.ts'
import { DenialCounter } from './denial-counter.ts'

export interface AuditorParts {
  readonly store: AuditStore
  readonly clock: Clock
  readonly redactor: Redactor
  /** Names the log in its checkpoints. */
  readonly origin: string
  /** Signs checkpoints; `null`: there are none. */
  readonly key: KeyObject | null
  /** A checkpoint is made each time so many entries have been added. */
  readonly every: number
  /** Told of each checkpoint once it is durable. */
  readonly onCheckpoint: (note: string) => void
  readonly whenDurable: (then: () => void) => void
}

type Who = AuditEntry['by']

const theRuntimeItself: Who = { id: 'runtime', kind: 'system' }

function who({ id, kind, tenant }: Principal): Omit<Who, 'within'> {
  return { id, kind, ...(tenant !== undefined && { tenant }) }
}

function whoOf({ principal, within }: Pick<Authority, 'principal' | 'within'>): Who {
  return { ...who(principal), ...(within.length > 0 && { within: within.map(who) }) }
}

/** What an entry says of a resource: no demand, no labels, nothing that is large or free text. */
function nameOf(resource: Resource): AuditEntry['on'] {
  switch (resource.kind) {
    case 'task':
      return { kind: 'task', id: resource.id, type: resource.type, principal: resource.principal }
    case 'pool':
      return { kind: 'pool', pool: resource.pool, resource: resource.resource }
    case 'principal':
      return { kind: 'principal', id: resource.id, principalKind: resource.principalKind }
    default:
      return { kind: 'runtime' }
  }
}

/**
 * Writes down who did what to which task with which outcome. What it adds goes to disk with the records of the same
 * instant, in one transaction.
 */
export class Auditor {
  readonly #parts: AuditorParts
  readonly #chain = new AuditChain()
  readonly #denials: DenialCounter
  #sinceCheckpoint = 0
  /** Checkpoints that are not known to be durable. */
  readonly #untold: string[] = []

  constructor(parts: AuditorParts) {
    this.#parts = parts
    this.#denials = new DenialCounter((by, count, since) =>
      this.#add({
        at: this.#now(),
        by,
        action: 'several',
        on: { kind: 'runtime' },
        outcome: 'denied',
        details: { count, since },
      }),
    )
  }

  /** Goes on behind what the store holds. */
  async open(): Promise<void> {
    const { checkpoint, lines } = await this.#parts.store.end()
    this.#chain.continueAfter(checkpoint, lines)
    this.#sinceCheckpoint = lines.length
  }

  /** Somebody wanted to do something, and was allowed to or not. */
  decided(
    by: Authority,
    action: Action | 'authenticate',
    resource: Resource,
    { allowed, rule }: Decision,
    details?: Readonly<Record<string, unknown>>,
  ): void {
    const { why } = by
    const said = (details || why) && this.#parts.redactor.data({ ...details, ...(why && { why }) })
    const note: AuditNote = {
      at: this.#now(),
      by: whoOf(by),
      action,
      on: nameOf(resource),
      outcome: allowed ? 'allowed' : 'denied',
      rule,
      ...(typeof said === 'object' && said !== null && { details: { ...said } }),
    }
    if (allowed || this.#denials.isWorthAnEntry(note)) this.#add(note)
  }

  /** What came of something that was done by hand, and why it was. */
  intervened(by: Authority, resource: Resource, details: Readonly<Record<string, unknown>>): void {
    const said = this.#parts.redactor.data(details)
    this.#add({
      at: this.#now(),
      by: whoOf(by),
      action: 'intervene',
      on: nameOf(resource),
      outcome: 'done',
      ...(typeof said === 'object' && said !== null && { details: { ...said } }),
    })
  }

  /** The runtime itself did something. */
  did(action: string, details?: Readonly<Record<string, unknown>>): void {
    this.#add({
      at: this.#now(),
      by: theRuntimeItself,
      action,
      on: { kind: 'runtime' },
      outcome: 'done',
      ...(details && { details }),
    })
  }

  /** Something has been written to the journal, and goes to disk with what is added here. */
  follow(event: RuntimeEvent, payload: RecordPayload | null): void {
    switch (event.type) {
      case 'task.created':
        return this.#submitted(event, payload)
      case 'task.allocating': {
        const { leaseId: lease, epoch } = event
        return this.#ofTask(event, 'grant', 'granted', { lease, epoch })
      }
      case 'task.completed':
        return this.#ofTask(event, 'end', 'completed', { attempts: event.attempts })
      case 'task.rejected':
        return this.#ofTask(event, 'end', 'rejected', { code: event.failure.code })
      case 'task.failed':
      case 'task.cancelled': {
        const { failure, attempts, rollback } = event
        const outcome = event.type === 'task.failed' ? 'failed' : 'cancelled'
        return this.#ofTask(event, 'end', outcome, { code: failure.code, attempts, rollback: rollback.status })
      }
      case 'task.compensated':
        return this.#ofTask(event, 'rollBack', 'done', { rollback: event.rollback.status })
      case 'supervisor.state':
        if (event.state !== 'stopped') return
        this.#denials.flush()
        this.did('stop')
        return this.checkpoint()
    }
  }

  /** Says where the log stands, signed: kept elsewhere, it shows whether the log was changed since. */
  checkpoint(): void {
    const { store, origin, key, whenDurable } = this.#parts
    this.#sinceCheckpoint = 0
    const checkpoint = this.#chain.checkpoint(origin, key)
    store.checkpoint(checkpoint)
    const { note } = checkpoint
    if (note === null) return
    this.#untold.push(note)
    whenDurable(() => this.tell())
  }

  /** Everything that was added is durable. */
  tell(): void {
    for (const note of this.#untold.splice(0)) this.#parts.onCheckpoint(note)
  }

  #submitted(event: Extract<RuntimeEvent, { type: 'task.created' }>, payload: RecordPayload | null): void {
    const { taskId, taskType, principal, parentId } = event
    const { principalKind = 'agent', principalTenant, within = [], rule } = payload?.accepted ?? {}
    this.#add({
      at: event.at,
      by: {
        id: principal,
        kind: principalKind,
        ...(principalTenant !== undefined && { tenant: principalTenant }),
        ...(within.length > 0 && { within: within.map(who) }),
      },
      action: 'submit',
      on: { kind: 'task', id: taskId, type: taskType, ...(parentId !== null && { parent: parentId }) },
      outcome: 'allowed',
      ...(rule !== undefined && { rule }),
    })
  }

  #ofTask(
    { at, taskId, taskType }: Extract<RuntimeEvent, { taskType: string }>,
    action: string,
    outcome: AuditEntry['outcome'],
    details: Readonly<Record<string, unknown>>,
  ): void {
    this.#add({ at, by: theRuntimeItself, action, on: { kind: 'task', id: taskId, type: taskType }, outcome, details })
  }

  #add(note: AuditNote): void {
    this.#parts.store.append(this.#chain.append(note))
    this.#sinceCheckpoint += 1
    if (this.#sinceCheckpoint >= this.#parts.every) this.checkpoint()
  }

  #now(): number {
    return this.#parts.clock.now()
  }
}
