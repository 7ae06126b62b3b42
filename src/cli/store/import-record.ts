import { z } from 'zod'
import { describeThrown, listProblems } from '../../model/errors.ts'
import type { JournalRecord } from '../../model/journal-record.ts'
import { problemsOfRecord } from '../../model/journal-schema.ts'
import { mapStoredValues } from '../../model/stored-values.ts'
import { recordOf } from '../../store/record-line.ts'
import { decodeValue } from '../../store/value-codec.ts'

const shownProblems = 5

/** A line of an export, if a runtime can go on from it. @throws Error that says what is wrong with it */
export function importedRecord(line: string): JournalRecord {
  const record = recordOf(line)
  const problems = listProblems(new z.ZodError([...problemsOfRecord(JSON.parse(line))]))
  if (problems.length > 0) throw new Error(problems.slice(0, shownProblems).join('; '))
  mapStoredValues(record, (value, _, field) => {
    try {
      decodeValue(value)
    } catch (thrown) {
      throw new Error(`its ${field} cannot be read: ${describeThrown(thrown)}`, { cause: thrown })
    }
    return value
  })
  return record
}
