import { userInfo } from 'node:os'
import { AuditChain } from '../../security/audit/audit-chain.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'

/** Writes into the audit log of a store, if it has one, what a person does to it by a command. */
export function noteAction(file: SqliteFile, action: string, details: Readonly<Record<string, unknown>>): void {
  const { checkpoint, lines } = file.auditEnd()
  if (checkpoint === null && lines.length === 0) return
  const chain = new AuditChain()
  chain.continueAfter(checkpoint, lines)
  const line = chain.append({
    at: Date.now(),
    by: { id: userInfo().username, kind: 'person' },
    action,
    on: { kind: 'runtime' },
    outcome: 'done',
    details: { ...details },
  })
  file.commit({ rows: [], forgotten: [], audit: { lines: [line], checkpoints: [] } })
}
