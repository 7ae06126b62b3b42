import type { JournalRecord, RecordPayload, StoredValue } from './journal-record.ts'

/** What is made of a stored value. `field`: which of the task's values it is. */
export type ValueMap = (value: StoredValue, taskId: string, field: string) => StoredValue

/** A record with its inputs, outputs, results of steps and answers replaced; itself if it has none. */
export function mapStoredValues(record: JournalRecord, map: ValueMap): JournalRecord {
  const { event, payload } = record
  if (payload === null || !('taskType' in event)) return record
  const { taskId } = event
  const of = (value: StoredValue, field: string) => (value === undefined ? value : map(value, taskId, field))
  const { accepted, migrated, answer } = payload
  const mapped: RecordPayload = {
    ...payload,
    ...(accepted && { accepted: { ...accepted, input: of(accepted.input, 'input') } }),
    ...(migrated && { migrated: { ...migrated, input: of(migrated.input, 'migrated input') } }),
    ...('output' in payload && { output: of(payload.output, 'output') }),
    ...('result' in payload && 'step' in event && { result: of(payload.result, `step ${event.step}`) }),
    ...(answer && { answer: { ...answer, value: of(answer.value, `answer ${answer.key}`) } }),
  }
  return { event, payload: mapped }
}
