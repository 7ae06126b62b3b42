import type { JournalRecord, StoredValue } from '../model/journal-record.ts'
import { StoreError } from '../model/store-error.ts'
import { mapStoredValues } from '../model/stored-values.ts'
import type { Keyring } from '../security/keyring.ts'
import { keyIdOf } from '../security/keyring.ts'
import { sealMark } from '../store/value-codec.ts'

/** What a value says that is sealed; `null`: it is not. */
function sealedText(value: StoredValue): string | null {
  if (typeof value !== 'object' || value === null || !(sealMark in value)) return null
  const text = value[sealMark]
  return typeof text === 'string' ? text : null
}

/** A record whose values nobody can read who has not got the key. */
export function sealedRecord(record: JournalRecord, keyring: Keyring): JournalRecord {
  return mapStoredValues(record, (value, taskId, field) => ({
    [sealMark]: keyring.seal(JSON.stringify(value), taskId, field),
  }))
}

/** A record as it was before it was sealed. @throws StoreError `STORE_SEALED` if the key is not given, or is another */
export function openedRecord(record: JournalRecord, keyring: Keyring | null): JournalRecord {
  return mapStoredValues(record, (value, taskId, field) => {
    const sealed = sealedText(value)
    if (sealed === null) return value
    if (keyring) return JSON.parse(keyring.open(sealed, taskId, field))
    throw new StoreError(
      'STORE_SEALED',
      `${taskId}: its ${field} is encrypted with the key "${keyIdOf(sealed)}"; give createRuntime that key (encryption)`,
    )
  })
}
