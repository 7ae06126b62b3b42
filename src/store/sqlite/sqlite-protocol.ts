import type { StoreErrorCode } from '../../model/store-error.ts'
import type { AuditEnd } from '../audit-store.ts'
import type { Commit } from './sqlite-file.ts'

/** What a thread is started with. */
export interface SqliteThreadData {
  readonly path: string
  /** As whom an earlier thread of the same store held the file; `null`: this is the first. */
  readonly after: string | null
}

/** What the store asks of its thread. Answered in order, one answer each; a load is answered batch by batch. */
export type SqliteRequest =
  | { readonly type: 'load' }
  | { readonly type: 'loadAudit' }
  | ({ readonly type: 'commit' } & Commit)
  | { readonly type: 'close' }

export type SqliteAnswer =
  | { readonly type: 'opened'; readonly holder: string | null }
  | { readonly type: 'loaded'; readonly lines: readonly string[]; readonly isLast: boolean }
  | ({ readonly type: 'auditLoaded' } & AuditEnd)
  | { readonly type: 'committed'; readonly holder: string | null }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly code: StoreErrorCode; readonly message: string }
