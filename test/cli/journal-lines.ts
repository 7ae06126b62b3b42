import type { JournalRecord, RecordPayload } from 'taskwright'
import { recordOf } from '../../src/store/record-line.ts'

const accepted = { order: 1, input: null, principalKind: 'agent', principalWeight: 1, demand: {} } as const
/** A record, as text that somebody else has written. */
export function line(
  seq: number,
  happening: { type: string } & Record<string, unknown>,
  payload: RecordPayload | null = null,
) {
  return recordOf(JSON.stringify({ seq, at: 1, taskId: 'task_a', taskType: 'work', ...happening, payload }))
}

export function created(
  seq: number,
  more: Record<string, unknown> = {},
  payload: Partial<RecordPayload['accepted']> = {},
): JournalRecord {
  const facts = { kind: 'processing', version: 1, principal: 'me', priority: 2, parentId: null }
  return line(seq, { type: 'task.created', ...facts, ...more }, { accepted: { ...accepted, ...payload } })
}
