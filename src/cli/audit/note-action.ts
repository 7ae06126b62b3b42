import { userInfo } from 'node:os'
import { AuditChain } from '../../security/audit/audit-chain.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { inspectStore, withStore } from '../store/open-file.ts'

type Details = Readonly<Record<string, unknown>>

function isAudited({ audit }: SqliteFile): boolean {
  const { checkpoint, lines } = audit.end()
  return checkpoint !== null || lines.length > 0
}

/** Writes into the audit log of a store, if it has one, what a person does to it by a command. */
export function noteAction(file: SqliteFile, action: string, details: Details): void {
  if (!isAudited(file)) return
  const { checkpoint, lines } = file.audit.end()
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

/** The same before a store is only looked at. What cannot be recorded is not done. @throws StoreError */
export async function noteActionAt(path: string, action: string, details: Details): Promise<void> {
  if (await inspectStore(path, isAudited)) await withStore(path, 'change', (file) => noteAction(file, action, details))
}
