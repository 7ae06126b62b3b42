import type { StoreErrorCode } from '../../model/store-error.ts'
import type { AuditEnd } from '../audit-store.ts'
import type { Commit } from './sqlite-file.ts'

/** What the store asks of its thread. Answered in order, one answer each; a load is answered batch by batch. */
export type SqliteRequest =
  | { readonly type: 'load' }
  | { readonly type: 'loadAudit' }
  | ({ readonly type: 'commit' } & Commit)
  | { readonly type: 'close' }

export type SqliteAnswer =
  | { readonly type: 'opened' }
  | { readonly type: 'loaded'; readonly lines: readonly string[]; readonly isLast: boolean }
  | ({ readonly type: 'auditLoaded' } & AuditEnd)
  | { readonly type: 'committed' }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly code: StoreErrorCode; readonly message: string }
