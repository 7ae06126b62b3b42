import type { AuditCheckpoint, AuditLine } from '../model/audit.ts'

/** What is added to an audit log at a time. */
export interface AuditBatch {
  readonly lines: readonly AuditLine[]
  readonly checkpoints: readonly AuditCheckpoint[]
}

/** How an audit log ends: its last checkpoint, and the lines after it. */
export interface AuditEnd {
  readonly checkpoint: AuditCheckpoint | null
  readonly lines: readonly AuditLine[]
}

/** The audit log of a store: what is added becomes durable with the next flush, together with the records, or not at all. */
export interface AuditStore {
  append(line: AuditLine): void
  checkpoint(checkpoint: AuditCheckpoint): void
  /** Before anything is added. */
  end(): Promise<AuditEnd>
}
