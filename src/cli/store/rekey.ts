import { openedRecord, sealedRecord } from '../../actors/sealing.ts'
import { describeThrown } from '../../model/errors.ts'
import { encryptionSchema, Keyring } from '../../security/keyring.ts'
import { lineOf, recordOf } from '../../store/record-line.ts'
import type { SqliteFile } from '../../store/sqlite/sqlite-file.ts'
import { CommandError } from '../command-error.ts'
import { readInputFile, unusable } from '../input-file.ts'

/** @throws CommandError `FILE_INVALID` */
export async function readKeyring(path: string): Promise<Keyring> {
  try {
    return new Keyring(encryptionSchema.parse(JSON.parse(await readInputFile(path))))
  } catch (thrown) {
    throw thrown instanceof CommandError ? thrown : unusable(path, [describeThrown(thrown)], thrown)
  }
}

/** Seals every value anew with the current key, those too that were not sealed. @returns how many records were read */
export function rekey(file: SqliteFile, keyring: Keyring): number {
  let records = 0
  file.rewrite((line) => {
    records += 1
    return lineOf(sealedRecord(openedRecord(recordOf(line), keyring), keyring))
  })
  return records
}
