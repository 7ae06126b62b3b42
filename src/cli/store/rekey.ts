import { openedRecord, sealedRecord } from '../../actors/sealing.ts'
import type { Keyring } from '../../security/keyring.ts'
import { lineOf, recordOf } from '../../store/record-line.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'

/** Seals every value anew with the current key, those too that were not sealed. @returns how many records were read */
export function rekey(file: SqliteFile, keyring: Keyring): number {
  let records = 0
  file.rewrite((line) => {
    records += 1
    return lineOf(sealedRecord(openedRecord(recordOf(line), keyring), keyring))
  })
  return records
}
